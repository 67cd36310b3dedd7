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

package io.github.atmosphererelay.group.internal;

import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * Counts what happens to the messages of one group on this node. For any thread.
 */
public final class GroupStatistics {

	private final Counters<Event> events = new Counters<>(Event.class);

	private final AtomicLong lanes = new AtomicLong();

	private final AtomicLong parked = new AtomicLong();

	private final AtomicLong bufferedMessages = new AtomicLong();

	private final AtomicLong bufferedBytes = new AtomicLong();

	private volatile long lag;

	private volatile long setAside;

	/**
	 * Return how often something has happened.
	 * @param event what
	 * @return the number of times
	 */
	public long count(Event event) {
		return this.events.get(event);
	}

	/**
	 * Return how many lanes belong to this node.
	 * @return the number of lanes
	 */
	public long lanes() {
		return this.lanes.get();
	}

	/**
	 * Return how many channels of this node wait for a retry.
	 * @return the number of channels
	 */
	public long parked() {
		return this.parked.get();
	}

	/**
	 * Return how many messages are in memory.
	 * @return the number of messages
	 */
	public long bufferedMessages() {
		return this.bufferedMessages.get();
	}

	/**
	 * Return how many bytes their payloads have.
	 * @return the number of bytes
	 */
	public long bufferedBytes() {
		return this.bufferedBytes.get();
	}

	/**
	 * Return how many messages of this node's lanes are not handled yet, as it was found
	 * some seconds ago.
	 * @return the number of messages
	 */
	public long lag() {
		return this.lag;
	}

	/**
	 * Return how many messages of the group are set aside, as it was found some seconds
	 * ago.
	 * @return the number of messages, on all nodes
	 */
	public long setAside() {
		return this.setAside;
	}

	void count(Event event, long number) {
		this.events.add(event, number);
	}

	void lanes(int change) {
		this.lanes.addAndGet(change);
	}

	void parked(int change) {
		this.parked.addAndGet(change);
	}

	void buffered(int messages, long bytes) {
		this.bufferedMessages.addAndGet(messages);
		this.bufferedBytes.addAndGet(bytes);
	}

	void lag(long messages) {
		this.lag = messages;
	}

	void setAside(long messages) {
		this.setAside = messages;
	}

	/**
	 * What is counted.
	 */
	public enum Event {

		/** A message was handled. */
		HANDLED,

		/** An attempt to handle a message has failed. */
		FAILED,

		/** A message was set aside. */
		SET_ASIDE,

		/** A message that was set aside was replayed and handled. */
		REPLAYED,

		/** A message that was set aside was discarded by an operator. */
		DISCARDED,

		/** Messages of a channel were missing. */
		DISCONTINUITY,

		/** A lane was taken by another node, or its lease had ended. */
		LANE_LOST,

		/** A lane could not be read. */
		READ_FAILED,

		/** Progress, or a message that was set aside, could not be stored. */
		STORE_FAILED

	}

}
