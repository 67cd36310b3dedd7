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

package io.github.atmosphererelay.relay.kafka;

import java.time.Duration;
import java.util.function.Supplier;

import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/**
 * The one administrative client of a link, made when it is needed. It is kept over failed
 * attempts, because Kafka logs much with each new one; one that has failed for long is
 * replaced, because it may know no broker that is still there. Safe for use by many
 * threads.
 */
final class KafkaAdmin {

	/** For how long a client is kept that does not work. */
	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private final Supplier<Admin> clients;

	private @Nullable Admin admin;

	private long workedAt;

	private boolean closed;

	KafkaAdmin(Supplier<Admin> clients) {
		this.clients = clients;
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
			this.workedAt = System.nanoTime();
		}
		return admin;
	}

	/**
	 * The client has got answers.
	 */
	synchronized void worked() {
		this.workedAt = System.nanoTime();
	}

	/**
	 * An attempt has failed.
	 */
	synchronized void failed() {
		if (System.nanoTime() - this.workedAt > PATIENCE.toNanos()) {
			disconnect();
		}
	}

	/**
	 * End the client. Its open calls fail.
	 */
	synchronized void disconnect() {
		Admin admin = this.admin;
		this.admin = null;
		if (admin != null) {
			admin.close(Duration.ZERO);
		}
	}

	/**
	 * End the client for good.
	 */
	synchronized void close() {
		this.closed = true;
		disconnect();
	}

}
