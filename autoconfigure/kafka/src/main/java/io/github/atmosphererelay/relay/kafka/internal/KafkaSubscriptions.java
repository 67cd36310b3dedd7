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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.message.Address;
import org.jspecify.annotations.Nullable;

/**
 * Holds the addresses that this node follows, and the futures of subscriptions that are
 * not confirmed yet. With Kafka a node receives all addresses, so all subscriptions wait
 * for the same event: a consumer whose offsets are set. Safe for use by many threads;
 * completes futures outside its lock.
 */
final class KafkaSubscriptions {

	private final Map<Address, List<CompletableFuture<@Nullable Void>>> followed = new HashMap<>();

	/**
	 * The same addresses in the form that records have them, which is read without the
	 * lock.
	 */
	private final Set<String> values = ConcurrentHashMap.newKeySet();

	private boolean positioned;

	CompletableFuture<@Nullable Void> add(Address address) {
		CompletableFuture<@Nullable Void> future = new CompletableFuture<>();
		synchronized (this.followed) {
			List<CompletableFuture<@Nullable Void>> waiting = this.followed.computeIfAbsent(address,
					(key) -> new ArrayList<>(1));
			this.values.add(address.value());
			if (!this.positioned) {
				waiting.add(future);
				return future;
			}
		}
		future.complete(null);
		return future;
	}

	void remove(Address address) {
		List<CompletableFuture<@Nullable Void>> waiting;
		synchronized (this.followed) {
			waiting = this.followed.remove(address);
			this.values.remove(address.value());
		}
		if (waiting != null) {
			waiting.forEach((future) -> future.cancel(false));
		}
	}

	/**
	 * Return whether an address is followed.
	 * @param value the address as a record has it
	 * @return whether it is
	 */
	boolean contains(String value) {
		return this.values.contains(value);
	}

	List<Address> addresses() {
		synchronized (this.followed) {
			return List.copyOf(this.followed.keySet());
		}
	}

	/**
	 * Note that the consumer's offsets are set, so that this node receives everything
	 * that is published from now on. Confirms all subscriptions.
	 */
	void positioned() {
		List<CompletableFuture<@Nullable Void>> waiting;
		synchronized (this.followed) {
			this.positioned = true;
			waiting = takeWaiting();
		}
		waiting.forEach((future) -> future.complete(null));
	}

	/**
	 * Note that there is no consumer at present.
	 */
	void interrupted() {
		synchronized (this.followed) {
			this.positioned = false;
		}
	}

	void fail(Throwable failure) {
		List<CompletableFuture<@Nullable Void>> waiting;
		synchronized (this.followed) {
			waiting = takeWaiting();
			this.followed.clear();
			this.values.clear();
		}
		waiting.forEach((future) -> future.completeExceptionally(failure));
	}

	private List<CompletableFuture<@Nullable Void>> takeWaiting() {
		List<CompletableFuture<@Nullable Void>> result = new ArrayList<>();
		for (List<CompletableFuture<@Nullable Void>> waiting : this.followed.values()) {
			result.addAll(waiting);
			waiting.clear();
		}
		return result;
	}

}
