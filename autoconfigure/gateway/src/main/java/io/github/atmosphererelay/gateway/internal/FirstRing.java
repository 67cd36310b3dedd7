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

package io.github.atmosphererelay.gateway.internal;

import java.time.Duration;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Lets users wait until the gateway knows its first ring. When a gateway restarts, its
 * clients come back before the ring does. A user who is placed without it may come to a
 * node that is not the user's, and stays there, because the nodes move nobody as long as
 * the ring does not change.
 * <p>
 * The time begins with the first user who has to wait, and runs out once: users who come
 * later are placed at once, with the ring or without it. Safe for use by many threads;
 * does not block.
 */
public final class FirstRing {

	private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

	private static final Log logger = LogFactory.getLog(FirstRing.class);

	private final RingSource rings;

	private final Duration atMost;

	private final ProxyStatistics statistics;

	/** Completes when a ring is known or the time has run out. All users share it. */
	private final Mono<Void> first;

	/**
	 * Create an object that waits for a ring.
	 * @param rings the ring
	 * @param atMost how long users wait, after the first of them has come; zero if no
	 * ring will come, because the gateway does not place users
	 * @param statistics counts users who are placed without a ring
	 */
	public FirstRing(RingSource rings, Duration atMost, ProxyStatistics statistics) {
		this.rings = rings;
		this.atMost = atMost;
		this.statistics = statistics;
		this.first = Flux.interval(LOOK_AGAIN)
			.onBackpressureDrop()
			.filter((tick) -> isKnown())
			.next()
			.then()
			.timeout(atMost, Mono.fromRunnable(this::giveUp))
			.cache();
	}

	private boolean isKnown() {
		return this.rings.ring() != null;
	}

	private void giveUp() {
		logger.warn("No ring has come within " + this.atMost.toMillis() + " ms after the first user. Until one comes,"
				+ " users are sent to the node with the fewest connections, where they stay until the ring changes."
				+ " Do nodes with 'atmosphere.routing.enabled' run, and can this gateway read their ring?");
	}

	/**
	 * Wait until a user can be placed.
	 * @return completes when a ring is known or the time has run out; at once if that was
	 * before
	 */
	Mono<Void> await() {
		if (this.atMost.isZero()) {
			return Mono.empty();
		}
		return Mono.defer(() -> isKnown() ? Mono.empty()
				// Those who wait go on side by side
				: this.first.publishOn(Schedulers.parallel()).doOnSuccess((done) -> count()));
	}

	private void count() {
		if (!isKnown()) {
			this.statistics.countUnplaced();
		}
	}

}
