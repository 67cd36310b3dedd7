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

package io.github.atmosphererelay.relay.local.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * The log of one channel in memory. Thread-safe.
 */
final class MemoryLog {

	/**
	 * How long an empty log is kept after its last use, so that its epoch stays valid
	 * after the publications have expired.
	 */
	private static final Duration EMPTY_FOR = Duration.ofHours(1);

	/**
	 * The maximum number of idempotency keys of a channel. If there are more within their
	 * window, the oldest ones are forgotten.
	 */
	private static final int MAX_KEYS = 100_000;

	private final String channel;

	private final String epoch;

	private final Deque<Entry> entries = new ArrayDeque<>();

	private final Map<String, Key> keys = new HashMap<>();

	/** The keys in the order in which they were first used. */
	private final Deque<Key> keysByAge = new ArrayDeque<>();

	private final Runnable whenKeyForgotten;

	private long top;

	private long usedAt;

	private boolean discarded;

	MemoryLog(String channel, String epoch, long now, Runnable whenKeyForgotten) {
		this.channel = channel;
		this.epoch = epoch;
		this.usedAt = now;
		this.whenKeyForgotten = whenKeyForgotten;
	}

	/**
	 * Append an envelope and deliver it.
	 * @param envelope the envelope
	 * @param options its log options
	 * @param now the present time in nanoseconds
	 * @param delivery receives the envelope with its position, in the order of the log
	 * @return the receipt, or {@code null} if this log has been discarded
	 */
	synchronized @Nullable Receipt append(Envelope envelope, LogOptions options, long now, Delivery delivery) {
		if (this.discarded) {
			return null;
		}
		this.usedAt = now;
		expire(now);
		String key = options.idempotencyKey();
		Key known = (key != null) ? this.keys.get(key) : null;
		if (known != null) {
			return new Receipt(known.messageId, Outcome.DUPLICATE, known.position);
		}
		this.top++;
		Position position = new Position(this.epoch, this.top);
		Publication publication = Publication.of(envelope, this.channel, position);
		this.entries.add(new Entry(publication, now + options.retention().toNanos()));
		while (this.entries.size() > options.size()) {
			this.entries.remove();
		}
		if (key != null) {
			remember(new Key(key, envelope.id(), position, now + options.idempotencyWindow().toNanos()));
		}
		delivery.deliver(envelope, position);
		return new Receipt(envelope.id(), Outcome.LOCAL_ONLY, position);
	}

	private void remember(Key key) {
		if (this.keysByAge.size() >= MAX_KEYS) {
			Key oldest = this.keysByAge.remove();
			this.keys.remove(oldest.name, oldest);
			this.whenKeyForgotten.run();
		}
		this.keys.put(key.name, key);
		this.keysByAge.add(key);
	}

	private void expire(long now) {
		// Stop at the first entry that has not expired, so that the log has no gap in
		// its middle.
		for (Entry oldest = this.entries.peek(); oldest != null && now - oldest.expiresAt >= 0;) {
			this.entries.remove();
			oldest = this.entries.peek();
		}
		for (Key oldest = this.keysByAge.peek(); oldest != null && now - oldest.expiresAt >= 0;) {
			this.keysByAge.remove();
			this.keys.remove(oldest.name, oldest);
			oldest = this.keysByAge.peek();
		}
	}

	synchronized @Nullable LogPage read(@Nullable Position since, PageLimit limit, ReadDirection direction, long now) {
		if (this.discarded) {
			return null;
		}
		expire(now);
		Position end = new Position(this.epoch, this.top);
		if (since != null && (!since.epoch().equals(this.epoch) || since.offset() > this.top)) {
			return new LogPage(List.of(), end, false);
		}
		boolean forward = (direction == ReadDirection.FORWARD);
		if (forward && since != null && since.offset() < this.top - this.entries.size()) {
			return new LogPage(List.of(), end, false);
		}
		List<Publication> page = new ArrayList<>();
		Iterator<Entry> entries = forward ? this.entries.iterator() : this.entries.descendingIterator();
		long bytes = 0;
		while (entries.hasNext()) {
			Entry entry = entries.next();
			if (since == null || (forward ? entry.offset() > since.offset() : entry.offset() < since.offset())) {
				bytes += entry.publication.payload().size();
				if (page.size() >= limit.publications() || (!page.isEmpty() && bytes > limit.bytes())) {
					return new LogPage(page, end, true, true);
				}
				page.add(entry.publication);
			}
		}
		return new LogPage(page, end, true);
	}

	/**
	 * Return the position at which a reader continues whose position is in a former log
	 * of the channel, or before the first publication of this one.
	 */
	synchronized @Nullable LogContinuation resume(Position delivered) {
		if (this.discarded) {
			return null;
		}
		if (delivered.epoch().equals(this.epoch)) {
			return new LogContinuation(new Position(this.epoch, this.top), false);
		}
		// The former log was discarded after it had been empty for long. All its
		// publications were delivered when they were appended, so none is missing.
		return new LogContinuation(new Position(this.epoch, 0), true);
	}

	synchronized @Nullable Position end(long now) {
		if (this.discarded) {
			return null;
		}
		this.usedAt = now;
		return new Position(this.epoch, this.top);
	}

	/**
	 * Return the position before the oldest publication that the log has.
	 */
	synchronized @Nullable Position beginning(long now) {
		if (this.discarded) {
			return null;
		}
		expire(now);
		return new Position(this.epoch, this.top - this.entries.size());
	}

	/**
	 * Return the position of the newest publication. Unlike {@link #end}, this is no use
	 * of the log.
	 */
	synchronized @Nullable Position top(long now) {
		return this.discarded ? null : new Position(this.epoch, this.top);
	}

	/**
	 * Discard the log if it is empty and has not been used for an hour.
	 * @param now the present time in nanoseconds
	 * @param whenDiscarded called before another thread can see that the log is discarded
	 * @return whether the log is discarded
	 */
	synchronized boolean discardIfUnused(long now, Runnable whenDiscarded) {
		expire(now);
		if (!this.discarded && this.entries.isEmpty() && this.keys.isEmpty()
				&& now - this.usedAt >= EMPTY_FOR.toNanos()) {
			whenDiscarded.run();
			this.discarded = true;
		}
		return this.discarded;
	}

	static String channelOf(Envelope envelope) {
		if (envelope.audience() instanceof Audience.Channel channel) {
			return channel.channel();
		}
		throw new IllegalArgumentException(
				"Only a message to a channel can be recorded; the envelope has another" + " audience");
	}

	/**
	 * Receives envelopes that were appended.
	 */
	interface Delivery {

		void deliver(Envelope envelope, Position position);

	}

	/**
	 * A publication, and when it expires, by the clock in nanoseconds.
	 */
	private record Entry(Publication publication, long expiresAt) {

		long offset() {
			Position position = this.publication.position();
			return (position != null) ? position.offset() : 0;
		}

	}

	/**
	 * An idempotency key, and when its window ends, by the clock in nanoseconds.
	 */
	private record Key(String name, UUID messageId, Position position, long expiresAt) {
	}

}
