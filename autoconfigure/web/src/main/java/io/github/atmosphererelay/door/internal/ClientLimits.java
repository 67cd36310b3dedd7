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

package io.github.atmosphererelay.door.internal;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.door.internal.LimitedParties.Party;
import io.github.atmosphererelay.session.internal.ClientNetwork;
import io.github.bucket4j.Bucket;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Counts the connections, sessions and messages of users and addresses on this node, and
 * enforces their limits. Safe for use by many threads.
 */
public final class ClientLimits {

	/**
	 * All sessions from one address may together ask for this many times as much as one
	 * session.
	 */
	private static final int ADDRESS_FACTOR = 20;

	private static final Log logger = LogFactory.getLog(ClientLimits.class);

	private static final Duration WARN_INTERVAL = Duration.ofMinutes(1);

	private final LimitSettings settings;

	/** The users, with the rate of messages for all sessions of a user. */
	private final LimitedParties users;

	/** The addresses, with the rate of questions for all sessions from an address. */
	private final LimitedParties addresses;

	private final AtomicInteger connections = new AtomicInteger();

	private final AtomicLong nextWarning = new AtomicLong(System.nanoTime());

	/**
	 * Create limits without any connection.
	 * @param settings the limits of clients
	 */
	public ClientLimits(LimitSettings settings) {
		this.settings = settings;
		this.users = new LimitedParties(settings.sessionsPerUser(), this::messages, burst());
		this.addresses = new LimitedParties(settings.sessionsPerAddress(), () -> questions(ADDRESS_FACTOR),
				(long) ADDRESS_FACTOR * settings.emptyChannelsPerMinute());
	}

	private int burst() {
		return Math.max(this.settings.userBurst(), this.settings.userMessagesPerSecond());
	}

	private @Nullable Bucket messages() {
		int rate = this.settings.userMessagesPerSecond();
		return (rate > 0) ? bucket(burst(), rate, Duration.ofSeconds(1)) : null;
	}

	private @Nullable Bucket questions(int factor) {
		long limit = (long) factor * this.settings.emptyChannelsPerMinute();
		return (limit > 0) ? bucket(limit, limit, Duration.ofMinutes(1)) : null;
	}

	private static Bucket bucket(long capacity, long refill, Duration period) {
		return Bucket.builder().addLimit((limit) -> limit.capacity(capacity).refillGreedy(refill, period)).build();
	}

	/**
	 * Return whether one more connection from an address would be accepted now.
	 * @param address the address, or {@code null} if it is not known
	 * @return whether it would be accepted
	 */
	public boolean hasRoom(@Nullable InetSocketAddress address) {
		String key = key(address);
		if (key == null || this.addresses.hasRoom(key)) {
			return true;
		}
		warn(key);
		return false;
	}

	/**
	 * Return whether one more session of a user would be accepted now.
	 * @param principal the user, or {@code null} if the client is anonymous
	 * @return whether it would be accepted
	 */
	public boolean hasRoom(@Nullable Principal principal) {
		return principal == null || this.users.hasRoom(principal.getName());
	}

	/**
	 * Return whether a user may send a message now that does not come over a connection.
	 * @param principal the user, or {@code null} if the client is anonymous
	 * @return whether the user's rate allows one more message
	 */
	boolean allowsMessage(@Nullable Principal principal) {
		if (principal == null || this.settings.userMessagesPerSecond() == 0) {
			return true;
		}
		Bucket messages = this.users.visit(principal.getName());
		return messages == null || messages.tryConsume(1);
	}

	/**
	 * Accept a connection, whose user may not be known yet.
	 * @param address the address, or {@code null} if it is not known
	 * @return the connection's share of the limits, which has to be released when the
	 * connection ends; or {@code null} if there are too many connections from the address
	 */
	public @Nullable Admission admit(@Nullable InetSocketAddress address) {
		String key = key(address);
		Party party = (key != null) ? this.addresses.enter(key) : null;
		if (key != null && party == null) {
			warn(key);
			return null;
		}
		this.connections.incrementAndGet();
		return new Admission(key, (party != null) ? party.bucket() : null);
	}

	private @Nullable String key(@Nullable InetSocketAddress address) {
		return (this.settings.sessionsPerAddress() == 0) ? null : ClientNetwork.of(address);
	}

	private void warn(String key) {
		long now = System.nanoTime();
		long next = this.nextWarning.get();
		if (now - next >= 0 && this.nextWarning.compareAndSet(next, now + WARN_INTERVAL.toNanos())) {
			logger.warn("Clients are refused, because the address " + key + " has " + this.settings.sessionsPerAddress()
					+ " sessions, the maximum of"
					+ " 'atmosphere.limits.sessions-per-address'. If it is the address of a proxy, set"
					+ " 'server.forward-headers-strategy'; otherwise raise the limit if that many clients are wanted");
		}
	}

	/**
	 * Return the number of connections of all clients.
	 * @return the number of connections
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

	/**
	 * A connection's share of the limits.
	 */
	public final class Admission {

		private final @Nullable String address;

		private @Nullable String name;

		private volatile @Nullable Party user;

		private volatile @Nullable Bucket questions;

		private final @Nullable Bucket addressQuestions;

		private boolean ended;

		private Admission(@Nullable String address, @Nullable Bucket addressQuestions) {
			this.address = address;
			this.addressQuestions = addressQuestions;
		}

		/**
		 * Set the connection's user. May be called again if the client proves its
		 * identity in a second way, which counts from then on.
		 * @param principal the user, or {@code null} if the client is anonymous
		 * @return whether the user may have one more session
		 */
		public synchronized boolean identify(@Nullable Principal principal) {
			LimitSettings settings = ClientLimits.this.settings;
			if (principal == null || (settings.sessionsPerUser() == 0 && settings.userMessagesPerSecond() == 0)) {
				return true;
			}
			if (this.ended) {
				return false;
			}
			String name = principal.getName();
			if (this.user != null && name.equals(this.name)) {
				return true;
			}
			leaveUser();
			this.user = ClientLimits.this.users.enter(name);
			this.name = name;
			return this.user != null;
		}

		private void leaveUser() {
			if (this.user != null && this.name != null) {
				ClientLimits.this.users.leave(this.name);
				this.user = null;
			}
		}

		/**
		 * Return whether the user may send a message now.
		 * @return whether the user's rate allows one more message
		 */
		public boolean allowsMessage() {
			Party user = this.user;
			Bucket messages = (user != null) ? user.bucket() : null;
			return messages == null || messages.tryConsume(1);
		}

		/**
		 * Return whether the client may ask now for a recorded channel that may be empty.
		 * If the channel turns out to have messages, {@link #found} must be called,
		 * because only questions about empty channels are limited.
		 * @return whether it may ask
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
		 * Note that the channel that was asked for has messages, or may have some.
		 */
		public void found() {
			for (Bucket bucket : new Bucket[] { this.questions, this.addressQuestions }) {
				if (bucket != null) {
					bucket.addTokens(1);
				}
			}
		}

		/** Created when it is first needed, which for most clients is never. */
		private synchronized @Nullable Bucket questions() {
			if (this.questions == null) {
				this.questions = ClientLimits.this.questions(1);
			}
			return this.questions;
		}

		/**
		 * Release the share, because the connection is gone or was not accepted after
		 * all. A second call does nothing.
		 */
		public synchronized void end() {
			if (this.ended) {
				return;
			}
			this.ended = true;
			ClientLimits.this.connections.decrementAndGet();
			if (this.address != null) {
				ClientLimits.this.addresses.leave(this.address);
			}
			leaveUser();
		}

	}

}
