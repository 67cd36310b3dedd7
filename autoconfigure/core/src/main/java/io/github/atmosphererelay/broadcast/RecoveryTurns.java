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

package io.github.atmosphererelay.broadcast;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.session.ClientNetwork;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Lets a client, and an address, have only so many recoveries under way at once; further
 * ones wait for their turn. Some make a broker go through much to find little, so that
 * one client with many channels, or one machine with many connections, could keep all
 * others waiting. Safe for use by many threads; nothing blocks.
 */
final class RecoveryTurns {

	static final int MAX_OF_SESSION = 8;

	static final int MAX_OF_ADDRESS = 32;

	private final ReentrantLock lock = new ReentrantLock();

	/** By session id or address. Guarded by the lock. */
	private final Map<Object, Line> lines = new HashMap<>();

	/**
	 * Begin a recovery, now or when others have ended.
	 * @param session whose recovery it is
	 * @param recovery begins it; must not throw. Is given what has to be run once when it
	 * has ended
	 */
	void begin(ClientSession session, Recovery recovery) {
		String id = session.id();
		String address = ClientNetwork.of(session.remoteAddress());
		enter(id, MAX_OF_SESSION, () -> {
			if (address == null) {
				recovery.begin(() -> leave(id));
				return;
			}
			enter(address, MAX_OF_ADDRESS, () -> recovery.begin(() -> {
				leave(address);
				leave(id);
			}));
		});
	}

	/**
	 * Return how many sessions and addresses have recoveries under way.
	 */
	int size() {
		this.lock.lock();
		try {
			return this.lines.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void enter(Object key, int limit, Runnable task) {
		Line line;
		this.lock.lock();
		try {
			line = this.lines.computeIfAbsent(key, (same) -> new Line(limit));
			line.waiting.add(task);
		}
		finally {
			this.lock.unlock();
		}
		advance(key, line);
	}

	private void leave(Object key) {
		Line line;
		this.lock.lock();
		try {
			line = this.lines.get(key);
			if (line == null) {
				return;
			}
			line.running--;
		}
		finally {
			this.lock.unlock();
		}
		advance(key, line);
	}

	/**
	 * Run what has its turn. One thread at a time, in a loop: a recovery that ends at
	 * once would begin the next one within itself, and so fill the stack.
	 */
	private void advance(Object key, Line line) {
		Runnable task = next(key, line);
		while (task != null) {
			try {
				task.run();
			}
			finally {
				advanced(line);
			}
			task = next(key, line);
		}
	}

	private @Nullable Runnable next(Object key, Line line) {
		this.lock.lock();
		try {
			if (line.advancing || line.running >= line.limit) {
				return null;
			}
			Runnable task = line.waiting.poll();
			if (task != null) {
				line.running++;
				line.advancing = true;
			}
			else if (line.running == 0) {
				this.lines.remove(key, line);
			}
			return task;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void advanced(Line line) {
		this.lock.lock();
		try {
			line.advancing = false;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A recovery that may have to wait.
	 */
	interface Recovery {

		/**
		 * Begin it.
		 * @param end to be run once when it has ended
		 */
		void begin(Runnable end);

	}

	/**
	 * Those of one session or address.
	 */
	private static final class Line {

		private final int limit;

		private final Queue<Runnable> waiting = new ArrayDeque<>();

		private int running;

		private boolean advancing;

		Line(int limit) {
			this.limit = limit;
		}

	}

}
