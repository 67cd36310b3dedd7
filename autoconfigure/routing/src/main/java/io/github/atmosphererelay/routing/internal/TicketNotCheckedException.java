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

import java.io.Serial;

/**
 * Nobody has found out in time whether a ticket is valid. The client may try again, best
 * with a new ticket.
 */
public final class TicketNotCheckedException extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1;

	private final transient TicketRefusal reason;

	TicketNotCheckedException(TicketRefusal reason) {
		// Without a stack trace: it happens to many clients at once, and says nothing
		super("The ticket was not checked: " + reason.tag(), null, false, false);
		this.reason = reason;
	}

	TicketRefusal reason() {
		return this.reason;
	}

}
