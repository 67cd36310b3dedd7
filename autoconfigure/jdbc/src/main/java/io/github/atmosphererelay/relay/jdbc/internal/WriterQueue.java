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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the writer, and what the writer is writing: both count against the
 * limits. Envelopes without hurry wait for the next one with hurry, or for a while, so
 * that what the nodes tell each other all the time is written together. Whoever removes
 * an envelope from the queue decides what becomes of it. Safe for use by many threads; no
 * future is completed here.
 */
final class WriterQueue {

	/**
	 * A few thousand large envelopes take more memory than their number tells.
	 */
	static final long MAX_BYTES = 64L * 1024 * 1024;

	private final int maxPending;

	private final long holdNanos;

	private final Signal signal;

	private final Deque<JdbcPending> queue = new ArrayDeque<>();

	/** For how many of the queue somebody waits. */
	private int prompt;

	/** Whether the rest is to be written, too. */
	private boolean flush;

	/** Since when there is something in the queue. */
	private long waitingSince;

	private List<JdbcPending> writing = List.of();

	private long bytes;

	private boolean open;

	/**
	 * Create a queue, which is closed.
	 * @param maxPending the maximum number of envelopes
	 * @param holdNanos how long an envelope without hurry may wait for others, in
	 * nanoseconds
	 * @param signal raised when there is something to take, now or later
	 */
	WriterQueue(int maxPending, long holdNanos, Signal signal) {
		this.maxPending = maxPending;
		this.holdNanos = holdNanos;
		this.signal = signal;
	}

	/**
	 * Accept envelopes from now on.
	 */
	synchronized void open() {
		this.open = true;
	}

	/**
	 * Accept no more envelopes.
	 * @return what waits, in order
	 */
	synchronized List<JdbcPending> close() {
		this.open = false;
		List<JdbcPending> rest = List.copyOf(this.queue);
		this.queue.clear();
		this.prompt = 0;
		this.flush = false;
		rest.forEach((pending) -> this.bytes -= pending.size());
		return rest;
	}

	/**
	 * Add an envelope.
	 * @param pending the envelope
	 * @return why it was not added, or {@code null} if it was
	 */
	@Nullable RelayException add(JdbcPending pending) {
		synchronized (this) {
			if (!this.open) {
				return new RelayUnavailableException(JdbcRelay.NAME, null);
			}
			if (this.queue.size() + this.writing.size() >= this.maxPending) {
				return new RelayOverloadedException(JdbcRelay.NAME, this.maxPending);
			}
			// One that is over the limit by itself must find nothing before it
			if (this.bytes > 0 && this.bytes + pending.size() > MAX_BYTES) {
				return RelayOverloadedException.forBytes(JdbcRelay.NAME, MAX_BYTES);
			}
			this.bytes += pending.size();
			if (this.queue.isEmpty()) {
				this.waitingSince = System.nanoTime();
			}
			this.queue.add(pending);
			this.prompt += (pending.hurry() != Hurry.NONE) ? 1 : 0;
		}
		this.signal.raise();
		return null;
	}

	/**
	 * Return how long what is in the queue can still wait.
	 * @param now the present time
	 * @return the time in nanoseconds, 0 or less if it is to be written now;
	 * {@link Long#MAX_VALUE} if the queue is empty
	 */
	synchronized long delay(long now) {
		if (this.queue.isEmpty()) {
			return Long.MAX_VALUE;
		}
		return (this.prompt > 0 || this.flush) ? 0 : this.holdNanos - (now - this.waitingSince);
	}

	/**
	 * Have everything written soon.
	 * @return whether there is something to write
	 */
	boolean flush() {
		synchronized (this) {
			this.flush = !this.queue.isEmpty();
			if (!this.flush) {
				return false;
			}
		}
		this.signal.raise();
		return true;
	}

	/**
	 * Take what is to be written next.
	 * @param maxCount the maximum number of envelopes
	 * @param maxBytes the maximum size of all of them; a single one may exceed it
	 * @return the envelopes, in order; they have to be {@linkplain #written written}
	 * before the next call
	 */
	synchronized List<JdbcPending> take(int maxCount, long maxBytes) {
		List<JdbcPending> batch = new ArrayList<>();
		long bytes = 0;
		for (JdbcPending next = this.queue.peek(); next != null && batch.size() < maxCount
				&& (batch.isEmpty() || bytes + next.size() <= maxBytes); next = this.queue.peek()) {
			bytes += next.size();
			batch.add(remove());
		}
		this.writing = batch;
		this.flush = false;
		return batch;
	}

	private JdbcPending remove() {
		JdbcPending pending = this.queue.remove();
		this.prompt -= (pending.hurry() != Hurry.NONE) ? 1 : 0;
		return pending;
	}

	/**
	 * What was taken is not held any more.
	 */
	synchronized void written() {
		this.writing.forEach((pending) -> this.bytes -= pending.size());
		this.writing = List.of();
	}

	/**
	 * Remove the waiting envelopes whose time is over.
	 * @param now the present time
	 * @return the removed envelopes
	 */
	synchronized List<JdbcPending> removeOverdue(long now) {
		List<JdbcPending> overdue = new ArrayList<>();
		// Those without hurry have more time, and may stand before others
		this.queue.removeIf((pending) -> pending.isOverdue(now) && overdue.add(pending));
		overdue.forEach((pending) -> {
			this.bytes -= pending.size();
			this.prompt -= (pending.hurry() != Hurry.NONE) ? 1 : 0;
		});
		return overdue;
	}

	/**
	 * Return the envelopes that are being written and whose time is over.
	 * @param now the present time
	 * @return the envelopes, which stay
	 */
	synchronized List<JdbcPending> overdueInWriting(long now) {
		return this.writing.stream().filter((pending) -> pending.isOverdue(now)).toList();
	}

	/**
	 * Return the envelopes that are being written, which stay.
	 */
	synchronized List<JdbcPending> writing() {
		return List.copyOf(this.writing);
	}

	/**
	 * Return the number of envelopes that wait or are being written.
	 */
	synchronized int size() {
		return this.queue.size() + this.writing.size();
	}

}
