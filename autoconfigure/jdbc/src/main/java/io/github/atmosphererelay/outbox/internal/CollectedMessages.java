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

package io.github.atmosphererelay.outbox.internal;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.broadcast.internal.PendingMessage;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a transaction, in memory, with the places of its savepoints among them.
 * For the thread of the transaction.
 */
final class CollectedMessages {

	/**
	 * The maximum number of messages that one transaction stores: while they are written,
	 * other transactions that publish wait.
	 */
	static final int MAX_STORED = 10_000;

	/**
	 * The maximum number of messages that wait in memory for the end of a transaction.
	 */
	static final int MAX_IN_MEMORY = 100_000;

	/** The maximum size of the messages of one transaction together, in bytes. */
	static final long MAX_BYTES = 64 * 1024 * 1024;

	private final List<PendingMessage> messages = new ArrayList<>();

	private final Map<Object, Integer> savepoints = new IdentityHashMap<>();

	private final int maxMessages;

	private long bytes;

	CollectedMessages(int maxMessages) {
		this.maxMessages = maxMessages;
	}

	/**
	 * Add a message.
	 * @throws OutboxException if the messages are too many or too large
	 */
	void add(PendingMessage message) {
		int size = message.envelope().payload().size();
		if (this.messages.size() >= this.maxMessages || this.bytes + size > MAX_BYTES) {
			throw new OutboxException("A transaction publishes at most " + this.maxMessages + " messages of together "
					+ MAX_BYTES / 1024 / 1024 + " MB: divide it into several transactions");
		}
		this.bytes += size;
		this.messages.add(message);
	}

	int size() {
		return this.messages.size();
	}

	/**
	 * Note a savepoint.
	 */
	void savepoint(Object savepoint) {
		this.savepoints.put(savepoint, this.messages.size());
	}

	/**
	 * Drop what was collected after a savepoint. One that was not noted is older than the
	 * first message.
	 */
	void rollbackTo(Object savepoint) {
		@Nullable Integer size = this.savepoints.get(savepoint);
		List<PendingMessage> dropped = this.messages.subList((size != null) ? size : 0, this.messages.size());
		dropped.forEach((message) -> this.bytes -= message.envelope().payload().size());
		dropped.clear();
	}

	/**
	 * Return the messages and forget them.
	 */
	List<PendingMessage> drain() {
		List<PendingMessage> drained = List.copyOf(this.messages);
		this.messages.clear();
		this.savepoints.clear();
		this.bytes = 0;
		return drained;
	}

}
