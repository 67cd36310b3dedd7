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

package io.github.atmosphererelay.stomp.internal;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.subscription.internal.Interest;
import org.jspecify.annotations.Nullable;

/**
 * Follows all buckets at the relay, from the start of the node to its end, so that
 * patterns get what other nodes send and no first subscription misses anything. Only the
 * start blocks.
 */
final class Following {

	private static final Duration CONFIRMATION = Duration.ofSeconds(5);

	private final Interest interest;

	private final RelayMonitor monitor;

	private volatile @Nullable Round round;

	Following(Interest interest, RelayMonitor monitor) {
		this.interest = interest;
		this.monitor = monitor;
	}

	/**
	 * Follow all buckets.
	 * @param timeout how long to wait for the relay's confirmation, if the relay is up
	 */
	void start(Duration timeout) {
		Round round = new Round();
		for (int i = 0; i < ClusterPublisher.BUCKETS; i++) {
			Address address = ClusterPublisher.address(i);
			round.missing.add(address);
			this.interest.acquire(address);
		}
		this.round = round;
		check();
		if (this.monitor.isUp()) {
			round.await(timeout);
		}
	}

	/**
	 * Ask again for the confirmations that have not come. Called often by the scheduler.
	 */
	void check() {
		Round round = this.round;
		if (round == null) {
			return;
		}
		for (Address address : round.missing) {
			if (round.asked.add(address)) {
				this.interest.ready(address, CONFIRMATION).thenAccept((state) -> round.answered(address, state));
			}
		}
	}

	/**
	 * Note that the node stops. It stops following when its messaging does.
	 */
	void stop() {
		this.round = null;
	}

	/**
	 * Return whether all buckets are followed and the relay is up.
	 */
	boolean isComplete() {
		Round round = this.round;
		return round != null && round.confirmed.getCount() == 0 && this.monitor.isUp();
	}

	/**
	 * The confirmations between a start and the next stop.
	 */
	private static final class Round {

		private final Set<Address> missing = ConcurrentHashMap.newKeySet();

		private final Set<Address> asked = ConcurrentHashMap.newKeySet();

		private final CountDownLatch confirmed = new CountDownLatch(1);

		private void answered(Address address, SubscriptionState state) {
			if (state == SubscriptionState.CONFIRMED) {
				this.missing.remove(address);
				if (this.missing.isEmpty()) {
					this.confirmed.countDown();
				}
			}
			this.asked.remove(address);
		}

		@SuppressWarnings("ReturnValueIgnored")
		private void await(Duration timeout) {
			try {
				this.confirmed.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
