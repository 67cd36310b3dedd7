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

package io.github.atmosphererelay.door.atmosphere.internal;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * What a client shows with a request for messages.
 *
 * @param key the secret of its session
 * @param user the name of its principal, or {@code null} if it is anonymous
 * @param channel the channel of the request
 * @param number the number of the last answer that it has received
 * @param position the position that this answer has given it, or {@code null}
 * @param trackingId the id that it has
 */
record PollQuestion(String key, @Nullable String user, String channel, long number, @Nullable Position position,
		String trackingId) {

	boolean positioned() {
		return this.position != null;
	}

}
