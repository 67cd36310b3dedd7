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

package io.github.atmosphererelay.stream;

import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The names of reducers and queries, which become parts of topics, groups and URLs.
 */
final class Names {

	private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

	private Names() {
	}

	/**
	 * Check a name.
	 * @throws IllegalArgumentException if it may not be one
	 */
	static void require(String what, @Nullable String name) {
		Assert.isTrue(name != null && NAME.matcher(name).matches(),
				() -> what + " has 1 to 64 lower case letters, digits and hyphens, for example 'by-sport', and not '"
						+ name + "'");
	}

}
