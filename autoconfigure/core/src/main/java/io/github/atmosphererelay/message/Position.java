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

package io.github.atmosphererelay.message;

import java.util.Objects;

/**
 * A place in a channel's log. Offsets of one epoch only grow; positions of different
 * epochs cannot be compared.
 *
 * @param epoch names the life of the log
 * @param offset the place within that life: 0 before the first publication, then growing,
 * though not always by 1
 */
public record Position(String epoch, long offset) {

	public Position {
		Objects.requireNonNull(epoch, "'epoch' must not be null");
		if (offset < 0) {
			throw new IllegalArgumentException("'offset' must not be negative");
		}
	}

}
