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

import java.lang.ref.WeakReference;
import java.security.Principal;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.jspecify.annotations.Nullable;

/**
 * The principals that were let in on this node with tickets of other nodes, so that their
 * sockets can be closed when the issuer says so. A socket is recognized by its principal,
 * which was made for it alone. For any thread.
 */
final class TicketSockets {

	private static final int MAX = 100_000;

	/**
	 * How long an end is repeated: longer than a client may take from its authentication
	 * until its session exists.
	 */
	private static final long KEEP_NANOS = TicketOffice.VALID.toNanos() * 2;

	private final SessionRegistry registry;

	private final LongSupplier clock;

	/** The principals by ticket, the oldest first. Guarded by itself, as are the ends. */
	private final Map<String, WeakReference<Principal>> admitted = new LinkedHashMap<>();

	/** When tickets were ended. */
	private final Map<String, Long> ended = new LinkedHashMap<>();

	TicketSockets(SessionRegistry registry, LongSupplier clock) {
		this.registry = registry;
		this.clock = clock;
	}

	/**
	 * Note a principal that is about to be let in.
	 * @return whether it may be: not if its ticket has ended, or too many are here
	 */
	boolean admit(String ticket, Principal principal) {
		synchronized (this.admitted) {
			if (this.ended.containsKey(ticket)) {
				return false;
			}
			if (this.admitted.size() >= MAX) {
				this.admitted.values().removeIf((each) -> each.get() == null);
			}
			if (this.admitted.size() >= MAX) {
				return false;
			}
			this.admitted.put(ticket, new WeakReference<>(principal));
			return true;
		}
	}

	/**
	 * Close the socket that was opened with a ticket, now or when it exists.
	 */
	void end(String ticket) {
		synchronized (this.admitted) {
			this.ended.put(ticket, this.clock.getAsLong());
			if (this.ended.size() > MAX) {
				Iterator<String> oldest = this.ended.keySet().iterator();
				oldest.next();
				oldest.remove();
			}
		}
		closeEnded();
	}

	/**
	 * Close what has appeared since its ticket was ended. Called again and again.
	 */
	void closeEnded() {
		Map<String, Principal> ending = new HashMap<>();
		long now = this.clock.getAsLong();
		synchronized (this.admitted) {
			this.ended.keySet().forEach((ticket) -> {
				Principal principal = principal(ticket);
				if (principal != null) {
					ending.put(ticket, principal);
				}
			});
			this.ended.entrySet().removeIf((each) -> {
				boolean over = now - each.getValue() > KEEP_NANOS;
				if (over) {
					this.admitted.remove(each.getKey());
				}
				return over;
			});
		}
		ending.values().forEach((principal) -> {
			for (LocalSession session : this.registry.ofUser(principal.getName())) {
				if (session.principal() == principal) {
					session.close(CloseReason.LOGGED_OUT);
				}
			}
		});
	}

	private @Nullable Principal principal(String ticket) {
		WeakReference<Principal> reference = this.admitted.get(ticket);
		return (reference != null) ? reference.get() : null;
	}

}
