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

package io.github.atmosphererelay.stream.internal;

import java.util.Map;

import io.github.atmosphererelay.stream.StreamSubscription;
import org.jspecify.annotations.Nullable;

/**
 * What a node asks the members for: the current states that match a query.
 *
 * @param id where the answers go, as those for a stream of this id
 * @param reducer the reducer's name
 * @param query the query
 * @param variant the variant as JSON
 * @param user who sees the states
 * @param options what the user has chosen
 */
record SnapshotRequest(String id, String reducer, QueryInstance query, String variant, @Nullable String user,
		Map<String, String> options) {

	static final String CHANNEL = InternalChannels.PREFIX + "snapshots";

	StreamSubscription subscription() {
		return new StreamSubscription(this.user, this.options);
	}

}
