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

package io.github.atmosphererelay.relay.http.internal;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Recognises requests that were received before. Each sender counts its requests; for
 * each sender this keeps the greatest number, and which of the {@value #WINDOW} numbers
 * before it were received, as IPsec does. That takes about a hundred bytes for each
 * sender, however many requests it sends. A sender is forgotten when requests as old as
 * its last one are refused because of their time. Safe for use by many threads.
 */
final class ReplayGuard {

	static final int WINDOW = 64;

	static final int MAX_SENDERS = 4096;

	private final long keepNanos;

	private final Map<UUID, Window> senders = new LinkedHashMap<>(16, 0.75F, true);

	/**
	 * Create a guard.
	 * @param maxSkew by how much the time of a request may differ from this node's
	 */
	ReplayGuard(Duration maxSkew) {
		this.keepNanos = maxSkew.multipliedBy(2).plusSeconds(1).toNanos();
	}

	/**
	 * Check and remember a request that is known to be authentic.
	 * @param nonce its number
	 * @param now the present time, by {@link System#nanoTime()}
	 * @throws RefusedException if it was received before, or is too old to tell, or if
	 * there are too many senders
	 */
	synchronized void check(PeerProtocol.Nonce nonce, long now) {
		Window window = this.senders.get(nonce.sender());
		if (window == null) {
			forgetOld(now);
			if (this.senders.size() >= MAX_SENDERS) {
				throw new RefusedException(RefusalReason.OVERLOADED);
			}
			window = new Window();
			this.senders.put(nonce.sender(), window);
		}
		window.usedAt = now;
		if (!window.add(nonce.counter())) {
			throw new RefusedException(RefusalReason.REPLAYED);
		}
	}

	private void forgetOld(long now) {
		Iterator<Window> oldest = this.senders.values().iterator();
		while (oldest.hasNext() && now - oldest.next().usedAt > this.keepNanos) {
			oldest.remove();
		}
	}

	synchronized int size() {
		return this.senders.size();
	}

	/**
	 * The numbers of one sender.
	 */
	private static final class Window {

		private long greatest;

		/** Bit i is set if the number {@code greatest - i} was received. */
		private long received;

		private long usedAt;

		boolean add(long number) {
			if (number > this.greatest) {
				long step = number - this.greatest;
				this.received = (step < WINDOW) ? (this.received << step) | 1 : 1;
				this.greatest = number;
				return true;
			}
			long age = this.greatest - number;
			if (age >= WINDOW || (this.received & (1L << age)) != 0) {
				return false;
			}
			this.received |= 1L << age;
			return true;
		}

	}

}
