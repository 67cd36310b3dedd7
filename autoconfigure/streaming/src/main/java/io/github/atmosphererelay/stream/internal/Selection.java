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

import java.util.Set;

/**
 * Which keys a stream has.
 */
sealed interface Selection {

	/**
	 * Return a number that tells this selection from others that the stream had before or
	 * gets later, the same in all processes.
	 */
	long fingerprint();

	/**
	 * Named keys.
	 *
	 * @param keys the keys
	 */
	record Keys(Set<String> keys) implements Selection {

		public Keys {
			keys = Set.copyOf(keys);
		}

		@Override
		public long fingerprint() {
			// The keys have no order
			long sum = this.keys.size();
			for (String key : this.keys) {
				sum += Hashes.of(key);
			}
			return sum;
		}

	}

	/**
	 * The keys whose states match a query, at any time.
	 *
	 * @param query the query
	 */
	record Matching(QueryInstance query) implements Selection {

		@Override
		public long fingerprint() {
			return Hashes.of(this.query.name() + this.query.parameters());
		}

	}

}
