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
 * Counts what users and addresses have on this node, and holds them to it. Safe for use
 * by many threads.
 */
public final class ClientLimits {

	/** How much more than one session all sessions from one address may ask for. */
	private static final int ADDRESS_FACTOR = 20;

	private static final Log logger = LogFactory.getLog(ClientLimits.class);

	private static final Duration COMPLAINT_INTERVAL = Duration.ofMinutes(1);

	private final LimitSettings settings;

	/** With what all sessions of a user together may send. */
	private final LimitedParties users;

	/** With what all sessions from an address together may ask for. */
	private final LimitedParties addresses;

	private final AtomicInteger connections = new AtomicInteger();

	private final AtomicLong nextComplaint = new AtomicLong(System.nanoTime());

	/**
	 * Create limits that nobody has used up anything of.
	 * @param settings how much clients may have and do
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
	 * Return whether one more connection from an address would be let in at the moment.
	 * @param address the address, or {@code null} if it is not known
	 * @return whether it would
	 */
	public boolean hasRoom(@Nullable InetSocketAddress address) {
		String key = key(address);
		if (key == null || this.addresses.hasRoom(key)) {
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
		return principal == null || this.users.hasRoom(principal.getName());
	}

	/**
	 * Let a connection in, whose user may not be known yet.
	 * @param address the address, or {@code null} if it is not known
	 * @return the connection's part of the limits, to be ended with it, or {@code null}
	 * if there are too many from that address
	 */
	public @Nullable Admission admit(@Nullable InetSocketAddress address) {
		String key = key(address);
		Party party = (key != null) ? this.addresses.enter(key) : null;
		if (key != null && party == null) {
			complain(key);
			return null;
		}
		this.connections.incrementAndGet();
		return new Admission(key, (party != null) ? party.bucket() : null);
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

	/**
	 * One connection's part of the limits.
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
			String name = principal.getName();
			this.user = ClientLimits.this.users.enter(name);
			this.name = name;
			return this.user != null;
		}

		/**
		 * Return whether the user may send a message now.
		 * @return whether its rate allows one more
		 */
		public boolean allowsMessage() {
			Party user = this.user;
			Bucket messages = (user != null) ? user.bucket() : null;
			return messages == null || messages.tryConsume(1);
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
				ClientLimits.this.addresses.leave(this.address);
			}
			if (this.user != null && this.name != null) {
				ClientLimits.this.users.leave(this.name);
			}
		}

	}

}
