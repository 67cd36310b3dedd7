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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

import io.github.atmosphererelay.broadcast.internal.RecentChannels;
import org.jspecify.annotations.Nullable;

/**
 * Asks the nodes in which recorded channels they have published recently, after
 * announcements were missed. One question at a time. The nodes whose own announcements
 * are missing have to answer themselves: an answer of all nodes that are known says
 * nothing about one that was taken for dead and is joining again. For any thread; does
 * not block.
 */
final class AnnouncementSearch {

	private static final Duration DELAY = Duration.ofMillis(500);

	private static final Duration SECOND_LOOK = Duration.ofSeconds(10);

	/** How long a question may be on its way. */
	private static final Duration ON_THE_WAY = Duration.ofSeconds(10);

	/**
	 * How long to wait after an answer that is not complete. With all attempts more than
	 * a node takes to join again.
	 */
	static final Duration RETRY = Duration.ofSeconds(2);

	static final int MAX_ATTEMPTS = 15;

	/** More nodes than a cluster has. */
	private static final int MAX_ORIGINS = 1000;

	/**
	 * More than a search takes with all its attempts, each of which may wait for another
	 * subscriber's question and has five seconds for its own.
	 */
	private static final Duration RESERVE = Duration.ofMinutes(4);

	private final ListeningContext context;

	private final Duration retry;

	private final Consumer<String> found;

	private final Runnable mayMiss;

	private final long begun = System.nanoTime();

	private @Nullable Long interruptedAt;

	/** The nodes whose announcements are missing, for the next question. */
	private Set<UUID> origins = new HashSet<>();

	/** Those that have to answer the present question. */
	private Set<UUID> asked = Set.of();

	private boolean asking;

	private boolean again;

	private boolean secondLook;

	private boolean closed;

	/**
	 * Create a search.
	 * @param retry how long to wait after an answer that is not complete
	 * @param found receives the channels
	 * @param mayMiss called if there may be channels that were not found
	 */
	AnnouncementSearch(ListeningContext context, Duration retry, Consumer<String> found, Runnable mayMiss) {
		this.context = context;
		this.retry = retry;
		this.found = found;
		this.mayMiss = mayMiss;
	}

	/**
	 * Begin a search, or another one after the present one, because the connection of
	 * this node was interrupted.
	 */
	void begin() {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.interruptedAt = System.nanoTime();
			this.again |= this.asking;
		}
		lookAgainLater();
		start();
	}

	/**
	 * Begin a search, or another one after the present one, because an announcement is
	 * missing.
	 * @param origin the node that has sent it
	 * @param since how long ago the last one before it arrived: it was sent later. Nodes
	 * know for a while in which channels they have published, so the search finds its
	 * channel unless that is too long ago.
	 */
	void beginFor(UUID origin, Duration since) {
		boolean mayBeForgotten;
		synchronized (this) {
			if (this.closed) {
				return;
			}
			mayBeForgotten = mayBeForgotten(since, this.interruptedAt, System.nanoTime());
			mayBeForgotten |= this.origins.size() >= MAX_ORIGINS;
			if (!mayBeForgotten) {
				this.origins.add(origin);
			}
			this.again |= this.asking;
		}
		if (mayBeForgotten) {
			this.mayMiss.run();
		}
		start();
	}

	/**
	 * Search a second time when the node follows all addresses again, of which it may
	 * have many: what is published before that is announced to it in vain.
	 */
	private void lookAgainLater() {
		synchronized (this) {
			if (this.secondLook) {
				return;
			}
			this.secondLook = true;
		}
		if (!later(this::again, SECOND_LOOK)) {
			synchronized (this) {
				this.secondLook = false;
			}
		}
	}

	private void start() {
		synchronized (this) {
			if (this.asking) {
				return;
			}
			this.asking = true;
		}
		later(1, delay());
	}

	/**
	 * Return a time that differs, so that not all nodes ask at once.
	 */
	private static Duration delay() {
		return DELAY.plusMillis(ThreadLocalRandom.current().nextLong(DELAY.toMillis()));
	}

	/**
	 * Return whether nodes may have forgotten a missing announcement before they are
	 * asked. It was sent after the last one that arrived. If this node was interrupted
	 * since, and it was sent before that, the search for the interruption finds it, so
	 * that here it is as old as the interruption at most.
	 * @param since how long ago the last one arrived
	 * @param interruptedAt when this node was interrupted, if it was
	 * @param now the current {@code System.nanoTime()}
	 */
	static boolean mayBeForgotten(Duration since, @Nullable Long interruptedAt, long now) {
		Duration age = since;
		if (interruptedAt != null && now - interruptedAt < since.toNanos()) {
			age = Duration.ofNanos(now - interruptedAt);
		}
		return age.plus(RESERVE).compareTo(RecentChannels.WINDOW) > 0;
	}

	private void again() {
		synchronized (this) {
			this.secondLook = false;
			if (this.closed) {
				return;
			}
			if (this.asking) {
				this.again = true;
			}
		}
		start();
	}

	private void later(int attempt, Duration delay) {
		if (!later(() -> ask(attempt), delay)) {
			synchronized (this) {
				this.asking = false;
			}
		}
	}

	private boolean later(Runnable task, Duration delay) {
		try {
			this.context.later(task, delay);
			return true;
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
			return false;
		}
		catch (Throwable ex) {
			// For example, memory is short
			this.context.guard().failed(ex);
			this.context.guard().run(this.mayMiss);
			return false;
		}
	}

	private synchronized boolean isClosed() {
		return this.closed;
	}

	private void ask(int attempt) {
		if (isClosed()) {
			return;
		}
		synchronized (this) {
			this.again = false;
			this.asked = this.origins;
			this.origins = new HashSet<>();
		}
		Duration running = Duration.ofNanos(System.nanoTime() - this.begun).plus(ON_THE_WAY);
		Duration age = (running.compareTo(RecentChannels.WINDOW) < 0) ? running : RecentChannels.WINDOW;
		boolean begun = this.context.guard()
			.run(() -> this.context.recent().ask(age).whenComplete((answer, ex) -> answered(attempt, answer)));
		if (!begun) {
			answered(attempt, null);
		}
	}

	private void answered(int attempt, @Nullable RecentAnswers answer) {
		// A search that failed halfway, for example because memory is short, is repeated
		boolean taken = this.context.guard().run(() -> {
			if (answer != null) {
				answer.channels().names().forEach(this.found);
			}
		});
		boolean complete;
		boolean ended;
		boolean again;
		synchronized (this) {
			complete = taken && answer != null && answer.channels().complete()
					&& answer.nodes().containsAll(this.asked);
			ended = complete || attempt >= MAX_ATTEMPTS;
			if (!ended) {
				this.origins.addAll(this.asked);
			}
			this.asked = Set.of();
			again = this.again || !ended;
			this.asking = again;
		}
		if (!complete && ended) {
			this.context.guard().run(this.mayMiss);
		}
		if (again) {
			later(ended ? 1 : attempt + 1, complete ? delay() : this.retry);
		}
	}

	synchronized void close() {
		this.closed = true;
	}

}
