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

package io.github.atmosphererelay.door;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.session.ClientNetwork;
import io.github.bucket4j.Bucket;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Counts what users and addresses have on this node, and holds them to it. What is kept
 * of an address goes with its last connection, and what is kept of a user once its rate
 * has come back, so it is bounded by the connections that the server takes and
 * {@value #MAX_LEFT}. Safe for use by many threads.
 */
public final class ClientLimits {

	private static final int MAX_LEFT = 10_000;

	private static final Log logger = LogFactory.getLog(ClientLimits.class);

	private static final Duration COMPLAINT_INTERVAL = Duration.ofMinutes(1);

	private final LimitSettings settings;

	/** How much more than one session all sessions from one address may ask for. */
	private static final int ADDRESS_FACTOR = 20;

	private final Map<String, Address> addresses = new ConcurrentHashMap<>();

	/** Users without a session whose rate has not come back yet. */
	private final Queue<String> left = new ConcurrentLinkedQueue<>();

	private final AtomicInteger leftCount = new AtomicInteger();

	/** Addresses without a connection whose questions have not come back yet. */
	private final Queue<String> leftAddresses = new ConcurrentLinkedQueue<>();

	private final AtomicInteger leftAddressCount = new AtomicInteger();

	private final Map<String, User> users = new ConcurrentHashMap<>();

	private final AtomicInteger connections = new AtomicInteger();

	private final AtomicLong nextComplaint = new AtomicLong(System.nanoTime());

	/**
	 * Create limits that nobody has used up anything of.
	 * @param settings how much clients may have and do
	 */
	public ClientLimits(LimitSettings settings) {
		this.settings = settings;
	}

	/**
	 * Return whether one more connection from an address would be let in at the moment.
	 * @param address the address, or {@code null} if it is not known
	 * @return whether it would
	 */
	public boolean hasRoom(@Nullable InetSocketAddress address) {
		String key = key(address);
		Address known = (key != null) ? this.addresses.get(key) : null;
		if (key == null || known == null || known.sessions < this.settings.sessionsPerAddress()) {
			return true;
		}
		complain(key);
		return false;
	}

	/**
	 * Return whether one more session of a user would be let in at the moment.
	 * @param principal the user, or {@code null} if the client is anonymous
	 * @return whether it would
	 */
	public boolean hasRoom(@Nullable Principal principal) {
		int limit = this.settings.sessionsPerUser();
		if (limit == 0 || principal == null) {
			return true;
		}
		User user = this.users.get(principal.getName());
		return user == null || user.sessions < limit;
	}

	/**
	 * Let a connection in, whose user may not be known yet.
	 * @param address the address, or {@code null} if it is not known
	 * @return the connection's part of the limits, to be ended with it, or {@code null}
	 * if there are too many from that address
	 */
	public @Nullable Admission admit(@Nullable InetSocketAddress address) {
		String key = key(address);
		if (key == null) {
			this.connections.incrementAndGet();
			return new Admission(null);
		}
		forgetRestedAddresses();
		Admission admission = new Admission(key);
		this.addresses.compute(key, (same, known) -> {
			Address present = (known != null) ? known : new Address(questions(ADDRESS_FACTOR));
			if (present.sessions >= this.settings.sessionsPerAddress()) {
				admission.ended = true;
				return known;
			}
			present.sessions++;
			admission.addressQuestions = present.questions;
			return present;
		});
		if (admission.ended) {
			complain(key);
			return null;
		}
		this.connections.incrementAndGet();
		return admission;
	}

	private @Nullable String key(@Nullable InetSocketAddress address) {
		return (this.settings.sessionsPerAddress() == 0) ? null : ClientNetwork.of(address);
	}

	private void complain(String key) {
		long now = System.nanoTime();
		long next = this.nextComplaint.get();
		if (now - next >= 0 && this.nextComplaint.compareAndSet(next, now + COMPLAINT_INTERVAL.toNanos())) {
			logger.warn("Clients are refused because " + key + " has the " + this.settings.sessionsPerAddress()
					+ " sessions that 'atmosphere.limits.sessions-per-address' "
					+ "allows. If that is a proxy, set 'server.forward-headers-strategy'");
		}
	}

	/**
	 * Return how many connections there are, of all clients.
	 * @return the number
	 */
	public int connectionCount() {
		return this.connections.get();
	}

	int userCount() {
		return this.users.size();
	}

	int addressCount() {
		return this.addresses.size();
	}

	private @Nullable Bucket bucket() {
		int rate = this.settings.userMessagesPerSecond();
		if (rate == 0) {
			return null;
		}
		return Bucket.builder()
			.addLimit((limit) -> limit.capacity(burst()).refillGreedy(rate, Duration.ofSeconds(1)))
			.build();
	}

	private @Nullable Bucket questions(int factor) {
		int limit = this.settings.emptyChannelsPerMinute();
		if (limit == 0) {
			return null;
		}
		long capacity = (long) factor * limit;
		return Bucket.builder()
			.addLimit((each) -> each.capacity(capacity).refillGreedy(capacity, Duration.ofMinutes(1)))
			.build();
	}

	/**
	 * A user has one session less. One without any is known until the rate that was used
	 * up has come back: otherwise it would come back with each new connection.
	 */
	private void leave(String name) {
		boolean[] tired = new boolean[1];
		this.users.computeIfPresent(name, (same, user) -> {
			if (--user.sessions > 0 || user.left) {
				return user;
			}
			if (isRested(user) || this.leftCount.get() >= MAX_LEFT) {
				return null;
			}
			user.left = true;
			tired[0] = true;
			return user;
		});
		if (tired[0]) {
			this.leftCount.incrementAndGet();
			this.left.add(name);
		}
	}

	/**
	 * Look at two of those that have left, with each one that comes, so that they become
	 * fewer.
	 */
	private void forgetRested() {
		for (int i = 0; i < 2; i++) {
			String name = this.left.poll();
			if (name == null) {
				return;
			}
			boolean[] tired = new boolean[1];
			this.users.computeIfPresent(name, (same, user) -> {
				tired[0] = (user.sessions == 0 && !isRested(user));
				user.left = tired[0];
				return (user.sessions == 0 && !tired[0]) ? null : user;
			});
			if (tired[0]) {
				this.left.add(name);
			}
			else {
				this.leftCount.decrementAndGet();
			}
		}
	}

	/**
	 * An address has one connection less. Without any it is known until the questions
	 * that were used up have come back, as with users.
	 */
	private void leaveAddress(String key) {
		boolean[] tired = new boolean[1];
		this.addresses.computeIfPresent(key, (same, known) -> {
			if (--known.sessions > 0 || known.left) {
				return known;
			}
			if (isRested(known) || this.leftAddressCount.get() >= MAX_LEFT) {
				return null;
			}
			known.left = true;
			tired[0] = true;
			return known;
		});
		if (tired[0]) {
			this.leftAddressCount.incrementAndGet();
			this.leftAddresses.add(key);
		}
	}

	private void forgetRestedAddresses() {
		for (int i = 0; i < 2; i++) {
			String key = this.leftAddresses.poll();
			if (key == null) {
				return;
			}
			boolean[] tired = new boolean[1];
			this.addresses.computeIfPresent(key, (same, known) -> {
				tired[0] = (known.sessions == 0 && !isRested(known));
				known.left = tired[0];
				return (known.sessions == 0 && !tired[0]) ? null : known;
			});
			if (tired[0]) {
				this.leftAddresses.add(key);
			}
			else {
				this.leftAddressCount.decrementAndGet();
			}
		}
	}

	private boolean isRested(Address address) {
		return address.questions == null || address.questions.getAvailableTokens() >= (long) ADDRESS_FACTOR
				* this.settings.emptyChannelsPerMinute();
	}

	private boolean isRested(User user) {
		return user.bucket == null || user.bucket.getAvailableTokens() >= burst();
	}

	private int burst() {
		return Math.max(this.settings.userBurst(), this.settings.userMessagesPerSecond());
	}

	/**
	 * What is known of an address. The count changes within the map's own lock only.
	 */
	private static final class Address {

		private final @Nullable Bucket questions;

		/** Whether it stands among those that have left. */
		private boolean left;

		private volatile int sessions;

		Address(@Nullable Bucket questions) {
			this.questions = questions;
		}

	}

	/**
	 * What is known of a user. The count changes within the map's own lock only.
	 */
	private static final class User {

		private final @Nullable Bucket bucket;

		/** Whether the name stands among those that have left. */
		private boolean left;

		private volatile int sessions;

		User(@Nullable Bucket bucket) {
			this.bucket = bucket;
		}

	}

	/**
	 * One connection's part of the limits.
	 */
	public final class Admission {

		private final @Nullable String address;

		private @Nullable String name;

		private volatile @Nullable User user;

		private volatile @Nullable Bucket questions;

		private @Nullable Bucket addressQuestions;

		private boolean ended;

		private Admission(@Nullable String address) {
			this.address = address;
		}

		/**
		 * Say whose connection it is. To be called once.
		 * @param principal the user, or {@code null} if the client is anonymous
		 * @return whether the user may have one more
		 */
		public synchronized boolean identify(@Nullable Principal principal) {
			LimitSettings settings = ClientLimits.this.settings;
			if (principal == null || (settings.sessionsPerUser() == 0 && settings.userMessagesPerSecond() == 0)) {
				return true;
			}
			if (this.ended) {
				return false;
			}
			forgetRested();
			String name = principal.getName();
			ClientLimits.this.users.compute(name, (same, present) -> {
				User user = (present != null) ? present : new User(bucket());
				if (settings.sessionsPerUser() == 0 || user.sessions < settings.sessionsPerUser()) {
					user.sessions++;
					this.user = user;
				}
				return user;
			});
			this.name = name;
			return this.user != null;
		}

		/**
		 * Return whether the user may send a message now.
		 * @return whether its rate allows one more
		 */
		public boolean allowsMessage() {
			User user = this.user;
			return user == null || user.bucket == null || user.bucket.tryConsume(1);
		}

		/**
		 * Return whether the client may ask now for a recorded channel of which nobody
		 * knows whether it has messages. The answer that it has is to be told by
		 * {@link #found}: it costs a client nothing to ask for what is there.
		 * @return whether it may
		 */
		public boolean allowsQuestion() {
			Bucket own = questions();
			if (own == null) {
				return true;
			}
			if (!own.tryConsume(1)) {
				return false;
			}
			Bucket shared = this.addressQuestions;
			if (shared != null && !shared.tryConsume(1)) {
				own.addTokens(1);
				return false;
			}
			return true;
		}

		/**
		 * The channel that was asked for has messages, or is not known to have none.
		 */
		public void found() {
			for (Bucket bucket : new Bucket[] { this.questions, this.addressQuestions }) {
				if (bucket != null) {
					bucket.addTokens(1);
				}
			}
		}

		/** Most clients never ask for as much as to need it. */
		private synchronized @Nullable Bucket questions() {
			if (this.questions == null) {
				this.questions = ClientLimits.this.questions(1);
			}
			return this.questions;
		}

		/**
		 * The connection is gone, or was not let in after all. A second call does
		 * nothing.
		 */
		public synchronized void end() {
			if (this.ended) {
				return;
			}
			this.ended = true;
			ClientLimits.this.connections.decrementAndGet();
			if (this.address != null) {
				leaveAddress(this.address);
			}
			if (this.user != null && this.name != null) {
				leave(this.name);
			}
		}

	}

}
