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

/**
 * Application event: a message of the outbox could not be sent, and was set aside for an
 * operator. It comes on the node that has tried to send the message.
 *
 * @param messageId the id that the receipt of publishing has named
 * @param destination the address of the message, for example {@code channel:orders/7}
 * @param attempts how often it was tried
 * @param reason why the last attempt has failed
 */
public record MessageSetAside(UUID messageId, String destination, int attempts, String reason) {
}
