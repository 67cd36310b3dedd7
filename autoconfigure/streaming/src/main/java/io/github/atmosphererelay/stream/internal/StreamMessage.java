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

import org.jspecify.annotations.Nullable;

/**
 * One key's news for the streams that share an interest.
 *
 * @param interest which streams it is for
 * @param partition the partition of the record that has caused it
 * @param key the key
 * @param version the version of the key's state
 * @param view the view as JSON, or {@code null} if the key has no state any more, or does
 * not match the query any more
 */
record StreamMessage(InterestId interest, int partition, String key, StateVersion version, byte @Nullable [] view) {

	boolean isRemoval() {
		return this.view == null;
	}

}
