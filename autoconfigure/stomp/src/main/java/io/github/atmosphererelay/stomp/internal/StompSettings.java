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

package io.github.atmosphererelay.stomp.internal;

/**
 * The settings of STOMP.
 *
 * @param preserveOrder whether clients' messages are handled, and messages to clients
 * sent, in their order
 * @param receipts whether clients get the receipts that they ask for
 * @param maxWaiting how many bytes of other nodes' messages may wait in each bucket for
 * slow deliveries
 * @param maxMessageSize the maximum size of a message between nodes in bytes
 */
public record StompSettings(boolean preserveOrder, boolean receipts, long maxWaiting, int maxMessageSize) {
}
