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

package io.github.atmosphererelay.guard.internal;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * A fixed number of locks for any number of keys. Actions under the same key run one
 * after another. Different keys may share a lock, so an action must not lock another key.
 */
public final class StripedLock {

	private static final int STRIPES = 128;

	private final ReentrantLock[] locks = new ReentrantLock[STRIPES];

	public StripedLock() {
		for (int i = 0; i < this.locks.length; i++) {
			this.locks[i] = new ReentrantLock();
		}
	}

	public <T extends @Nullable Object> T call(Object key, Supplier<T> action) {
		ReentrantLock lock = lockOf(key);
		lock.lock();
		try {
			return action.get();
		}
		finally {
			lock.unlock();
		}
	}

	public void run(Object key, Runnable action) {
		ReentrantLock lock = lockOf(key);
		lock.lock();
		try {
			action.run();
		}
		finally {
			lock.unlock();
		}
	}

	private ReentrantLock lockOf(Object key) {
		int hash = key.hashCode();
		return this.locks[((hash ^ (hash >>> 16)) & Integer.MAX_VALUE) % this.locks.length];
	}

}
