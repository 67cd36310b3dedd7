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

import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * Counts the messages that were published on this node, by their result. For any thread.
 */
public final class PublishStatistics {

	private final Counters<PublishResult> published = new Counters<>(PublishResult.class);

	/**
	 * Return how many messages were published on this node with a result.
	 * @param result the result
	 * @return the number of messages
	 */
	public long published(PublishResult result) {
		return this.published.get(result);
	}

	public void countPublished(PublishResult result) {
		this.published.increment(result);
	}

}
