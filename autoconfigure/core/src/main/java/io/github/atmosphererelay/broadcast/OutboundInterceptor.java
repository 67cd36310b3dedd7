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
 * Inspects, replaces or refuses the messages that are published on this node, whether
 * application code or a client publishes them. It is called once for each message, before
 * the message goes to sessions of this node and to other nodes. Beans of this type are
 * called in their order ({@code @Order}).
 * <p>
 * Threads: called on the thread that publishes, by many threads at once. Must not block,
 * because it may be a thread of the servlet container. An interceptor that publishes a
 * message is called for that message too, and has to prevent an endless loop itself.
 * <p>
 * Errors: if this throws {@link RequestRefusedException} or any other exception, nothing
 * is sent. Java code that publishes gets the exception; a client that has sent the
 * message gets an error.
 */
public interface OutboundInterceptor {

	/**
	 * Look at a message before it is sent.
	 * @param audience the receivers of the message
	 * @param payload the message
	 * @param options how it is sent
	 * @return the message to send: the same one, or another one in its place
	 * @throws RequestRefusedException to refuse the message
	 */
	Payload preSend(Audience audience, Payload payload, PublishOptions options);

}
