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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.door.atmosphere.internal.PollBuffer.Batch;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.PositionListener;
import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.transport.internal.Inbound;
import org.jspecify.annotations.Nullable;

/**
 * The transport of a session whose client polls. It lasts through the gaps between
 * requests, so that the session stays in its channels, and keeps each answer until the
 * next request shows that the client has received it. Safe for use by many threads;
 * nothing blocks. Requests are answered and others called without the lock.
 */
final class PollSession implements SessionTransport, PositionListener {

	/** A client that has met a failure asks again after half a second at the earliest. */
	private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

	private static final int ABNORMAL = 1006;

	/** The time for the broker to say where a subscription begins. */
	private static final Duration BEGIN_TIMEOUT = Duration.ofSeconds(3);

	private static final byte[] NOTHING = {};

	private final Consumer<PollSession> whenEnded;

	private final Timers timers;

	private final PollSettings settings;

	private final PollIdentity identity;

	private final PollGreeting greeting;

	private final @Nullable DurableSession durable;

	private final PollBuffer buffer;

	private final LongSupplier clock;

	private final PollFormat format;

	private final PollStatistics statistics;

	private @Nullable Inbound connection;

	private @Nullable PollWaiter waiter;

	/** The request that has opened the session, and what it is answered with. */
	private @Nullable PollWaiter opening;

	private String openingText = "";

	private @Nullable Runnable whenFlushed;

	/** Ends the present request or, without one, the session. */
	private @Nullable ScheduledFuture<?> timer;

	/** The answer that the client has not shown to have received. */
	private @Nullable Batch sent;

	/** The number of the last answer with messages. */
	private long number;

	/** The client's position once it has received that answer. */
	private @Nullable Position position;

	/** When that answer was given first. */
	private long sentAt;

	/** How long the last answer may be on its way to the node of its request. */
	private Duration patience = Duration.ZERO;

	private long answeredAt;

	/** How many gaps between requests there were. */
	private long gaps;

	/** Whether the last answer was given at once, without messages. */
	private boolean neutral;

	private String trackingId;

	private boolean ended;

	/** What a client without a request is yet to be told about the end. */
	private byte[] lastWords = NOTHING;

	/**
	 * Create a session.
	 * @param whenEnded called once when it ends; must not block
	 * @param timers run timeouts
	 * @param settings the times of clients that poll
	 * @param identity who the client is
	 * @param parameters what the client says of itself
	 * @param format encodes messages
	 * @param statistics counts what is repeated
	 * @param durable the durable session, or {@code null}
	 * @param number the number of the answer that the client has received last
	 * @param position the position that this answer has given it, or {@code null}
	 * @param clock the time in nanoseconds
	 */
	PollSession(Consumer<PollSession> whenEnded, Timers timers, PollSettings settings, PollIdentity identity,
			AtmosphereParameters parameters, PollFormat format, PollStatistics statistics,
			@Nullable DurableSession durable, long number, @Nullable Position position, LongSupplier clock) {
		this.whenEnded = whenEnded;
		this.timers = timers;
		this.settings = settings;
		this.identity = identity;
		this.greeting = new PollGreeting(parameters, identity.publicId());
		this.durable = durable;
		this.number = number;
		this.position = position;
		this.clock = clock;
		this.trackingId = parameters.trackingId();
		this.format = format;
		this.statistics = statistics;
		this.buffer = new PollBuffer(format);
	}

	PollIdentity identity() {
		return this.identity;
	}

	synchronized void connect(Inbound connection) {
		this.connection = connection;
	}

	/**
	 * Answer the request that has opened the session. In a recorded channel the answer
	 * waits a moment for the position at which the subscription begins: without it the
	 * client could not go on at another node.
	 * @param waiter the request
	 * @param known whether the client had a session before
	 * @param recorded whether the subscription begins at a position
	 */
	void begin(PollWaiter waiter, boolean known, boolean recorded) {
		boolean now;
		synchronized (this) {
			this.opening = waiter;
			this.openingText = known ? this.greeting.neutral() : this.greeting.first();
			now = this.ended || !recorded || this.position != null;
			if (!now) {
				later(BEGIN_TIMEOUT, this::answerOpening);
			}
		}
		if (now) {
			answerOpening();
		}
	}

	private void answerOpening() {
		PollWaiter waiter;
		PollAnswer answer;
		synchronized (this) {
			waiter = this.opening;
			this.opening = null;
			answer = PollAnswer.of(token(), this.openingText);
			if (waiter != null && !this.ended) {
				this.neutral = true;
				answered(waiter);
			}
		}
		if (waiter != null) {
			waiter.answer(answer);
		}
	}

	/**
	 * Take a request.
	 * @param asked what the client shows
	 * @param next the request
	 * @return {@code false} if the session has ended
	 */
	boolean poll(PollQuestion asked, PollWaiter next) {
		if (neverReceives(asked)) {
			// As without a request: it goes on in another session, from its position
			end(null);
			return false;
		}
		PollAnswer last;
		synchronized (this) {
			last = this.ended ? lastAnswer(asked) : null;
		}
		if (last == null) {
			return take(asked, next);
		}
		this.whenEnded.accept(this);
		next.answer(last);
		return true;
	}

	/**
	 * Return whether a client has asked for the same answer again and again for as long
	 * as a session lasts without requests: what waits would wait for ever.
	 */
	private synchronized boolean neverReceives(PollQuestion asked) {
		return !this.ended && this.sent != null && asked.number() != this.number
				&& this.clock.getAsLong() - this.sentAt > this.settings.gap().plus(this.patience).toNanos();
	}

	private boolean take(PollQuestion asked, PollWaiter next) {
		PollWaiter older;
		PollAnswer superseded;
		PollAnswer now;
		Batch confirmed = null;
		Runnable flushed = null;
		synchronized (this) {
			if (this.ended) {
				return false;
			}
			older = (this.opening != null) ? this.opening : this.waiter;
			this.opening = null;
			superseded = PollAnswer.superseded(token());
			this.waiter = null;
			cancelTimer();
			boolean mistaken = this.greeting.isMistaken(asked.trackingId(), this.trackingId);
			this.trackingId = asked.trackingId();
			boolean received = asked.number() == this.number && !mistaken;
			if (received) {
				confirmed = this.sent;
				this.sent = null;
			}
			else if (mistaken) {
				// Otherwise the client would show to have received what it is sent again
				this.number++;
			}
			boolean unsure = this.greeting.isAwaited()
					&& (!received || older != null || this.clock.getAsLong() - this.answeredAt > PAUSE_NANOS);
			now = answer(asked, unsure);
			if (now == null) {
				this.waiter = next;
				later(this.settings.nextTimeout(), () -> timeout(next));
			}
			else {
				answered(next);
				flushed = takeFlushed();
			}
		}
		if (older != null) {
			this.statistics.superseded();
			older.answer(superseded);
		}
		if (now != null) {
			next.answer(now);
		}
		else {
			next.whenGone(() -> gone(next));
		}
		if (confirmed != null && this.durable != null) {
			this.durable.confirm(confirmed.positions());
		}
		run(flushed);
		return true;
	}

	/**
	 * Return what tells a client that had no request when its session ended why it has
	 * ended, after what it has not received.
	 */
	private @Nullable PollAnswer lastAnswer(PollQuestion asked) {
		if (this.lastWords.length == 0) {
			return null;
		}
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		if (this.sent != null && asked.number() != this.number) {
			body.writeBytes(this.sent.body());
		}
		for (Batch batch = this.buffer.take(); batch != null; batch = this.buffer.take()) {
			body.writeBytes(batch.body());
		}
		body.writeBytes(this.lastWords);
		this.lastWords = NOTHING;
		cancelTimer();
		return PollAnswer.of(token(), body.toByteArray());
	}

	/**
	 * Return what a request is answered with at once.
	 * @param unsure whether the client may have met a failure since the last answer
	 */
	private @Nullable PollAnswer answer(PollQuestion asked, boolean unsure) {
		// What is sent again brings its position
		boolean behind = this.sent == null && this.position != null && !asked.positioned();
		if (behind || (unsure && !this.neutral)) {
			this.neutral = true;
			return PollAnswer.of(new PollToken(this.identity.node(), this.identity.key(), asked.number(),
					(this.sent != null) ? asked.position() : this.position), this.greeting.neutral());
		}
		this.neutral = false;
		Batch again = this.sent;
		if (again != null) {
			this.statistics.repeated();
			return PollAnswer.of(token(), again.body());
		}
		return next();
	}

	/**
	 * Take the next messages.
	 * @return the answer with them, or {@code null} if there are none
	 */
	private @Nullable PollAnswer next() {
		Batch batch = this.buffer.take();
		if (batch == null) {
			return null;
		}
		this.sent = batch;
		this.number++;
		this.sentAt = this.clock.getAsLong();
		Position position = batch.positions().get(this.identity.channel());
		this.position = (position != null) ? position : this.position;
		return PollAnswer.of(token(), batch.body());
	}

	private PollToken token() {
		return new PollToken(this.identity.node(), this.identity.key(), this.number, this.position);
	}

	/**
	 * Note that a request is answered: the next one is expected. If the answer is lost on
	 * its way to another node, it is not expected before that one gives up.
	 */
	private void answered(PollWaiter waiter) {
		this.waiter = null;
		this.answeredAt = this.clock.getAsLong();
		long gap = ++this.gaps;
		Duration patience = waiter.patience();
		this.patience = patience;
		if (!patience.isZero()) {
			waiter.whenArrived(() -> arrived(gap));
		}
		later(this.settings.gap().plus(patience), () -> expire(gap));
	}

	/**
	 * The answer is at the node at which the request has waited.
	 */
	private synchronized void arrived(long gap) {
		if (!this.ended && this.waiter == null && this.gaps == gap) {
			later(this.settings.gap(), () -> expire(gap));
		}
	}

	private void later(Duration time, Runnable action) {
		cancelTimer();
		try {
			this.timer = this.timers.later(Part.CLIENT_TIMERS, action, time);
		}
		catch (RejectedExecutionException ex) {
			// The node stops, which ends the session
		}
	}

	private void cancelTimer() {
		if (this.timer != null) {
			this.timer.cancel(false);
			this.timer = null;
		}
	}

	private @Nullable Runnable takeFlushed() {
		Runnable flushed = this.buffer.isFull() ? null : this.whenFlushed;
		this.whenFlushed = (flushed != null) ? null : this.whenFlushed;
		return flushed;
	}

	private static void run(@Nullable Runnable action) {
		if (action != null) {
			action.run();
		}
	}

	private void timeout(PollWaiter waiter) {
		PollAnswer answer;
		synchronized (this) {
			if (this.ended || this.waiter != waiter) {
				return;
			}
			answer = PollAnswer.of(token(), "");
			answered(waiter);
		}
		waiter.answer(answer);
	}

	/**
	 * The client has given up its request.
	 */
	private synchronized void gone(PollWaiter waiter) {
		if (!this.ended && this.waiter == waiter) {
			answered(waiter);
		}
	}

	private void expire(long gap) {
		synchronized (this) {
			if (this.ended || this.waiter != null || this.gaps != gap) {
				return;
			}
		}
		end(null);
	}

	/**
	 * Have the client know the position at which it begins, so that it finds it again at
	 * another node.
	 */
	@Override
	public void began(String channel, Position position) {
		synchronized (this) {
			boolean passed = this.buffer.hasPositions() || (this.sent != null && !this.sent.positions().isEmpty());
			if (!channel.equals(this.identity.channel()) || passed) {
				return;
			}
			this.position = position;
		}
		try {
			// Called under locks
			this.timers.later(Part.CLIENT_TIMERS, this::showPosition, Duration.ofMillis(1));
		}
		catch (RejectedExecutionException ex) {
			// The node stops
		}
	}

	private void showPosition() {
		answerOpening();
		PollWaiter waiter;
		PollAnswer answer;
		synchronized (this) {
			waiter = this.waiter;
			if (this.ended || waiter == null) {
				return;
			}
			answer = PollAnswer.of(token(), "");
			answered(waiter);
		}
		waiter.answer(answer);
	}

	@Override
	public synchronized void write(OutboundMessage message) throws IOException {
		if (this.ended) {
			throw new IOException("The session has ended");
		}
		this.buffer.add(message);
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		PollWaiter waiter;
		PollAnswer answer;
		boolean flushed;
		synchronized (this) {
			if (this.ended) {
				throw new IOException("The session has ended");
			}
			waiter = this.waiter;
			answer = (waiter != null) ? next() : null;
			if (waiter != null && answer != null) {
				this.neutral = false;
				answered(waiter);
			}
			flushed = !this.buffer.isFull();
			if (!flushed) {
				this.whenFlushed = whenFlushed;
			}
		}
		if (waiter != null && answer != null) {
			waiter.answer(answer);
		}
		return flushed;
	}

	/**
	 * Without a request it is the gap that ends the session, whatever waits.
	 */
	@Override
	public boolean limitsWait() {
		return true;
	}

	/**
	 * The next request shows that the client is there.
	 */
	@Override
	public void ping() {
	}

	@Override
	public void close(CloseReason reason) {
		end(reason);
	}

	@Override
	public void abort(CloseReason reason) {
		end(reason);
	}

	private void end(@Nullable CloseReason reason) {
		PollWaiter waiter;
		PollAnswer answer;
		Inbound connection;
		boolean untold;
		synchronized (this) {
			if (this.ended) {
				return;
			}
			this.ended = true;
			cancelTimer();
			byte[] words = (reason != null) ? this.format.end(reason) : NOTHING;
			waiter = this.waiter;
			this.waiter = null;
			this.whenFlushed = null;
			answer = CloseReason.TAKEN_OVER.equals(reason) ? PollAnswer.superseded(token())
					: PollAnswer.of(token(), words);
			untold = waiter == null && words.length > 0;
			if (untold) {
				this.lastWords = words;
				later(this.settings.gap(), () -> this.whenEnded.accept(this));
			}
			connection = this.connection;
		}
		answerOpening();
		if (!untold) {
			this.whenEnded.accept(this);
		}
		if (waiter != null) {
			waiter.answer(answer);
		}
		if (connection != null) {
			connection.closed(ABNORMAL, null);
		}
	}

}
