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

package io.github.atmosphererelay.session.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * The queue of outbound messages of one session: first in, first out, with limits in
 * messages and bytes. Any thread adds messages; one writer at a time takes them out. The
 * lock belongs to this session alone, and is held for a few instructions only.
 */
final class OutboundQueue {

	private final SessionStatistics statistics;

	private final ReentrantLock lock = new ReentrantLock();

	private final Deque<Entry> entries = new ArrayDeque<>();

	/** The queued entry of each channel with the policy "latest"; usually empty. */
	private @Nullable Map<String, Entry> latest;

	/**
	 * The bytes that count for the limits. Reserved messages do not count, because they
	 * have a budget of their own.
	 */
	private long bytes;

	/**
	 * The callbacks of reserved messages that were taken out, and that the socket has not
	 * accepted yet.
	 */
	private volatile @Nullable List<Runnable> unsent;

	private boolean closed;

	OutboundQueue(SessionStatistics statistics) {
		this.statistics = statistics;
	}

	/**
	 * Add a message.
	 * @param message the message
	 * @param limits the limits of the queue
	 * @return the result
	 */
	Offer offer(OutboundMessage message, QueueLimits limits) {
		this.lock.lock();
		try {
			if (this.closed) {
				return Offer.CLOSED;
			}
			String channel = message.channel();
			if (limits.policy() == SlowConsumerPolicy.LATEST && channel != null) {
				return offerLatest(message, channel, limits);
			}
			if (fits(message, limits)) {
				append(new Entry(message));
				return Offer.ACCEPTED;
			}
			if (limits.policy() == SlowConsumerPolicy.DISCONNECT) {
				return Offer.OVERFLOW;
			}
			return dropAndOffer(message, limits);
		}
		finally {
			this.lock.unlock();
		}
	}

	private Offer offerLatest(OutboundMessage message, String channel, QueueLimits limits) {
		Map<String, Entry> latest = this.latest;
		if (latest == null) {
			latest = new HashMap<>(4);
			this.latest = latest;
		}
		Entry waiting = latest.get(channel);
		if (waiting != null) {
			if (!fitsWithout(1, weight(waiting.message), message, limits)) {
				return Offer.OVERFLOW;
			}
			// Replaced in place, so that a flood of messages does not lengthen the queue
			this.bytes += weight(message) - weight(waiting.message);
			waiting.message = message;
			this.statistics.countDrop(DropReason.REPLACED, 1);
			return Offer.ACCEPTED;
		}
		if (!fits(message, limits)) {
			return Offer.OVERFLOW;
		}
		Entry entry = new Entry(message);
		latest.put(channel, entry);
		append(entry);
		return Offer.ACCEPTED;
	}

	private Offer dropAndOffer(OutboundMessage message, QueueLimits limits) {
		// First find out whether dropping makes enough room, so that no message is
		// dropped in vain
		int messages = 0;
		long bytes = 0;
		Iterator<Entry> oldestFirst = this.entries.iterator();
		while (!fitsWithout(messages, bytes, message, limits)) {
			if (!oldestFirst.hasNext()) {
				return Offer.OVERFLOW;
			}
			Entry entry = oldestFirst.next();
			if (isDroppable(entry, message.channel())) {
				messages++;
				bytes += weight(entry.message);
			}
		}
		dropOldest(message.channel(), messages);
		append(new Entry(message));
		return Offer.ACCEPTED;
	}

	private void dropOldest(@Nullable String channel, int messages) {
		Iterator<Entry> oldestFirst = this.entries.iterator();
		for (int dropped = 0; dropped < messages;) {
			Entry entry = oldestFirst.next();
			if (isDroppable(entry, channel)) {
				oldestFirst.remove();
				this.bytes -= weight(entry.message);
				dropped++;
			}
		}
		this.statistics.countDrop(DropReason.OLDEST, messages);
	}

	/**
	 * Return whether a message may be dropped for a newer one of a channel. Only messages
	 * of the same channel may, because other channels have their own policy. Frames of
	 * the door are never dropped, because the client waits for them.
	 */
	private static boolean isDroppable(Entry entry, @Nullable String channel) {
		return !entry.message.isFrame() && !entry.message.isReserved()
				&& Objects.equals(entry.message.channel(), channel);
	}

	private static int weight(OutboundMessage message) {
		return message.isReserved() ? 0 : message.size();
	}

	private boolean fits(OutboundMessage message, QueueLimits limits) {
		return fitsWithout(0, 0, message, limits);
	}

	private boolean fitsWithout(int messages, long bytes, OutboundMessage message, QueueLimits limits) {
		int others = this.entries.size() - messages;
		long rest = this.bytes - bytes;
		return others == 0
				|| (others < limits.maxMessages() && (rest == 0 || rest + weight(message) <= limits.maxBytes()));
	}

	private void append(Entry entry) {
		this.entries.add(entry);
		this.bytes += weight(entry.message);
	}

	/**
	 * Take the oldest messages out.
	 * @param into receives them
	 * @param maxMessages the maximum number of messages to take
	 * @param maxBytes the maximum number of bytes to take; at least one message is taken
	 */
	void drain(List<OutboundMessage> into, int maxMessages, long maxBytes) {
		this.lock.lock();
		try {
			long taken = 0;
			while (into.size() < maxMessages && taken < maxBytes) {
				Entry entry = this.entries.poll();
				if (entry == null) {
					return;
				}
				if (this.latest != null && entry.message.channel() != null) {
					this.latest.remove(entry.message.channel(), entry);
				}
				this.bytes -= weight(entry.message);
				taken += entry.message.size();
				into.add(entry.message);
				if (entry.message.isReserved()) {
					addUnsent(entry.message);
				}
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void addUnsent(OutboundMessage message) {
		Runnable whenDone = message.takeDone();
		if (whenDone == null) {
			return;
		}
		List<Runnable> unsent = this.unsent;
		if (unsent == null) {
			unsent = new ArrayList<>(2);
			this.unsent = unsent;
		}
		unsent.add(whenDone);
	}

	/**
	 * Report that the socket has accepted all messages that were taken out, or never
	 * will.
	 */
	void sent() {
		if (this.unsent == null) {
			return;
		}
		List<Runnable> sent;
		this.lock.lock();
		try {
			sent = this.unsent;
			this.unsent = null;
		}
		finally {
			this.lock.unlock();
		}
		if (sent != null) {
			sent.forEach(OutboundMessage::run);
		}
	}

	/**
	 * Refuse further messages, and drop the queued ones.
	 * @return how many messages were queued
	 */
	int discard() {
		int waiting;
		List<OutboundMessage> reserved = new ArrayList<>(0);
		this.lock.lock();
		try {
			waiting = this.entries.size();
			for (Entry entry : this.entries) {
				if (entry.message.isReserved()) {
					reserved.add(entry.message);
				}
			}
			this.closed = true;
			this.entries.clear();
			this.latest = null;
			this.bytes = 0;
		}
		finally {
			this.lock.unlock();
		}
		reserved.forEach(OutboundMessage::done);
		sent();
		return waiting;
	}

	/**
	 * Refuse further messages, and keep the queued ones.
	 */
	void close() {
		this.lock.lock();
		try {
			this.closed = true;
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean isEmpty() {
		return size() == 0;
	}

	int size() {
		this.lock.lock();
		try {
			return this.entries.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	long bytes() {
		this.lock.lock();
		try {
			return this.bytes;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The result of offering a message.
	 */
	enum Offer {

		/**
		 * It was queued, perhaps in place of older messages of its channel.
		 */
		ACCEPTED,

		/**
		 * It was not queued, because the limits are reached.
		 */
		OVERFLOW,

		/**
		 * It was not queued, because the session is closing.
		 */
		CLOSED

	}

	/**
	 * A place in the queue.
	 */
	private static final class Entry {

		private OutboundMessage message;

		private Entry(OutboundMessage message) {
			this.message = message;
		}

	}

}
