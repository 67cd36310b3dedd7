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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.nio.ByteBuffer;

/**
 * Receives a client's frames. Parts of a message arrive in order, with control frames
 * between them.
 */
interface FrameListener {

	void text(String part, boolean last);

	/**
	 * Handle a part of a binary message.
	 * @param part the part; only valid during the call
	 * @param last whether it is the last part
	 */
	void binary(ByteBuffer part, boolean last);

	void ping(byte[] data);

	void pong(byte[] data);

	/**
	 * Handle a close frame. Nothing follows.
	 * @param code the client's code, or 1005 if it has sent none
	 * @param reason the client's reason, which may be empty
	 */
	void close(int code, String reason);

}
