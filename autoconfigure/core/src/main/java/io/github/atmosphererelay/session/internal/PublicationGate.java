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

package io.github.atmosphererelay.session.internal;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;

/**
 * Decides whether a session gets a publication of a recorded channel now, later or not at
 * all. Subscriptions with positions have a gate; other subscriptions get every
 * publication that the channel delivers.
 */
public interface PublicationGate {

	/**
	 * Return whether to queue a publication at the session now. Called in the order of
	 * the channel's log, by one thread at a time; must not block.
	 * @param publication the publication
	 * @param position its position
	 * @return {@code true} to queue it; {@code false} if the gate holds it or drops it
	 */
	boolean takes(Publication publication, Position position);

}
