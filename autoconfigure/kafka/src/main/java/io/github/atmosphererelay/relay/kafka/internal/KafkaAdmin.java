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

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Holds the relay's one administrative client, and creates it when it is first needed.
 * The client is kept when attempts to connect fail, because Kafka logs a lot for each new
 * client. It is replaced after a minute of failures, because the brokers that it knows
 * may all be gone. It is also replaced when its thread has ended, as after an {@code
 * OutOfMemoryError}: then all its calls fail at once. Safe for use by many threads.
 */
final class KafkaAdmin {

	/** A client that has got no answer for this long is replaced. */
	private static final Duration MAX_SILENCE = Duration.ofMinutes(1);

	/** A client is replaced after this number of calls in a row that fail at once. */
	private static final int MAX_FAILED_AT_ONCE = 2;

	/** Minimum time between two replacements. */
	private static final Duration INTERVAL = Duration.ofSeconds(10);

	/** An attempt to connect that fails sooner has not waited for a broker. */
	private static final Duration CONNECT_AT_ONCE = Duration.ofSeconds(2);

	private final Supplier<Admin> clients;

	private final Runnable whenFaulty;

	private final LongSupplier nanoTime;

	private @Nullable Admin admin;

	/**
	 * When the first call after the last answer failed, or {@code null} if none has
	 * failed.
	 */
	private @Nullable Long failingSince;

	private int failedAtOnce;

	/** Why the client has to be replaced, or {@code null} if it need not be. */
	private @Nullable Throwable fault;

	/** When the client was last found to be useless, or {@code null} if it never was. */
	private @Nullable Long faultAt;

	private boolean closed;

	/**
	 * Create the holder, without a client.
	 * @param clients creates a client
	 * @param whenFaulty called on any thread when the client has a {@link #fault()}; must
	 * not block
	 */
	KafkaAdmin(Supplier<Admin> clients, Runnable whenFaulty) {
		this(clients, whenFaulty, System::nanoTime);
	}

	KafkaAdmin(Supplier<Admin> clients, Runnable whenFaulty, LongSupplier nanoTime) {
		this.clients = clients;
		this.whenFaulty = whenFaulty;
		this.nanoTime = nanoTime;
	}

	/**
	 * Return the client, and create it if there is none.
	 * @return the client, which the caller must not close
	 */
	synchronized Admin get() {
		if (this.closed) {
			throw new IllegalStateException("The kafka relay is stopped");
		}
		Admin admin = this.admin;
		if (admin == null) {
			admin = this.clients.get();
			this.admin = admin;
			answered();
		}
		return admin;
	}

	/**
	 * Return the client, if there is one.
	 */
	synchronized @Nullable Admin present() {
		return this.admin;
	}

	/**
	 * Note that the client has got an answer.
	 */
	synchronized void answered() {
		this.failingSince = null;
		this.failedAtOnce = 0;
		this.fault = null;
	}

	/**
	 * Note that an attempt to connect has failed.
	 * @param failure the reason
	 * @param took the duration of the attempt
	 */
	void connectFailed(Throwable failure, Duration took) {
		findFault(failure, took.compareTo(CONNECT_AT_ONCE) < 0);
		if (fault() != null) {
			disconnect();
		}
	}

	/**
	 * Note that a call has failed while the relay is connected. Ignored if the client was
	 * replaced in the meantime: closing a client fails all its open calls, and these
	 * failures say nothing about its successor.
	 * @param client the client that was called
	 * @param failure the reason
	 * @param took the duration of the call
	 * @param timeout the maximum duration of the call
	 */
	void failed(Admin client, Throwable failure, Duration took, Duration timeout) {
		boolean faulty;
		synchronized (this) {
			faulty = client == this.admin && findFault(failure, took.compareTo(timeout.dividedBy(2)) < 0);
		}
		if (faulty) {
			this.whenFaulty.run();
		}
	}

	private synchronized boolean findFault(Throwable failure, boolean atOnce) {
		boolean unanswered = failure instanceof TimeoutException || !(failure instanceof ApiException);
		boolean ended = failure instanceof TimeoutException || failure instanceof IllegalStateException;
		this.failedAtOnce = (atOnce && ended) ? this.failedAtOnce + 1 : 0;
		long now = this.nanoTime.getAsLong();
		long since = (this.failingSince != null) ? this.failingSince : now;
		this.failingSince = since;
		if (this.closed || !unanswered || this.failedAtOnce < MAX_FAILED_AT_ONCE && now - since <= MAX_SILENCE.toNanos()
				|| this.faultAt != null && now - this.faultAt < INTERVAL.toNanos()) {
			return false;
		}
		this.faultAt = now;
		this.fault = failure;
		return true;
	}

	/**
	 * Return why the client has to be replaced, if it has to be.
	 * @return the failure of its last call, or {@code null} if it works
	 */
	synchronized @Nullable Throwable fault() {
		return this.fault;
	}

	/**
	 * Close the client. Its open calls fail, and the next {@link #get()} creates another.
	 */
	void disconnect() {
		Admin admin;
		synchronized (this) {
			admin = this.admin;
			this.admin = null;
			this.fault = null;
		}
		if (admin != null) {
			// Outside the lock: closing waits for the client's thread, which may wait for
			// the lock
			admin.close(Duration.ZERO);
		}
	}

	/**
	 * Close the client, and create no other.
	 */
	void close() {
		synchronized (this) {
			this.closed = true;
		}
		disconnect();
	}

}
