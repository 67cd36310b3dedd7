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

package io.github.atmosphererelay.routing.internal;

import java.util.Locale;

/**
 * Why a ticket was not issued or not taken.
 */
public enum TicketRefusal {

	/** Too many are out, or the holder has too many authorities. */
	NOT_ISSUED,

	/** It was used, is late, was never issued, or its holder has logged out. */
	NOT_VALID,

	/** The socket has a log-in of another user than the ticket. */
	OTHER_USER,

	/**
	 * Too many tickets wait for an answer of their issuer, or this one has waited too
	 * long.
	 */
	TOO_MANY,

	/** The issuer has not answered in time. */
	NO_ANSWER;

	/**
	 * Return the value by which meters are tagged.
	 * @return the name in lower case
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
