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

import java.io.IOException;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;

/**
 * Turns what a session sends into the bytes of an HTTP response, such as server-sent
 * events. One object for each connection, which may keep state: the methods are called by
 * one thread at a time, in the order in which the bytes are written.
 */
public interface StreamFraming {

	/**
	 * Return the type of the content.
	 * @return the value of {@code Content-Type}
	 */
	String contentType();

	/**
	 * Return what the response begins with. It is written at once, so that proxies and
	 * clients get the headers.
	 * @return the bytes; not empty
	 */
	byte[] begin();

	/**
	 * Encode a message, or a frame of a door.
	 * @param message the message
	 * @return the bytes, which are not modified
	 * @throws IOException if the session has to end because the message cannot be encoded
	 */
	byte[] message(OutboundMessage message) throws IOException;

	/**
	 * Return what keeps an idle connection busy.
	 * @return the bytes
	 */
	byte[] ping();

	/**
	 * Return what the response ends with.
	 * @param reason the reason for which the session ends
	 * @return the bytes; may be empty
	 */
	byte[] end(CloseReason reason);

}
