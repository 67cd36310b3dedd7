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
 * Whether a client that subscribes has recovered the messages that it has missed.
 */
public enum RecoveryOutcome {

	/**
	 * The client did not ask to recover.
	 */
	FRESH,

	/**
	 * The client gets all messages that it has missed.
	 */
	RECOVERED,

	/**
	 * The client gets none of the messages that it has missed, because it cannot get all:
	 * the log has another epoch, does not reach back far enough, or the messages exceed
	 * the limits.
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
