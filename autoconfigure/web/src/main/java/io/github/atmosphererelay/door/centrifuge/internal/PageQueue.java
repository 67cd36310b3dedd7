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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * What a client has asked to read that may be much. One page is on its way at a time: the
 * next one is read when the client's socket has taken the one before, so that a client
 * which does not read holds no more than one. Safe for use by many threads; nothing
 * blocks.
 */
final class PageQueue {

	/** How many pages may wait for the one that is on its way. */
	static final int MAX_WAITING = 64;

	private final Deque<Consumer<Runnable>> waiting = new ArrayDeque<>(0);

	private boolean busy;

	/**
	 * Read a page as soon as it is its turn.
	 * @param page begins to read; has to call what it is given when the page was sent, or
	 * is not going to be
	 * @return whether there was room for it
	 */
	boolean add(Consumer<Runnable> page) {
		synchronized (this) {
			if (this.waiting.size() >= MAX_WAITING) {
				return false;
			}
			this.waiting.add(page);
		}
		next();
		return true;
	}

	private void next() {
		Consumer<Runnable> page;
		synchronized (this) {
			page = this.busy ? null : this.waiting.poll();
			if (page == null) {
				return;
			}
			this.busy = true;
		}
		AtomicBoolean done = new AtomicBoolean();
		Runnable end = () -> {
			if (done.compareAndSet(false, true)) {
				synchronized (this) {
					this.busy = false;
				}
				next();
			}
		};
		try {
			page.accept(end);
		}
		catch (RuntimeException | Error ex) {
			// Otherwise all pages behind it would wait for ever.
			end.run();
			throw ex;
		}
	}

}
