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

package io.github.atmosphererelay.transport.http.internal;

import jakarta.servlet.ServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Breaks responses off whose clients do not read. The servlet API can only complete a
 * response, and Tomcat then waits on a thread until the client has read what is left.
 */
@FunctionalInterface
public interface ResponseBreaker {

	/** Knows no other way than to complete the response. */
	ResponseBreaker NONE = (request) -> null;

	/**
	 * Return what breaks the response to a request off.
	 * @param request the request as the container has created it
	 * @return called at most once, while the request has not ended; it makes the
	 * container close the connection or reset the stream, and report an error to the
	 * request's listeners. {@code null} if the response has to be completed instead
	 */
	@Nullable Runnable of(ServletRequest request);

}
