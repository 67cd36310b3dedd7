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
 * The one administrative client of a link, made when it is needed. It is kept over failed
 * attempts, because Kafka logs much with each new one; one that has failed for long is
 * replaced, because it may know no broker that is still there, and so is one whose thread
 * has ended, as an {@code OutOfMemoryError} makes it do: all its calls fail at once. Safe
 * for use by many threads.
 */
final class KafkaAdmin {

	/** For how long a client is kept that does not work. */
	private static final Duration PATIENCE = Duration.ofMinutes(1);

	/** How many calls in a row have to fail at once. */
	private static final int MAX_FAILED_AT_ONCE = 2;

	/** How often a client is replaced at most. */
	private static final Duration INTERVAL = Duration.ofSeconds(10);

	/** An attempt that takes less has not waited for a broker. */
	private static final Duration CONNECT_AT_ONCE = Duration.ofSeconds(2);

	private final Supplier<Admin> clients;

	private final Runnable whenUseless;

	private final LongSupplier nanoTime;

	private @Nullable Admin admin;

	/** When the first call failed after the last answer, or {@code null} if none has. */
	private @Nullable Long failingSince;

	private int failedAtOnce;

	/** Why the client is to be replaced, or {@code null} if it is not. */
	private @Nullable Throwable fault;

	/** When a fault was found last, or {@code null} if none was. */
	private @Nullable Long faultAt;

	private boolean closed;

	/**
	 * Create one without a client.
	 * @param clients makes clients
	 * @param whenUseless told, on any thread, that the client has a {@link #fault()};
	 * must not block
	 */
	KafkaAdmin(Supplier<Admin> clients, Runnable whenUseless) {
		this(clients, whenUseless, System::nanoTime);
	}

	KafkaAdmin(Supplier<Admin> clients, Runnable whenUseless, LongSupplier nanoTime) {
		this.clients = clients;
		this.whenUseless = whenUseless;
		this.nanoTime = nanoTime;
	}

	/**
	 * Return the client.
	 * @return the client, not to be closed
	 */
	synchronized Admin get() {
		if (this.closed) {
			throw new IllegalStateException("The kafka relay is stopped");
		}
		Admin admin = this.admin;
		if (admin == null) {
			admin = this.clients.get();
			this.admin = admin;
			worked();
		}
		return admin;
	}

	/**
	 * The client has got answers.
	 */
	synchronized void worked() {
		this.failingSince = null;
		this.failedAtOnce = 0;
		this.fault = null;
	}

	/**
	 * An attempt to connect has failed.
	 * @param failure why
	 * @param took how long it took
	 */
	void connectFailed(Throwable failure, Duration took) {
		judge(failure, took.compareTo(CONNECT_AT_ONCE) < 0);
		if (fault() != null) {
			disconnect();
		}
	}

	/**
	 * A call has failed while the connection is in use. Does not count if the client was
	 * replaced meanwhile: the end of a client fails all its open calls, and its successor
	 * is not to be replaced for them.
	 * @param client the client
	 * @param failure what the client has said
	 * @param took how long the call took
	 * @param timeout how long it was allowed to take
	 */
	void failed(Admin client, Throwable failure, Duration took, Duration timeout) {
		boolean useless;
		synchronized (this) {
			useless = client == this.admin && judge(failure, took.compareTo(timeout.dividedBy(2)) < 0);
		}
		if (useless) {
			this.whenUseless.run();
		}
	}

	private synchronized boolean judge(Throwable failure, boolean atOnce) {
		boolean unanswered = failure instanceof TimeoutException || !(failure instanceof ApiException);
		boolean ended = failure instanceof TimeoutException || failure instanceof IllegalStateException;
		this.failedAtOnce = (atOnce && ended) ? this.failedAtOnce + 1 : 0;
		long now = this.nanoTime.getAsLong();
		long since = (this.failingSince != null) ? this.failingSince : now;
		this.failingSince = since;
		if (this.closed || !unanswered || this.failedAtOnce < MAX_FAILED_AT_ONCE && now - since <= PATIENCE.toNanos()
				|| this.faultAt != null && now - this.faultAt < INTERVAL.toNanos()) {
			return false;
		}
		this.faultAt = now;
		this.fault = failure;
		return true;
	}

	/**
	 * Return why the client has to be replaced.
	 * @return its last failure, or {@code null} if it need not be replaced
	 */
	synchronized @Nullable Throwable fault() {
		return this.fault;
	}

	/**
	 * End the client. Its open calls fail.
	 */
	void disconnect() {
		Admin admin;
		synchronized (this) {
			admin = this.admin;
			this.admin = null;
			this.fault = null;
		}
		if (admin != null) {
			// Outside of the lock: it waits for the client's thread, which may wait for
			// it
			admin.close(Duration.ZERO);
		}
	}

	/**
	 * End the client for good.
	 */
	void close() {
		synchronized (this) {
			this.closed = true;
		}
		disconnect();
	}

}
