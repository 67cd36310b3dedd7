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
 * A protocol that clients speak. Whoever is let in comes to it as an {@link Arrival}; the
 * door says how what a client sends is read, and how what it is sent is written.
 */
@FunctionalInterface
public interface Door {

	/**
	 * Take a connection. Called by a thread of the container, which must not be blocked;
	 * {@link Inbound#opened()} follows.
	 * @param arrival the connection
	 * @return what hears of it
	 */
	Inbound take(Arrival arrival);

}
