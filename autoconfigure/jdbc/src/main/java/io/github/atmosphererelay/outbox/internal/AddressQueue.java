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

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The messages of one address that wait, of which the first may be on its way: the next
 * one is sent when it is known what became of it, so that order is kept. Known to the
 * forwarder's thread only.
 */
final class AddressQueue {

	private final ShardQueue shard;

	private final Deque<QueuedMessage> messages = new ArrayDeque<>();

	/** Whether no message has succeeded since one has failed. */
	private boolean failing;

	/** Since when, in nanoseconds of the monotonic clock. */
	private long failingSince;

	private long notBefore;

	/** Set on the relay's thread while a message is on its way. */
	private volatile boolean isNew;

	AddressQueue(ShardQueue shard) {
		this.shard = shard;
	}

	ShardQueue shard() {
		return this.shard;
	}

	Deque<QueuedMessage> messages() {
		return this.messages;
	}

	/**
	 * When the first message may be tried again, in nanoseconds of the monotonic clock.
	 */
	long notBefore() {
		return this.notBefore;
	}

	void setNotBefore(long notBefore) {
		this.notBefore = notBefore;
	}

	/**
	 * The first message has failed.
	 * @return since when all messages have failed that were tried, so that those behind a
	 * message that was set aside are not tried for as long again
	 */
	long failed(long now) {
		if (!this.failing) {
			this.failing = true;
			this.failingSince = now;
		}
		return this.failingSince;
	}

	/**
	 * Return whether it is certain that the messages were not sent before.
	 */
	boolean isNew() {
		return this.isNew;
	}

	void setNew(boolean isNew) {
		this.isNew = isNew;
	}

	void succeeded() {
		this.failing = false;
	}

}
