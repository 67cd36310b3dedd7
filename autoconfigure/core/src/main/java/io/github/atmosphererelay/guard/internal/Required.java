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

package io.github.atmosphererelay.guard.internal;

import org.jspecify.annotations.Nullable;

/**
 * Requires what a builder was to be given.
 */
public final class Required {

	private Required() {
	}

	/**
	 * Require a part of what is being built.
	 * @param <T> the part's type
	 * @param part the part, or {@code null} if the builder was not given it
	 * @param name the name of the builder's method
	 * @return the part
	 * @throws IllegalStateException if it is missing
	 */
	public static <T> T part(@Nullable T part, String name) {
		if (part == null) {
			throw new IllegalStateException("'" + name + "' is required");
		}
		return part;
	}

}
