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

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A channel of a lane of which something is not handled, or which is paused. Guarded by
 * its lane.
 */
final class KafkaLaneChannel {

	/** The value of {@link #unfinished()} if everything that was read is handled. */
	static final long NOTHING = Long.MAX_VALUE;

	private final String name;

	private final long hash;

	/** The offsets of the records that were handed out and are not handled. */
	private final Deque<Long> handed = new ArrayDeque<>();

	/** How many records the lane has passed over, which have to be read again. */
	private long passed;

	/** While {@link #passed} is positive: the offset from which on they are. */
	private long next;

	private State state = State.CURRENT;

	KafkaLaneChannel(String name, long hash) {
		this.name = name;
		this.hash = hash;
	}

	String name() {
		return this.name;
	}

	/**
	 * Return the name in the metadata of commits.
	 */
	long hash() {
		return this.hash;
	}

	boolean isBehind() {
		return this.state == State.BEHIND;
	}

	/**
	 * Note a record that the lane's reader has come to for the first time.
	 * @return whether it is handed out now
	 */
	boolean read(long offset) {
		if (this.state != State.CURRENT) {
			this.passed++;
			return false;
		}
		this.handed.add(offset);
		return true;
	}

	/**
	 * Note a record that the lane's reader has come to again.
	 * @return whether it is handed out now
	 */
	boolean readAgain(long offset) {
		if (this.state != State.BEHIND || offset < this.next) {
			return false;
		}
		this.handed.add(offset);
		this.passed = Math.max(0, this.passed - 1);
		this.next = offset + 1;
		return true;
	}

	/**
	 * Note that everything that was passed over was read again.
	 */
	void caughtUp() {
		if (this.state == State.BEHIND) {
			this.state = State.CURRENT;
			this.passed = 0;
		}
	}

	/**
	 * Leave the channel out from now on.
	 * @param next the offset of the first record that comes again
	 */
	void pause(long next) {
		boolean nothing = this.passed == 0;
		while (!this.handed.isEmpty() && this.handed.getLast() >= next) {
			this.handed.removeLast();
			this.passed++;
		}
		this.next = (nothing || next < this.next) ? next : this.next;
		this.state = State.PAUSED;
	}

	/**
	 * Read the channel again.
	 * @return the offset from which on it has to be read again, or {@link #NOTHING}
	 */
	long resume() {
		if (this.state != State.PAUSED) {
			return NOTHING;
		}
		this.state = (this.passed > 0) ? State.BEHIND : State.CURRENT;
		return (this.passed > 0) ? this.next : NOTHING;
	}

	/**
	 * Note that records are handled.
	 * @param before the offset before which they are
	 */
	void handled(long before) {
		while (!this.handed.isEmpty() && this.handed.getFirst() < before) {
			this.handed.removeFirst();
		}
	}

	/**
	 * Note that the partition no longer has records.
	 * @param begin the offset of its first one
	 * @return whether records that were passed over are among them, or may be
	 */
	boolean trimmed(long begin) {
		if (this.passed == 0 || this.next >= begin) {
			return false;
		}
		this.next = begin;
		return true;
	}

	/**
	 * Note that the partition has other records from an offset on.
	 */
	void cut(long offset) {
		while (!this.handed.isEmpty() && this.handed.getLast() >= offset) {
			this.handed.removeLast();
		}
		this.next = Math.min(this.next, offset);
	}

	/**
	 * Return the offset from which on records are not handled.
	 */
	long unfinished() {
		if (!this.handed.isEmpty()) {
			return this.handed.getFirst();
		}
		return (this.passed > 0) ? this.next : NOTHING;
	}

	/**
	 * Return how many records are not handled.
	 */
	long count() {
		return this.handed.size() + this.passed;
	}

	/**
	 * Return whether there is nothing to remember.
	 */
	boolean isDone() {
		return this.state == State.CURRENT && this.handed.isEmpty();
	}

	/**
	 * How a channel is read.
	 */
	private enum State {

		/** With the lane. */
		CURRENT,

		/** Not at all. */
		PAUSED,

		/** Again from an earlier offset, until it has come to where the lane is. */
		BEHIND

	}

}
