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

package io.github.atmosphererelay.subscription.log.internal;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.internal.ClientNetwork;
import org.jspecify.annotations.Nullable;

/**
 * Lets a client, and an address, have only so many recoveries under way at once; further
 * ones wait for their turn. Some make a broker go through much to find little, so that
 * one client with many channels, or one machine with many connections, could keep all
 * others waiting. Safe for use by many threads; nothing blocks.
 */
final class RecoveryTurns {

	private final int maxOfSession;

	private final int maxOfAddress;

	private final Guard guard;

	private final ReentrantLock lock = new ReentrantLock();

	/** By session id or address. Guarded by the lock. */
	private final Map<String, Line> lines = new HashMap<>();

	/**
	 * Create turns of which nobody has one.
	 * @param maxOfSession how many a session may have at once
	 * @param maxOfAddress how many all sessions of an address together may have at once
	 * @param guard counts what recoveries throw when they begin
	 */
	RecoveryTurns(int maxOfSession, int maxOfAddress, Guard guard) {
		this.maxOfSession = maxOfSession;
		this.maxOfAddress = maxOfAddress;
		this.guard = guard;
	}

	/**
	 * Begin a recovery, now or when others have ended.
	 * @param session whose recovery it is
	 * @param recovery begins it; what it throws is counted, and ends its turn
	 * @return to be run when it has ended, or need not begin any more: a recovery that
	 * still waits leaves its place. The same that the recovery gets; may be run more than
	 * once
	 */
	Runnable begin(ClientSession session, Recovery recovery) {
		Turn turn = new Turn(ClientNetwork.of(session.remoteAddress()), recovery);
		enter(turn, session.id(), this.maxOfSession);
		return turn;
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

	private void enter(Turn turn, String key, int limit) {
		Line line;
		this.lock.lock();
		try {
			if (turn.ended) {
				return;
			}
			line = this.lines.computeIfAbsent(key, (same) -> new Line(key, limit));
			turn.waitingIn = line;
			line.waiting.add(turn);
		}
		finally {
			this.lock.unlock();
		}
		advance(line);
	}

	/**
	 * Begin what has its turn. One thread at a time, in a loop: a recovery that ends at
	 * once would begin the next one within itself, and so fill the stack. Whatever a
	 * recovery throws, the next one has its turn.
	 */
	private void advance(Line line) {
		Turn turn = next(line);
		while (turn != null) {
			try {
				turn.granted();
			}
			catch (Throwable ex) {
				this.guard.failed(ex);
				turn.run();
			}
			finally {
				advanced(line);
			}
			turn = next(line);
		}
	}

	private @Nullable Turn next(Line line) {
		this.lock.lock();
		try {
			if (line.advancing || line.running >= line.limit) {
				return null;
			}
			Iterator<Turn> waiting = line.waiting.iterator();
			if (waiting.hasNext()) {
				Turn turn = waiting.next();
				waiting.remove();
				turn.take(line);
				line.advancing = true;
				return turn;
			}
			if (line.running == 0) {
				this.lines.remove(line.key, line);
			}
			return null;
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
		 * @param end to be run when it has ended
		 */
		void begin(Runnable end);

	}

	/**
	 * Those of one session or address.
	 */
	private static final class Line {

		private final String key;

		private final int limit;

		/** A set, from which those are removed that wait no longer. */
		private final Set<Turn> waiting = new LinkedHashSet<>();

		private int running;

		private boolean advancing;

		Line(String key, int limit) {
			this.key = key;
			this.limit = limit;
		}

	}

	/**
	 * One recovery's way through the line of its session and that of its address. Ends
	 * when it is run.
	 */
	private final class Turn implements Runnable {

		private final @Nullable String address;

		private final Recovery recovery;

		/** Where it waits. Guarded by the lock, as the fields below. */
		private @Nullable Line waitingIn;

		private @Nullable Line ofSession;

		private @Nullable Line ofAddress;

		private boolean ended;

		Turn(@Nullable String address, Recovery recovery) {
			this.address = address;
			this.recovery = recovery;
		}

		/**
		 * Take a place that is free. Called with the lock.
		 */
		private void take(Line line) {
			line.running++;
			this.waitingIn = null;
			if (this.ofSession == null) {
				this.ofSession = line;
			}
			else {
				this.ofAddress = line;
			}
		}

		/**
		 * Go on to the line of the address, or begin. Called by the thread that has just
		 * taken the place.
		 */
		private void granted() {
			if (this.address != null && this.ofAddress == null) {
				enter(this, this.address, RecoveryTurns.this.maxOfAddress);
			}
			else {
				this.recovery.begin(this);
			}
		}

		@Override
		public void run() {
			Line ofSession;
			Line ofAddress;
			RecoveryTurns.this.lock.lock();
			try {
				if (this.ended) {
					return;
				}
				this.ended = true;
				if (this.waitingIn != null) {
					this.waitingIn.waiting.remove(this);
				}
				ofSession = this.ofSession;
				ofAddress = this.ofAddress;
				if (ofSession != null) {
					ofSession.running--;
				}
				if (ofAddress != null) {
					ofAddress.running--;
				}
			}
			finally {
				RecoveryTurns.this.lock.unlock();
			}
			if (ofAddress != null) {
				advance(ofAddress);
			}
			if (ofSession != null) {
				advance(ofSession);
			}
		}

	}

}
