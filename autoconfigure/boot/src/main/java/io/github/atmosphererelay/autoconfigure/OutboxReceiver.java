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

package io.github.atmosphererelay.autoconfigure;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Receives what the outboxes of other nodes say to this node's. A type of its own,
 * because the cluster knows nothing of the outbox, whose classes may be absent.
 */
@FunctionalInterface
interface OutboxReceiver {

	/**
	 * Receive a message. Called by the relay's receive thread; must not block.
	 * @param origin the id of the sending node
	 * @param body the message
	 */
	void received(UUID origin, ByteBuffer body);

}
