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

import java.util.Locale;

/**
 * What became of a client's wish to get what it has missed.
 */
public enum RecoveryOutcome {

	/**
	 * It asked for nothing.
	 */
	FRESH,

	/**
	 * It gets everything that it has missed.
	 */
	RECOVERED,

	/**
	 * It has missed something that it does not get, and gets nothing of what it has
	 * missed: the log is another one, or does not reach back far enough, or it would be
	 * too much.
	 */
	UNRECOVERED;

	/**
	 * Return the outcome as a tag of meters.
	 * @return the name in lower case
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
