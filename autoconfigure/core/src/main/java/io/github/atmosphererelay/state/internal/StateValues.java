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

package io.github.atmosphererelay.state.internal;

import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import org.jspecify.annotations.Nullable;

/**
 * Checks values before they are stored.
 */
public final class StateValues {

	private StateValues() {
	}

	/**
	 * Check the size of a value.
	 * @param entry the entry
	 * @param maxBytes the maximum size
	 * @return the result if it is too large, otherwise {@code null}
	 */
	public static @Nullable StateResult check(StateEntry entry, int maxBytes) {
		byte[] value = entry.value();
		return (value != null && value.length > maxBytes)
				? StateResult.failed(new IllegalArgumentException("The state of the key '" + entry.key() + "' has "
						+ value.length + " bytes, more than 'atmosphere.state.max-value-size' allows: " + maxBytes))
				: null;
	}

}
