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

package io.github.atmosphererelay.door.raw.internal;

import io.github.atmosphererelay.message.Position;

/**
 * Learns where the subscriptions of a session begin whose client is not told. Called
 * before anything of the channel is queued for the client, on any thread and under locks;
 * must not block.
 */
@FunctionalInterface
public interface PositionListener {

	/** The attribute of a connection with its listener. */
	String ATTRIBUTE = PositionListener.class.getName();

	/**
	 * A subscription begins.
	 * @param channel the channel's name
	 * @param position the client is sent all messages after it
	 */
	void began(String channel, Position position);

}
