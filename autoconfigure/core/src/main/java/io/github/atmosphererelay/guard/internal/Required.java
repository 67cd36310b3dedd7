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
 * Checks that a builder was given its required parts.
 */
public final class Required {

	private Required() {
	}

	/**
	 * Return a required part.
	 * @param <T> the part's type
	 * @param part the part, or {@code null} if the builder was not given it
	 * @param name the name of the builder's method
	 * @return the part
	 * @throws IllegalStateException if the part is {@code null}
	 */
	public static <T> T part(@Nullable T part, String name) {
		if (part == null) {
			throw new IllegalStateException("'" + name + "' is missing; call the builder's method of this name");
		}
		return part;
	}

}
