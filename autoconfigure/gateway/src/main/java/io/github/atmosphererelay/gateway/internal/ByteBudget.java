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

package io.github.atmosphererelay.gateway.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The bytes that WebSocket messages may hold in the gateway, all together, until they
 * have been forwarded. Each direction of a WebSocket has {@value #OWN} bytes of its own;
 * what it holds beyond that, it takes from here, before the bytes are read. If there are
 * none left it is not read until others have given theirs back, in the order in which
 * they came to wait.
 * <p>
 * Directions that wait have parts of messages, which cannot be forwarded, so that they
 * could wait for each other. Therefore a part of the budget is set aside for one
 * direction at a time, which can read its message to the end with it.
 * <p>
 * Safe for use by many threads; does not block: the lock is held for a few instructions.
 */
public final class ByteBudget {

	/** The most that is read at once. Netty grows its buffer for reading up to this. */
	static final int READ = 64 * 1_024;

	/** A direction that holds less is read in any case. */
	static final int FREE = 16 * 1_024;

	/** What a direction may hold without taking from the budget. */
	static final int OWN = FREE + READ;

	private final long limit;

	private final long setAside;

	/** What all directions hold beyond their own, and have been permitted to read. */
	private long taken;

	private long pauses;

	/** In the order in which they are served. */
	private final Set<Share> waiting = new LinkedHashSet<>();

	/** The direction that may use what is set aside. */
	private @Nullable Share preferred;

	/**
	 * Create a budget.
	 * @param bytes the number of bytes
	 * @param maxMessageSize the maximum size of a message, which is set aside
	 */
	public ByteBudget(long bytes, int maxMessageSize) {
		this.setAside = maxMessageSize + 2L * READ;
		this.limit = bytes - this.setAside;
		if (this.limit < READ) {
			throw new IllegalArgumentException("A budget needs room for more than one message");
		}
	}

	/**
	 * Return how many bytes are taken, which is never more than the budget.
	 * @return the number of bytes
	 */
	public synchronized long taken() {
		return this.taken;
	}

	/**
	 * Return how often a direction had to wait because too few bytes were left.
	 * @return the number since the start
	 */
	public synchronized long pauses() {
		return this.pauses;
	}

	/**
	 * Return a share for one direction of a WebSocket.
	 */
	Share share() {
		return new Share();
	}

	/** Requires the lock. */
	private boolean hasRoom(Share share) {
		long room = (share == this.preferred) ? this.limit + this.setAside : this.limit;
		return this.taken + share.wanted() <= room;
	}

	/**
	 * Permit those that wait to be read, as far as there is room. Requires the lock.
	 * @param resumed gets what has to be run without the lock
	 */
	private void serve(List<Runnable> resumed) {
		if (this.taken <= this.limit) {
			this.preferred = null;
		}
		Iterator<Share> shares = this.waiting.iterator();
		while (shares.hasNext()) {
			Share share = shares.next();
			if (this.preferred == null && !hasRoom(share)) {
				this.preferred = share;
			}
			if (!hasRoom(share)) {
				return;
			}
			shares.remove();
			share.permit();
			share.resume(resumed);
		}
	}

	/**
	 * What one direction of a WebSocket holds: bytes that were read from its sender, and
	 * that its receiver has not taken yet.
	 */
	final class Share {

		private long held;

		/** Messages that were read to their end. */
		private int messages;

		/** Whether the next read has been permitted, and its bytes taken. */
		private boolean permitted;

		private boolean ended;

		private @Nullable Runnable resume;

		/**
		 * When it began to hold much, the last message was forwarded, or reading went on
		 * after a pause, in {@link System#nanoTime()}.
		 */
		private long movedAt;

		/** What it has taken from the budget. */
		private long taken() {
			return beyond(this.permitted ? this.held + READ : this.held);
		}

		private static long beyond(long bytes) {
			return Math.max(0, bytes - OWN);
		}

		/** What the next read may take at most. */
		private long wanted() {
			return beyond(this.held + READ) - beyond(this.held);
		}

		private void permit() {
			set(this.held, true);
		}

		private void set(long held, boolean permitted) {
			long before = taken();
			if (this.held < FREE && held >= FREE) {
				this.movedAt = System.nanoTime();
			}
			this.held = held;
			this.permitted = permitted;
			ByteBudget.this.taken += taken() - before;
		}

		private void resume(List<Runnable> resumed) {
			Runnable resume = this.resume;
			if (resume != null) {
				this.resume = null;
				this.movedAt = System.nanoTime();
				resumed.add(resume);
			}
		}

		/**
		 * Ask whether the sender may be read once. While a message waits to be forwarded,
		 * no other one is read, apart from small ones.
		 * @param resume called when it has to be asked again, if it may not be read now
		 * @return whether it may be read
		 */
		boolean mayRead(Runnable resume) {
			synchronized (ByteBudget.this) {
				if (this.ended || this.permitted || this.held < FREE) {
					return true;
				}
				if (this.messages == 0) {
					boolean first = ByteBudget.this.waiting.isEmpty() || ByteBudget.this.preferred == this;
					if (first && hasRoom(this)) {
						permit();
						return true;
					}
					if (ByteBudget.this.waiting.add(this)) {
						ByteBudget.this.pauses++;
					}
				}
				this.resume = resume;
			}
			// It may be the one that is preferred now
			change(() -> {
			});
			return false;
		}

		/**
		 * Note what was read.
		 */
		void read(int bytes) {
			change(() -> set(this.held + bytes, false));
		}

		/**
		 * Return whether the message that is being read is larger than it may be.
		 */
		boolean isTooLarge() {
			synchronized (ByteBudget.this) {
				return this.messages == 0 && this.held > ByteBudget.this.setAside - READ;
			}
		}

		/**
		 * Note that a frame has been read to its end.
		 * @param overhead the bytes that are not forwarded
		 * @param message whether it is the last frame of a message that is forwarded
		 */
		void framed(int overhead, boolean message) {
			change(() -> {
				this.messages += message ? 1 : 0;
				giveBack(overhead);
			});
		}

		/**
		 * Note that a message has been forwarded or dropped.
		 * @param bytes the size of its payload
		 */
		void forwarded(int bytes) {
			change(() -> {
				this.messages = Math.max(0, this.messages - 1);
				this.movedAt = System.nanoTime();
				giveBack(bytes);
			});
		}

		private void giveBack(int bytes) {
			// Some may have been read before there was a share to note them
			set(Math.max(0, this.held - bytes), this.permitted);
		}

		/**
		 * Give everything back, because the WebSocket is closed.
		 */
		void end() {
			change(() -> {
				set(0, false);
				this.ended = true;
				if (ByteBudget.this.preferred == this) {
					ByteBudget.this.preferred = null;
				}
			});
		}

		private void change(Runnable change) {
			List<Runnable> resumed = new ArrayList<>(0);
			synchronized (ByteBudget.this) {
				if (this.ended) {
					return;
				}
				change.run();
				if (this.held < FREE || (this.messages == 0 && !ByteBudget.this.waiting.contains(this))) {
					ByteBudget.this.waiting.remove(this);
					resume(resumed);
				}
				serve(resumed);
			}
			resumed.forEach(Runnable::run);
		}

		/**
		 * Return how many bytes are held.
		 */
		long held() {
			synchronized (ByteBudget.this) {
				return this.held;
			}
		}

		/**
		 * Return whether this direction is not read because the budget is used up.
		 */
		boolean isWaiting() {
			synchronized (ByteBudget.this) {
				return ByteBudget.this.waiting.contains(this);
			}
		}

		/**
		 * Return whether others wait for bytes that this direction has held for some time
		 * without forwarding a message.
		 */
		boolean isInTheWay(Duration time) {
			synchronized (ByteBudget.this) {
				return !ByteBudget.this.waiting.isEmpty() && !ByteBudget.this.waiting.contains(this) && taken() > 0
						&& System.nanoTime() - this.movedAt >= time.toNanos();
			}
		}

	}

}
