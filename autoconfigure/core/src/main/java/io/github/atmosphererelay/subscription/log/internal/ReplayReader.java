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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.ReplayBudget;
import io.github.atmosphererelay.session.internal.Reservation;
import org.jspecify.annotations.Nullable;

/**
 * Reads logs for clients within the node's {@link ReplayBudget}: publications that were
 * read are counted until the client's socket has accepted them. A log is read in small
 * steps, each of which is counted as soon as it has been read. Safe for use by many
 * threads; nothing blocks.
 */
public final class ReplayReader {

	/** The maximum size of a step in bytes; a single publication may be larger. */
	static final long STEP = 256 * 1024;

	/**
	 * The bytes that a reply takes beside its publications. They are reserved before the
	 * first read, so that nothing is read in vain when the budget is used up.
	 */
	private static final int PER_REPLY = 1024;

	/** The bytes that a publication takes in a reply beside its content. */
	private static final int PER_PUBLICATION = 128;

	/**
	 * The maximum time in which a recovery may wait for turns and begin steps. It is
	 * answered so before the client's SDK gives up, after five seconds, and asks again.
	 */
	static final Duration MAX_TIME = Duration.ofSeconds(4);

	/**
	 * A recovery counts as long if one of its steps takes longer than this: its broker
	 * has to search for data that other recoveries find at once.
	 */
	static final Duration LONG_STEP = Duration.ofMillis(250);

	static final int MAX_OF_SESSION = 8;

	static final int MAX_OF_ADDRESS = 32;

	static final int MAX_LONG_OF_ADDRESS = 16;

	private final ChannelLogs logs;

	private final ReplayBudget budget;

	private final ScheduledExecutorService scheduler;

	private final Guard guard;

	private final LongSupplier nanoTime;

	/** The turns for the first step, and for further ones while they are quick. */
	private final RecoveryTurns turns;

	/**
	 * The turns for the steps after a long one. They are counted separately, so that a
	 * quick recovery never waits for long ones of its address.
	 */
	private final RecoveryTurns longTurns;

	/**
	 * Create a reader.
	 * @param logs the logs of all channels
	 * @param budget limits the bytes that were read and are not yet written
	 * @param scheduler for time limits
	 * @param guard runs what the scheduler calls
	 */
	public ReplayReader(ChannelLogs logs, ReplayBudget budget, ScheduledExecutorService scheduler, Guard guard) {
		this(logs, budget, scheduler, guard, System::nanoTime);
	}

	ReplayReader(ChannelLogs logs, ReplayBudget budget, ScheduledExecutorService scheduler, Guard guard,
			LongSupplier nanoTime) {
		this.logs = logs;
		this.budget = budget;
		this.scheduler = scheduler;
		this.guard = guard;
		this.nanoTime = nanoTime;
		this.turns = new RecoveryTurns(MAX_OF_SESSION, MAX_OF_ADDRESS, guard);
		this.longTurns = new RecoveryTurns(MAX_OF_SESSION, MAX_LONG_OF_ADDRESS, guard);
	}

	/**
	 * Read a page of at most 256 KB, unless a single publication is larger.
	 * @param session the session for which to read
	 * @param channel the channel's name
	 * @param since the position to start from, or {@code null} for the log's beginning or
	 * end
	 * @param limit the maximum number of publications to return
	 * @param direction whether to read forward or backward
	 * @return completes with the page; fails as a read of the relay does, and with
	 * {@link RequestRefusedException} if the budget is used up
	 */
	public CompletableFuture<Replay> readPage(LocalSession session, String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		Reservation reservation = this.budget.reserve(session, PER_REPLY);
		if (reservation == null) {
			return CompletableFuture.failedFuture(tryAgain());
		}
		CompletableFuture<Replay> result = new CompletableFuture<>();
		try {
			this.logs.of(channel)
				.read(channel, since, new PageLimit(limit, STEP), direction)
				.whenComplete((page, ex) -> {
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
			// The log of an application's own relay may throw
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

	/**
	 * Read all publications since a position.
	 * @param session the session for which to read
	 * @param channel the channel's name
	 * @param since the position
	 * @param limit the maximum size of the result
	 * @return completes with one page. If the result would exceed the limit, or reading
	 * would take too long, the page has no publications and says that there is
	 * {@linkplain LogPage#more() more}. Fails as {@link #readPage} does, also if the
	 * session closes before all is read. A recovery waits while too many others of the
	 * client are under way, and fails if that takes too long. No step begins later than
	 * {@link #MAX_TIME} after the call
	 */
	public CompletableFuture<Replay> readAll(LocalSession session, String channel, Position since, PageLimit limit) {
		Reservation reservation = this.budget.reserve(session, PER_REPLY);
		if (reservation == null) {
			return CompletableFuture.failedFuture(tryAgain());
		}
		Reading reading = new Reading(session, channel, since, limit, reservation);
		reading.awaitTurn(this.turns);
		return reading.result;
	}

	/**
	 * Return the number of sessions and addresses with recoveries under way.
	 */
	int underWay() {
		return this.turns.size() + this.longTurns.size();
	}

	/**
	 * Return the maximum number of bytes that publications take in the formats of all
	 * doors.
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
	 * Return the length of a payload as a JSON string: binary in Base64, text with its
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
	 * A page that was read for a session.
	 *
	 * @param page the page
	 * @param reservation the reservation for its bytes, which the receiver releases
	 */
	public record Replay(LogPage page, Reservation reservation) {
	}

	/**
	 * Reads all publications since a position, step by step. It belongs to one thread at
	 * a time: to the one that has asked for it, that has ended its wait for a turn, or
	 * that delivers the result of a step.
	 */
	private final class Reading {

		private final CompletableFuture<Replay> result = new CompletableFuture<>();

		private final List<Publication> publications = new ArrayList<>();

		private final LocalSession session;

		private final String channel;

		private final PageLimit limit;

		private final Reservation reservation;

		private final long began = ReplayReader.this.nanoTime.getAsLong();

		private final Position since;

		private Position from;

		/** Up to which position the log was read; {@code null} before the first page. */
		private @Nullable Position reached;

		private long bytes;

		/** Whether it has a turn for long recoveries, or waits for one. */
		private boolean isLong;

		/** Ends the present turn. */
		private @Nullable Runnable turn;

		Reading(LocalSession session, String channel, Position since, PageLimit limit, Reservation reservation) {
			this.session = session;
			this.channel = channel;
			this.since = since;
			this.from = since;
			this.limit = limit;
			this.reservation = reservation;
		}

		/**
		 * Continue as soon as there is a turn.
		 */
		void awaitTurn(RecoveryTurns turns) {
			Wait wait = new Wait();
			try {
				wait.limit(turns.begin(this.session, (turn) -> {
					if (wait.end()) {
						this.turn = turn;
						run();
					}
					else {
						turn.run();
					}
				}));
			}
			catch (Throwable ex) {
				if (wait.end()) {
					fail(ex);
				}
			}
		}

		/**
		 * Give up, because the time is over before there was a turn.
		 */
		private void giveUp(Runnable turn) {
			try {
				tooLate();
			}
			catch (Throwable ex) {
				fail(ex);
			}
			finally {
				turn.run();
			}
		}

		/**
		 * Read until all is read, or a step does not complete at once. This is a loop,
		 * because steps that call each other in their callbacks would overflow the stack.
		 */
		private void run() {
			try {
				boolean again = true;
				while (again) {
					if (!this.session.isOpen()) {
						// The session has closed, so nobody waits for the rest
						fail(tryAgain());
						return;
					}
					if (timeLeft() <= 0) {
						tooLate();
						return;
					}
					long began = ReplayReader.this.nanoTime.getAsLong();
					CompletableFuture<LogPage> step = ReplayReader.this.logs.of(this.channel)
						.read(this.channel, this.from, step(), ReadDirection.FORWARD);
					if (!step.isDone()) {
						step.whenComplete((page, ex) -> arrived(began, page, ex));
						return;
					}
					again = take(step.join());
				}
			}
			catch (Throwable ex) {
				fail(ex);
			}
		}

		private PageLimit step() {
			// Read one publication more than allowed, to find out whether there are too
			// many
			return new PageLimit(this.limit.publications() + 1 - this.publications.size(),
					Math.min(STEP, this.limit.bytes() + 1 - this.bytes));
		}

		private void arrived(long began, @Nullable LogPage page, @Nullable Throwable ex) {
			if (page == null) {
				fail((ex != null) ? ex : new IllegalStateException("There is no page"));
				return;
			}
			try {
				if (!take(page)) {
					return;
				}
				if (!this.isLong && ReplayReader.this.nanoTime.getAsLong() - began > LONG_STEP.toNanos()) {
					this.isLong = true;
					endTurn();
					awaitTurn(ReplayReader.this.longTurns);
					return;
				}
			}
			catch (Throwable failure) {
				fail(failure);
				return;
			}
			run();
		}

		/**
		 * Handle the result of a step.
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
				finish(tooMuch(page.end()));
				return false;
			}
			if (!this.reservation.grow(cost)) {
				throw tryAgain();
			}
			Position last = page.publications().isEmpty() ? null
					: page.publications().get(page.publications().size() - 1).position();
			if (page.more() && last != null) {
				this.from = last;
				this.reached = page.end();
				return true;
			}
			if (ReplayReader.this.logs.of(this.channel).hasLostSince(this.channel, this.since)) {
				finish(new LogPage(List.of(), page.end(), false));
				return false;
			}
			finish(new LogPage(this.publications, page.end(), true));
			return false;
		}

		private long timeLeft() {
			return MAX_TIME.toNanos() - (ReplayReader.this.nanoTime.getAsLong() - this.began);
		}

		/**
		 * End a recovery for which the time is over. If it has begun to read, another
		 * attempt would take as long, so the answer is that there is too much. If it has
		 * only waited, the client may try again.
		 */
		private void tooLate() {
			if (this.reached != null) {
				finish(tooMuch(this.reached));
			}
			else {
				fail(tryAgain());
			}
		}

		private static LogPage tooMuch(Position end) {
			return new LogPage(List.of(), end, true, true);
		}

		private void finish(LogPage page) {
			try {
				this.result.complete(new Replay(page, this.reservation));
			}
			finally {
				endTurn();
			}
		}

		private void fail(Throwable failure) {
			if (this.result.isDone()) {
				return;
			}
			try {
				ReplayReader.fail(this.result, this.reservation, failure);
			}
			finally {
				endTurn();
			}
		}

		private void endTurn() {
			Runnable turn = this.turn;
			this.turn = null;
			if (turn != null) {
				turn.run();
			}
		}

		/**
		 * A wait for a turn. It ends once: when the turn comes, or when the time is over.
		 */
		private final class Wait {

			private final AtomicBoolean over = new AtomicBoolean();

			private volatile @Nullable ScheduledFuture<?> timer;

			/**
			 * End the wait.
			 * @return whether this call has ended it, so that the reading belongs to the
			 * caller
			 */
			boolean end() {
				if (!this.over.compareAndSet(false, true)) {
					return false;
				}
				cancel();
				return true;
			}

			/**
			 * Limit the wait to the remaining time.
			 * @param turn ends the place in the line
			 */
			void limit(Runnable turn) {
				if (this.over.get()) {
					return;
				}
				try {
					this.timer = ReplayReader.this.guard.later(ReplayReader.this.scheduler, () -> expire(turn),
							Duration.ofNanos(timeLeft()));
				}
				catch (RejectedExecutionException ex) {
					// The node has stopped.
					expire(turn);
				}
				if (this.over.get()) {
					cancel();
				}
			}

			private void expire(Runnable turn) {
				if (end()) {
					giveUp(turn);
				}
			}

			private void cancel() {
				ScheduledFuture<?> timer = this.timer;
				if (timer != null) {
					timer.cancel(false);
				}
			}

		}

	}

}
