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
 * Limits how many recoveries a session, and all sessions of an address, may have under
 * way at once; further ones wait for their turn. Some recoveries make the broker search
 * much data to find little. Without a limit, one client with many channels, or one
 * machine with many connections, could make all others wait. Safe for use by many
 * threads; nothing blocks.
 */
final class RecoveryTurns {

	private final int maxOfSession;

	private final int maxOfAddress;

	private final Guard guard;

	private final ReentrantLock lock = new ReentrantLock();

	/** The lines by session id or address. Guarded by the lock. */
	private final Map<String, Line> lines = new HashMap<>();

	/**
	 * Create turns that are all free.
	 * @param maxOfSession the maximum number of recoveries of one session at once
	 * @param maxOfAddress the maximum number of recoveries of all sessions of one address
	 * at once
	 * @param guard counts the exceptions that recoveries throw when they begin
	 */
	RecoveryTurns(int maxOfSession, int maxOfAddress, Guard guard) {
		this.maxOfSession = maxOfSession;
		this.maxOfAddress = maxOfAddress;
		this.guard = guard;
	}

	/**
	 * Begin a recovery, now or as soon as enough others have ended.
	 * @param session the session that recovers
	 * @param recovery begins the recovery; an exception is counted, and ends its turn
	 * @return run this when the recovery has ended, or to cancel it while it waits. It is
	 * the same object that the recovery gets; it may be run more than once
	 */
	Runnable begin(ClientSession session, Recovery recovery) {
		Turn turn = new Turn(ClientNetwork.of(session.remoteAddress()), recovery);
		enter(turn, session.id(), this.maxOfSession);
		return turn;
	}

	/**
	 * Return the number of sessions and addresses with recoveries under way.
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
	 * Begin the recoveries whose turn has come. One thread at a time does so, in a loop:
	 * if a recovery that ends at once began the next one itself, a long line would
	 * overflow the stack. After an exception of a recovery the next one gets its turn.
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
		 * Begin the recovery.
		 * @param end run this when the recovery has ended
		 */
		void begin(Runnable end);

	}

	/**
	 * The recoveries of one session or address.
	 */
	private static final class Line {

		private final String key;

		private final int limit;

		/**
		 * The waiting turns, in order. A set, so that one that no longer waits can be
		 * removed.
		 */
		private final Set<Turn> waiting = new LinkedHashSet<>();

		private int running;

		private boolean advancing;

		Line(String key, int limit) {
			this.key = key;
			this.limit = limit;
		}

	}

	/**
	 * The turn of one recovery, which first waits in the line of its session and then in
	 * that of its address. Running it ends it.
	 */
	private final class Turn implements Runnable {

		private final @Nullable String address;

		private final Recovery recovery;

		/** The line in which it waits. Guarded by the lock, as the fields below. */
		private @Nullable Line waitingIn;

		private @Nullable Line ofSession;

		private @Nullable Line ofAddress;

		private boolean ended;

		Turn(@Nullable String address, Recovery recovery) {
			this.address = address;
			this.recovery = recovery;
		}

		/**
		 * Take a free place. Called with the lock.
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
		 * Continue to the line of the address, or begin the recovery. Called by the
		 * thread that has just taken the place.
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
