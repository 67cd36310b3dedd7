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
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

import io.github.atmosphererelay.delivery.internal.ChannelTap;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.subscription.log.internal.LogFollower;
import org.jspecify.annotations.Nullable;

/**
 * The publications of a recorded channel for one subscriber, each once and in the order
 * of the log. The source is <em>live</em> while it takes publications as they are
 * delivered on this node. It is <em>behind</em> if it has to read the log first: at the
 * start, if the subscriber is too slow and the buffer was full, or after the log has
 * changed.
 * <p>
 * While it is behind it reads a page whenever the subscriber wants items and the buffer
 * is empty, so a subscriber that wants nothing costs nothing. Publications that are
 * delivered during a read are held. After a page that reaches to the log's end, those
 * held publications that come after that end are appended, and the source is live if
 * nothing that was delivered comes after them. Reading begins when this node follows the
 * channel and knows the log's end, so every publication is either in a page or delivered
 * afterwards.
 * <p>
 * Threads: the methods of the tap are called with the lock of the channel's follower
 * held, and only take this object's lock. The relay and the follower are called without
 * it.
 */
final class RecordedSource implements ItemSource, ChannelTap {

	private static final Duration CONFIRMATION = Duration.ofSeconds(10);

	private static final Duration RETRY = Duration.ofSeconds(1);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

	private static final int MAX_PAGE = 500;

	private final String channel;

	private final ListenOptions options;

	private final ListeningContext context;

	private final FollowedChannel followed;

	private final PageLimit page;

	/** Items up to {@link #last}. */
	private final ItemBuffer buffer;

	/** Publications that were delivered during the present read. */
	private final Queue<Publication> held = new ArrayDeque<>(2);

	private final ItemBuffer heldLimit;

	/**
	 * The position after which the next publication is added to the buffer; {@code null}
	 * if it is not known yet, or if that is the first one of the log.
	 */
	private @Nullable Position last;

	/** The newest publication that was delivered on this node. */
	private @Nullable Position newest;

	/**
	 * The position after which the log was trimmed, until the number of missing
	 * publications is known.
	 */
	private @Nullable Position trimmedAfter;

	/** The number of unrecorded publications that were dropped. */
	private long dropped;

	/** Whether this node follows the channel and knows the log's end. */
	private boolean ready;

	private boolean behind;

	private boolean reading;

	/** Whether the log has changed during the present read. */
	private boolean movedMeanwhile;

	private boolean paused;

	private Duration pause = FIRST_PAUSE;

	private boolean closed;

	private volatile @Nullable ItemStream stream;

	RecordedSource(String channel, ListenOptions options, ListeningContext context) {
		this.channel = channel;
		this.options = options;
		this.context = context;
		this.followed = new FollowedChannel(channel, true, context);
		this.buffer = new ItemBuffer(options);
		this.heldLimit = new ItemBuffer(options);
		this.page = new PageLimit(Math.min(MAX_PAGE, options.bufferMessages()), options.bufferBytes());
		this.last = options.position();
		this.behind = !options.isFromNow();
	}

	@Override
	public void begin(ItemStream stream) {
		this.stream = stream;
		this.followed.begin(this);
		awaitFollower();
	}

	private void awaitFollower() {
		if (isClosed()) {
			return;
		}
		this.context.interest()
			.ready(this.followed.address(), CONFIRMATION)
			.thenCompose(this::followed)
			.whenComplete((delivered, ex) -> {
				if (delivered != null) {
					placed(delivered);
				}
				else {
					later(this::awaitFollower, RETRY);
				}
			});
	}

	/**
	 * Wait for the position up to which the node has delivered the channel.
	 * @return completes with the position, or with {@code null} to try again
	 */
	private CompletableFuture<@Nullable Position> followed(SubscriptionState state) {
		LogFollower follower = this.context.followers().find(this.channel);
		if (state != SubscriptionState.CONFIRMED || follower == null) {
			return CompletableFuture.completedFuture(null);
		}
		return follower.placed(CONFIRMATION).thenApply((placed) -> placed ? follower.delivered() : null);
	}

	private void placed(Position delivered) {
		synchronized (this) {
			if (this.options.isFromNow() && this.last == null) {
				this.last = delivered;
			}
			this.ready = true;
		}
		wake();
	}

	@Override
	public void published(Publication publication) {
		Position position = publication.position();
		if (position == null) {
			unrecorded(publication);
			return;
		}
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.newest = position;
			if (!this.ready) {
				if (!this.options.isFromNow()) {
					return;
				}
				if (this.last == null) {
					this.last = new Position(position.epoch(), position.offset() - 1);
				}
			}
			if (this.reading) {
				hold(publication);
				return;
			}
			if (this.behind || !take(publication, position)) {
				return;
			}
		}
		wake();
	}

	/**
	 * Take a publication of a node whose configuration does not record the channel. If
	 * there is no room for it, no log has it.
	 */
	private void unrecorded(Publication publication) {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			if (this.buffer.hasRoom(publication)) {
				this.buffer.add(publication);
			}
			else {
				this.context.statistics().countDropped();
				this.dropped++;
			}
		}
		wake();
	}

	private void hold(Publication publication) {
		if (this.heldLimit.hasRoom(publication)) {
			this.held.add(publication);
			this.heldLimit.add(publication);
		}
		// Otherwise the log is read again, because 'newest' says that there is more
	}

	private void releaseHeld() {
		this.held.clear();
		this.heldLimit.clear();
	}

	/**
	 * Take a live publication.
	 * @return whether to wake the stream
	 */
	private boolean take(Publication publication, Position position) {
		Position last = this.last;
		if (last != null && last.epoch().equals(position.epoch()) && position.offset() <= last.offset()) {
			return false;
		}
		if (!follows(position)) {
			this.behind = true;
			return true;
		}
		if (!this.buffer.hasRoom(publication)) {
			// The log has it, and is read when the buffer is empty
			this.behind = true;
			this.context.statistics().countFallback();
			return false;
		}
		this.buffer.add(publication);
		this.last = position;
		return true;
	}

	private boolean follows(Position position) {
		Position last = this.last;
		return last != null && last.epoch().equals(position.epoch())
				&& (position.offset() == last.offset() + 1 || !log().hasConsecutiveOffsets());
	}

	private ChannelLog log() {
		return this.context.logs().of(this.channel);
	}

	@Override
	public void missed(long number) {
		// The channel's follower reads what is missing from the log
	}

	@Override
	public void moved() {
		synchronized (this) {
			if (this.last == null && !this.behind) {
				// Nothing has begun yet
				return;
			}
			this.newest = null;
			this.movedMeanwhile = true;
			this.behind = true;
			this.pause = FIRST_PAUSE;
			this.paused = false;
		}
		wake();
	}

	@Override
	public void lost() {
		synchronized (this) {
			if (this.closed || !this.ready) {
				return;
			}
			add(Discontinuity.Reason.LOG_LOST, Discontinuity.UNKNOWN, this.last);
		}
		wake();
	}

	private void add(Discontinuity.Reason reason, long missing, @Nullable Position position) {
		this.buffer.add(new Discontinuity(this.channel, reason, missing, position));
	}

	@Override
	public synchronized @Nullable ChannelItem poll() {
		ChannelItem item = this.buffer.poll();
		if (item == null && this.dropped > 0) {
			item = new Discontinuity(this.channel, Discontinuity.Reason.OVERFLOW, this.dropped, this.last);
			this.dropped = 0;
		}
		return item;
	}

	@Override
	public synchronized boolean isEmpty() {
		return this.buffer.isEmpty() && this.dropped == 0;
	}

	@Override
	public void wanted() {
		Position since;
		synchronized (this) {
			if (this.closed || !this.ready || !this.behind || this.reading || this.paused || !this.buffer.isEmpty()) {
				return;
			}
			this.reading = true;
			this.movedMeanwhile = false;
			releaseHeld();
			since = this.last;
		}
		try {
			log().read(this.channel, since, this.page, ReadDirection.FORWARD)
				.whenComplete((read, ex) -> guarded(() -> arrived(since, read)));
		}
		catch (Throwable ex) {
			this.context.guard().failed(ex);
			failed();
		}
	}

	private void guarded(Runnable step) {
		if (!this.context.guard().run(step)) {
			failed();
		}
	}

	private void arrived(@Nullable Position since, @Nullable LogPage page) {
		if (page == null) {
			failed();
		}
		else if (since == null || page.complete()) {
			advance(since, page);
		}
		else if (since.epoch().equals(page.end().epoch()) && since.offset() <= page.end().offset()) {
			readFromBeginning(since);
		}
		else {
			resume(since);
		}
	}

	private void failed() {
		synchronized (this) {
			this.reading = false;
			releaseHeld();
		}
		pause();
	}

	/**
	 * Read on after a while, longer each time.
	 */
	private void pause() {
		Duration pause;
		synchronized (this) {
			pause = this.pause;
			Duration next = pause.multipliedBy(2);
			this.pause = (next.compareTo(LONGEST_PAUSE) > 0) ? LONGEST_PAUSE : next;
			this.paused = true;
		}
		later(() -> {
			synchronized (this) {
				this.paused = false;
			}
			wake();
		}, pause);
	}

	private void readFromBeginning(Position since) {
		synchronized (this) {
			this.reading = false;
			this.trimmedAfter = since;
			this.last = null;
		}
		wake();
	}

	private void resume(Position since) {
		try {
			log().resume(this.channel, since, since.offset())
				.whenComplete((continuation, ex) -> guarded(() -> continueAt(continuation)));
		}
		catch (Throwable ex) {
			this.context.guard().failed(ex);
			failed();
		}
	}

	private void continueAt(@Nullable LogContinuation continuation) {
		if (continuation == null) {
			failed();
			return;
		}
		synchronized (this) {
			this.reading = false;
			releaseHeld();
			this.last = continuation.complete() ? continuation.position() : null;
			add(Discontinuity.Reason.LOG_CHANGED, continuation.complete() ? 0 : Discontinuity.UNKNOWN, this.last);
		}
		wake();
	}

	private void advance(@Nullable Position since, LogPage page) {
		boolean idle;
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.reading = false;
			reportTrimmed(page);
			page.publications().forEach(this.buffer::add);
			this.last = endOf(page, since);
			if (!page.more()) {
				appendHeld();
				this.behind = this.movedMeanwhile || !isAt(this.newest);
			}
			releaseHeld();
			idle = this.behind && !page.more() && page.publications().isEmpty();
			if (!idle) {
				this.pause = FIRST_PAUSE;
			}
		}
		if (idle) {
			// The log does not have yet what was delivered, or not any more
			pause();
		}
		else {
			wake();
		}
	}

	private void reportTrimmed(LogPage page) {
		Position after = this.trimmedAfter;
		if (after == null) {
			return;
		}
		this.trimmedAfter = null;
		List<Publication> publications = page.publications();
		Position first = publications.isEmpty() ? null : publications.get(0).position();
		boolean counted = log().hasConsecutiveOffsets() && after.epoch().equals(page.end().epoch());
		long missing = ((first != null) ? first.offset() - 1 : page.end().offset()) - after.offset();
		add(Discontinuity.Reason.LOG_TRIMMED, counted ? missing : Discontinuity.UNKNOWN,
				(first != null) ? new Position(first.epoch(), first.offset() - 1) : page.end());
	}

	private static @Nullable Position endOf(LogPage page, @Nullable Position since) {
		List<Publication> publications = page.publications();
		Position read = publications.isEmpty() ? since : publications.get(publications.size() - 1).position();
		if (page.more()) {
			return read;
		}
		Position end = page.end();
		return (read != null && read.epoch().equals(end.epoch()) && read.offset() > end.offset()) ? read : end;
	}

	private void appendHeld() {
		for (Publication publication : this.held) {
			Position position = publication.position();
			Position last = this.last;
			if (position == null || last == null || !last.epoch().equals(position.epoch())) {
				return;
			}
			if (position.offset() > last.offset()) {
				if (!follows(position)) {
					return;
				}
				this.buffer.add(publication);
				this.last = position;
			}
		}
	}

	/**
	 * Return whether everything up to a position is in the buffer.
	 */
	private boolean isAt(@Nullable Position newest) {
		Position last = this.last;
		return newest == null
				|| (last != null && last.epoch().equals(newest.epoch()) && newest.offset() <= last.offset());
	}

	private void later(Runnable task, Duration delay) {
		try {
			this.context.later(task, delay);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
		}
	}

	private void wake() {
		ItemStream stream = this.stream;
		if (stream != null) {
			stream.wake();
		}
	}

	private synchronized boolean isClosed() {
		return this.closed;
	}

	@Override
	public void close() {
		this.followed.close(this);
		synchronized (this) {
			this.closed = true;
			this.buffer.clear();
			releaseHeld();
		}
	}

}
