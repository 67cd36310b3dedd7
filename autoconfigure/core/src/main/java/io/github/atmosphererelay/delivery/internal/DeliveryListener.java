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

package io.github.atmosphererelay.delivery.internal;

import java.util.UUID;

/**
 * Is notified of how many sessions of this node have accepted a message, if the message
 * has the header {@value #COUNTED}.
 */
public interface DeliveryListener {

	/**
	 * The header of a message whose deliveries are counted. Its value has no meaning.
	 */
	String COUNTED = "atmosphere-counted";

	/**
	 * A message was queued for the sessions of this node. Called on the thread that
	 * publishes or receives the message; must not block.
	 * @param message the id of the message
	 * @param sessions the number of sessions for which it was queued
	 */
	void delivered(UUID message, int sessions);

}
