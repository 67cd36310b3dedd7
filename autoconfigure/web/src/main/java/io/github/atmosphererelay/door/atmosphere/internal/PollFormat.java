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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.IOException;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;

/**
 * How messages are written into the answers to requests for them. Safe for use by many
 * threads.
 */
interface PollFormat {

	/**
	 * Encode a message or a frame of a door.
	 * @param message the message
	 * @return the bytes, which are not modified; empty if the client is sent nothing
	 * @throws IOException if the session has to end because the message cannot be encoded
	 */
	byte[] bytes(OutboundMessage message) throws IOException;

	/**
	 * Return whether a client can tell messages from each other that follow each other.
	 */
	boolean isSeparated();

	/**
	 * Return what tells a client that its session ends.
	 * @param reason the reason
	 * @return the bytes, empty if the client cannot be told
	 */
	byte[] end(CloseReason reason);

}
