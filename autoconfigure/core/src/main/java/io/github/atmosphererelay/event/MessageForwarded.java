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

import java.util.UUID;

import io.github.atmosphererelay.relay.Receipt;

/**
 * Application event: this node has sent a message of the outbox, which a transaction of
 * any node has published. It comes on the node that has sent the message. After a crash
 * of a node it may come a second time.
 *
 * @param messageId the id that the receipt of publishing has named
 * @param receipt how far the message came
 */
public record MessageForwarded(UUID messageId, Receipt receipt) {
}
