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

package io.github.atmosphererelay.door.internal;

import io.github.atmosphererelay.transport.internal.Inbound;

/**
 * An entrance for clients that speak one protocol, such as raw WebSocket or Centrifuge.
 * Each accepted connection is passed to the door as an {@link Arrival}. The door defines
 * how messages from the client are read and how messages to the client are written.
 */
@FunctionalInterface
public interface Door {

	/**
	 * Accept a connection. Called by a thread of the container, which must not be
	 * blocked; {@link Inbound#opened()} is called next.
	 * @param arrival the connection
	 * @return receives the connection's events
	 */
	Inbound take(Arrival arrival);

}
