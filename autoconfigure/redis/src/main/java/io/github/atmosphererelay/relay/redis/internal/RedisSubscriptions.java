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

package io.github.atmosphererelay.relay.redis.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import org.jspecify.annotations.Nullable;

/**
 * Holds the addresses that are followed, and the subscriptions that the present link has
 * requested from Redis. The worker sends the difference to Redis in batches. Safe for use
 * by many threads; no future is completed under the lock.
 */
final class RedisSubscriptions {

	private final String prefix;

	private final Map<ByteBuffer, Entry> entries = new HashMap<>();

	private final Set<Entry> changed = new LinkedHashSet<>();

	private long asked;

	private long confirmed;

	RedisSubscriptions(String prefix) {
		this.prefix = prefix;
	}

	byte[] channel(Address address) {
		return (this.prefix + address.value()).getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Follow an address.
	 * @param address the address
	 * @return completes when Redis has confirmed the subscription
	 */
	synchronized CompletableFuture<@Nullable Void> subscribe(Address address) {
		byte[] channel = channel(address);
		Entry entry = this.entries.computeIfAbsent(ByteBuffer.wrap(channel), (key) -> new Entry(address, channel));
		entry.wanted = true;
		if (entry.isConfirmed()) {
			return CompletableFuture.completedFuture(null);
		}
		if (!entry.asked) {
			this.changed.add(entry);
		}
		if (entry.future == null || entry.future.isDone()) {
			entry.future = new CompletableFuture<>();
		}
		return entry.future;
	}

	/**
	 * Stop following an address.
	 * @param address the address
	 * @return the future to cancel, or {@code null} if none is open
	 */
	synchronized @Nullable CompletableFuture<@Nullable Void> unsubscribe(Address address) {
		Entry entry = this.entries.get(ByteBuffer.wrap(channel(address)));
		if (entry == null || !entry.wanted) {
			return null;
		}
		CompletableFuture<@Nullable Void> future = entry.future;
		entry.wanted = false;
		entry.interrupted = false;
		entry.future = null;
		if (entry.asked || entry.unconfirmed > 0) {
			this.changed.add(entry);
		}
		else {
			// Redis does not know this address. Without a link nobody takes the changes,
			// so addresses that come and go would accumulate.
			this.changed.remove(entry);
			forgetIfUnused(entry);
		}
		return future;
	}

	/**
	 * Start with a new link, which has no subscriptions yet.
	 */
	synchronized void newLink() {
		this.asked = 0;
		this.confirmed = 0;
		this.changed.clear();
		this.entries.values().removeIf((entry) -> !entry.wanted);
		for (Entry entry : this.entries.values()) {
			entry.interrupted = entry.interrupted || entry.isConfirmed();
			entry.asked = false;
			entry.unconfirmed = 0;
			this.changed.add(entry);
		}
	}

	/**
	 * Return the changes to send to Redis, and mark them as sent.
	 * @return the changes
	 */
	synchronized Changes takeChanges() {
		List<byte[]> subscribe = new ArrayList<>();
		List<byte[]> unsubscribe = new ArrayList<>();
		for (Entry entry : this.changed) {
			if (entry.wanted && !entry.asked) {
				entry.asked = true;
				entry.unconfirmed++;
				this.asked++;
				subscribe.add(entry.channel);
			}
			else if (!entry.wanted && entry.asked) {
				entry.asked = false;
				unsubscribe.add(entry.channel);
			}
			forgetIfUnused(entry);
		}
		this.changed.clear();
		return new Changes(subscribe, unsubscribe, this.asked);
	}

	/**
	 * Process a confirmation from Redis. Confirmations arrive in the order of the
	 * requests, so the number of open requests shows whether a confirmation belongs to an
	 * earlier subscription to the address.
	 * @param channel the Redis channel
	 * @return the subscription that is in force now, or {@code null} if there is none
	 */
	synchronized @Nullable Confirmation confirm(byte[] channel) {
		Entry entry = this.entries.get(ByteBuffer.wrap(channel));
		if (entry == null || entry.unconfirmed == 0) {
			return null;
		}
		this.confirmed++;
		entry.unconfirmed--;
		forgetIfUnused(entry);
		if (!entry.wanted || !entry.isConfirmed()) {
			return null;
		}
		Confirmation confirmation = new Confirmation(entry.address, entry.future, entry.interrupted);
		entry.interrupted = false;
		return confirmation;
	}

	/**
	 * Return whether Redis has confirmed all subscriptions up to a point.
	 * @param asked the point, from {@link Changes}
	 * @return whether all earlier requests are confirmed
	 */
	synchronized boolean isConfirmed(long asked) {
		return this.confirmed >= asked;
	}

	/**
	 * Remove all addresses.
	 * @return the futures that may be open
	 */
	synchronized List<CompletableFuture<@Nullable Void>> clear() {
		List<CompletableFuture<@Nullable Void>> open = new ArrayList<>();
		for (Entry entry : this.entries.values()) {
			if (entry.future != null) {
				open.add(entry.future);
			}
		}
		this.entries.clear();
		this.changed.clear();
		return open;
	}

	private void forgetIfUnused(Entry entry) {
		if (!entry.wanted && !entry.asked && entry.unconfirmed == 0) {
			this.entries.remove(ByteBuffer.wrap(entry.channel), entry);
		}
	}

	/**
	 * The changes to send to Redis, and how many subscriptions the link will have
	 * requested with them.
	 */
	record Changes(List<byte[]> subscribe, List<byte[]> unsubscribe, long asked) {

	}

	/**
	 * A subscription that is in force, and whether it was interrupted before.
	 */
	record Confirmation(Address address, @Nullable CompletableFuture<@Nullable Void> future, boolean interrupted) {

	}

	private static final class Entry {

		private final Address address;

		private final byte[] channel;

		private @Nullable CompletableFuture<@Nullable Void> future;

		private boolean wanted;

		/**
		 * Whether the last command of the present link for this address was SUBSCRIBE.
		 */
		private boolean asked;

		/**
		 * The number of SUBSCRIBE commands of the present link that Redis has not
		 * confirmed yet.
		 */
		private int unconfirmed;

		private boolean interrupted;

		private Entry(Address address, byte[] channel) {
			this.address = address;
			this.channel = channel;
		}

		private boolean isConfirmed() {
			return this.asked && this.unconfirmed == 0;
		}

	}

}
