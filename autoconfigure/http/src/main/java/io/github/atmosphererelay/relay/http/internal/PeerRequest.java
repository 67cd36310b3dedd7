/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.relay.http.internal;

import java.io.IOException;
import java.io.InputStream;
import java.security.cert.X509Certificate;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A request to the peers' endpoint, as the web server has it. For use by one thread.
 */
public interface PeerRequest {

	/**
	 * Return the method.
	 * @return for example {@code POST}
	 */
	String method();

	/**
	 * Return a header.
	 * @param name the name, in any case
	 * @return its first value, or {@code null}
	 */
	@Nullable String header(String name);

	/**
	 * Return the length of the body that the request announces.
	 * @return the length in bytes, or -1 if it announces none
	 */
	long contentLength();

	/**
	 * Return the body. It is read only after the headers were found to be authentic.
	 * @return the body, which may block
	 * @throws IOException if the connection is lost
	 */
	InputStream body() throws IOException;

	/**
	 * Return the certificates by which the client has identified itself to the web
	 * server.
	 * @return the chain, the client's own first; empty if there are none
	 */
	List<X509Certificate> certificates();

}
