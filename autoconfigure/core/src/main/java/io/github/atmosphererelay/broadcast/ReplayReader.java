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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayMonitor;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.ReplayBudget;
import io.github.atmosphererelay.session.Reservation;
import org.jspecify.annotations.Nullable;

/**
 * Reads logs for clients within the node's {@link ReplayBudget}: what was read is counted
 * until the client's socket has taken it. A log is read in small steps, each of which is
 * counted as soon as it is there. Safe for use by many threads; nothing blocks.
 */
public final class ReplayReader {

	/** After how many bytes a step ends; a single publication may be larger. */
	static final long STEP = 256 * 1024;

	/**
	 * What a reply takes beside its publications. Reserved before anything is read, so
	 * that nothing is read in vain once the budget is spent.
	 */
	private static final int PER_REPLY = 1024;

	/** What a publication takes in a reply beside its own content. */
	private static final int PER_PUBLICATION = 128;

	/** For how long a recovery waits for others of its client to end. */
	private static final Duration MAX_WAIT = Duration.ofSeconds(5);

	private final RelayMonitor monitor;

	private final ReplayBudget budget;

	private final RecoveryTurns turns = new RecoveryTurns();

	ReplayReader(RelayMonitor monitor, ReplayBudget budget) {
		this.monitor = monitor;
		this.budget = budget;
	}

	/**
	 * Read a page, of at most 256 KB if it has more than one publication.
	 * @param session for whom
	 * @param channel the channel's name
	 * @param since the position to begin at, or {@code null} for the log's beginning or
	 * end
	 * @param limit how many publications to return at most
	 * @param direction whether to read forward or backward
	 * @return completes with the page; fails as a read of the relay does, and with
	 * {@link RequestRefusedException} if the node has too much to send
	 */
	public CompletableFuture<Replay> readPage(LocalSession session, String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		Reservation reservation = this.budget.reserve(session, PER_REPLY);
		if (reservation == null) {
			return CompletableFuture.failedFuture(tryAgain());
		}
		CompletableFuture<Replay> result = new CompletableFuture<>();
		try {
			relay().read(channel, since, new PageLimit(limit, STEP), direction).whenComplete((page, ex) -> {
				if (page == null) {
					fail(result, reservation, (ex != null) ? ex : new IllegalStateException("There is no page"));
				}
				else {
					try {
						finish(result, reservation, page);
					}
					catch (RuntimeException | Error failure) {
						fail(result, reservation, failure);
					}
				}
			});
		}
		catch (RuntimeException | Error ex) {
			// A relay of the application's own may throw.
			fail(result, reservation, ex);
		}
		return result;
	}

	private void finish(CompletableFuture<Replay> result, Reservation reservation, LogPage page) {
		long cost = cost(page.publications());
		if (cost > this.budget.maxBytes()) {
			fail(result, reservation,
					new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, "a message is too large for this node"));
		}
		else if (!reservation.grow(cost)) {
			fail(result, reservation, tryAgain());
		}
		else {
			result.complete(new Replay(page, reservation));
		}
	}

	private static void fail(CompletableFuture<?> result, Reservation reservation, Throwable failure) {
		reservation.release();
		result.completeExceptionally(failure);
	}

	private static RequestRefusedException tryAgain() {
		return new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too much waits to be sent, try again");
	}

	private ClusterRelay relay() {
		return this.monitor.relay();
	}

	/**
	 * Read everything since a position.
	 * @param session for whom
	 * @param channel the channel's name
	 * @param since the position
	 * @param limit how much that may be
	 * @return completes with one page, which is without publications and says that there
	 * is {@linkplain LogPage#more() more} if it would be too much; fails as
	 * {@link #readPage} does. Waits while many others of the client are under way
	 */
	CompletableFuture<Replay> readAll(LocalSession session, String channel, Position since, PageLimit limit) {
		Reservation reservation = this.budget.reserve(session, PER_REPLY);
		if (reservation == null) {
			return CompletableFuture.failedFuture(tryAgain());
		}
		Reading reading = new Reading(channel, since, limit, reservation);
		long asked = System.nanoTime();
		this.turns.begin(session, (end) -> {
			reading.result.whenComplete((replay, ex) -> end.run());
			if (!session.isOpen() || System.nanoTime() - asked > MAX_WAIT.toNanos()) {
				// The client has gone, or has given up and asks again.
				fail(reading.result, reservation, tryAgain());
				return;
			}
			reading.run();
		});
		return reading.result;
	}

	/**
	 * Return how many bytes publications take at most, in whatever form a door writes
	 * them.
	 */
	static long cost(List<Publication> publications) {
		long cost = 0;
		for (Publication publication : publications) {
			cost += PER_PUBLICATION + cost(publication.payload());
			for (Map.Entry<String, String> header : publication.headers().entrySet()) {
				cost += header.getKey().length() + header.getValue().length();
			}
		}
		return cost;
	}

	/**
	 * Return how long a payload is as a string of JSON: binary in Base64, text with its
	 * escapes.
	 */
	private static long cost(Payload payload) {
		byte[] bytes = payload.bytes();
		if (payload.isBinary()) {
			return (bytes.length + 2L) / 3 * 4;
		}
		long cost = bytes.length;
		for (byte each : bytes) {
			if (each == '"' || each == '\\') {
				cost++;
			}
			else if (each >= 0 && each < ' ') {
				cost += 5;
			}
		}
		return cost;
	}

	/**
	 * What was read for a session.
	 *
	 * @param page the page
	 * @param reservation the room that it takes, which the receiver releases
	 */
	public record Replay(LogPage page, Reservation reservation) {
	}

	/**
	 * Everything since a position, step by step.
	 */
	private final class Reading {

		private final CompletableFuture<Replay> result = new CompletableFuture<>();

		private final List<Publication> publications = new ArrayList<>();

		private final String channel;

		private final PageLimit limit;

		private final Reservation reservation;

		private Position from;

		private long bytes;

		Reading(String channel, Position since, PageLimit limit, Reservation reservation) {
			this.channel = channel;
			this.from = since;
			this.limit = limit;
			this.reservation = reservation;
		}

		/**
		 * Read on until it is done or a step takes its time. A loop: one step that
		 * follows the other in its callback would fill the stack.
		 */
		void run() {
			try {
				boolean again = true;
				while (again) {
					CompletableFuture<LogPage> step = relay().read(this.channel, this.from, step(),
							ReadDirection.FORWARD);
					if (!step.isDone()) {
						step.whenComplete(this::arrived);
						return;
					}
					again = take(step.join());
				}
			}
			catch (RuntimeException | Error ex) {
				fail(this.result, this.reservation, ex);
			}
		}

		private PageLimit step() {
			// One more than it may be tells that it is too much.
			return new PageLimit(this.limit.publications() + 1 - this.publications.size(),
					Math.min(STEP, this.limit.bytes() + 1 - this.bytes));
		}

		private void arrived(@Nullable LogPage page, @Nullable Throwable ex) {
			if (page == null) {
				fail(this.result, this.reservation, (ex != null) ? ex : new IllegalStateException("There is no page"));
				return;
			}
			boolean again;
			try {
				again = take(page);
			}
			catch (RuntimeException | Error failure) {
				fail(this.result, this.reservation, failure);
				return;
			}
			if (again) {
				run();
			}
		}

		/**
		 * Take the result of a step.
		 * @return whether there is another one
		 */
		private boolean take(LogPage page) {
			if (!page.complete()) {
				finish(new LogPage(List.of(), page.end(), false));
				return false;
			}
			long cost = cost(page.publications());
			for (Publication each : page.publications()) {
				this.bytes += each.payload().size();
			}
			this.publications.addAll(page.publications());
			if (this.publications.size() > this.limit.publications() || this.bytes > this.limit.bytes()
					|| cost > ReplayReader.this.budget.maxBytes()) {
				finish(new LogPage(List.of(), page.end(), true, true));
				return false;
			}
			if (!this.reservation.grow(cost)) {
				throw tryAgain();
			}
			Position last = page.publications().isEmpty() ? null
					: page.publications().get(page.publications().size() - 1).position();
			if (page.more() && last != null) {
				this.from = last;
				return true;
			}
			finish(new LogPage(this.publications, page.end(), true));
			return false;
		}

		private void finish(LogPage page) {
			this.result.complete(new Replay(page, this.reservation));
		}

	}

}
