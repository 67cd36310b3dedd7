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

package io.github.atmosphererelay.cluster;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A session of any node.
 *
 * @param id the session's id
 * @param user the name of its principal, or {@code null} if it is anonymous
 * @param node the id of the node that it lives on
 * @param openedAt when it was opened, by its node's clock
 * @param channelCount the number of channels that it is subscribed to
 * @param channels the first of these channels by name: at most 20, fewer if the names are
 * long
 * @param queuedMessages the number of messages that are queued for it
 * @param queuedBytes the number of bytes that are queued for it
 */
public record ClusterSession(String id, @Nullable String user, UUID node, Instant openedAt, int channelCount,
		List<String> channels, int queuedMessages, long queuedBytes) {

	public ClusterSession {
		channels = List.copyOf(channels);
	}

}
