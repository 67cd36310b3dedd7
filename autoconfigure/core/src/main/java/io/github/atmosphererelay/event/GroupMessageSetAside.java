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

package io.github.atmosphererelay.event;

import io.github.atmosphererelay.message.MessageId;
import io.github.atmosphererelay.message.Position;

/**
 * Application event: a consumer group could not handle a message, and has set it aside
 * for an operator. It comes on the node that has tried it.
 *
 * @param group the group's name
 * @param channel the message's channel
 * @param messageId the message's id
 * @param position the message's position in the channel's log
 * @param attempts how often it was tried
 * @param reason why the last attempt has failed
 */
public record GroupMessageSetAside(String group, String channel, MessageId messageId, Position position, int attempts,
		String reason) {
}
