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

package io.github.atmosphererelay.broadcast;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.RequestRefusedException;

/**
 * Sees every message that is published on this node, whoever publishes it, once and
 * before it goes to sessions of this node and to other nodes. Beans of this type are
 * called in their order ({@code @Order}).
 * <p>
 * Threads: called on the thread that publishes, by many at once. Must not block: it may
 * be a container's thread. Must not publish itself without regard to being called for
 * that again.
 * <p>
 * Errors: {@link RequestRefusedException}, or any other exception, is thrown to whoever
 * publishes, and nothing is sent; a client is told if it was its message.
 */
public interface OutboundInterceptor {

	/**
	 * Look at a message before it is sent.
	 * @param audience whom it is for
	 * @param payload the message
	 * @param options how it is sent
	 * @return the message to go on with: the same, or another in its place
	 * @throws RequestRefusedException to refuse the message
	 */
	Payload preSend(Audience audience, Payload payload, PublishOptions options);

}
