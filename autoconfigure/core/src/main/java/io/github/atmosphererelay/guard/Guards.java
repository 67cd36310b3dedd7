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

package io.github.atmosphererelay.guard;

import java.util.Arrays;
import java.util.List;

/**
 * The guards of a node, one for each of its parts. Safe for use by many threads.
 */
public final class Guards {

	/**
	 * Guards whose failures are logged, but not reported by meters and health.
	 */
	public static final Guards UNREPORTED = new Guards();

	private final Guard[] guards;

	/**
	 * Create guards that have seen no failure.
	 */
	public Guards() {
		this.guards = Arrays.stream(Part.values()).map(Guard::new).toArray(Guard[]::new);
	}

	/**
	 * Return the guard of a part.
	 * @param part the part
	 * @return its guard
	 */
	public Guard of(Part part) {
		return this.guards[part.ordinal()];
	}

	/**
	 * Return the guards of the parts that fail repeatedly.
	 * @return the guards; empty if no part is {@linkplain Guard#isFailing() failing}
	 */
	public List<Guard> failing() {
		return Arrays.stream(this.guards).filter(Guard::isFailing).toList();
	}

}
