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

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * A part of the node's sessions. One writer serves them, one session after another. Its
 * ready queue holds each session at most once, so it is bounded by the number of
 * sessions.
 */
final class WriterShard {

	private final int index;

	private final Queue<LocalSession> ready = new ConcurrentLinkedQueue<>();

	private volatile @Nullable Writer owner;

	WriterShard(int index) {
		this.index = index;
	}

	int index() {
		return this.index;
	}

	void ready(LocalSession session) {
		this.ready.add(session);
	}

	@Nullable LocalSession poll() {
		return this.ready.poll();
	}

	boolean hasReady() {
		return !this.ready.isEmpty();
	}

	@Nullable Writer owner() {
		return this.owner;
	}

	/**
	 * Let another writer serve the shard. The former one finishes its current session.
	 */
	void setOwner(@Nullable Writer writer) {
		Writer former = this.owner;
		this.owner = writer;
		if (former != null) {
			LockSupport.unpark(former.thread());
		}
	}

	/**
	 * Wake the writer if it sleeps, so that it writes to the ready sessions.
	 */
	void wake() {
		Writer writer = this.owner;
		if (writer != null && writer.isIdle()) {
			LockSupport.unpark(writer.thread());
		}
	}

}
