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

import java.util.List;

import io.github.atmosphererelay.delivery.internal.ChannelTap;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
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
final class RecordedSource implements ItemSource, ChannelTap, LogReads.Receiver {

	private static final int MAX_PAGE = 500;

	/** So many reads take about a minute. */
	private static final int MAX_FRUITLESS = 15;

	private final String channel;

	private final ListenOptions options;

	private final ListeningContext context;

	/** {@code null} if the source hears of new publications by announcements. */
	private final @Nullable FollowedChannel followed;

	private final LogReads reads;

	private final ReadPause pause;

	/** Items up to the progress' last position. */
	private final ItemBuffer buffer;

	/** Publications that were delivered during the present read. */
	private final ItemBuffer held;

	private final LogProgress progress;

	/** Whether the subscriber knows of the loss that the log still reports. */
	private boolean lossReported;

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

	/** Whether every publication was held that was delivered during the present read. */
	private boolean holding;

	/** Whether the log has changed during the present read. */
	private boolean movedMeanwhile;

	private boolean closed;

	/**
	 * The number of reads in a row that have not found what was announced.
	 */
	private int fruitless;

	/** Whether this subscriber is counted as one that is behind. */
	private boolean counted;

	private volatile @Nullable StreamSignal stream;

	RecordedSource(String channel, ListenOptions options, ListeningContext context) {
		this(channel, options, context, new FollowedChannel(channel, true, context), context.statistics());
	}

	private RecordedSource(String channel, ListenOptions options, ListeningContext context,
			@Nullable FollowedChannel followed, BufferSizes sizes) {
		this.channel = channel;
		this.options = options;
		this.context = context;
		this.followed = followed;
		this.buffer = new ItemBuffer(options, sizes);
		this.held = new ItemBuffer(options, sizes);
		this.reads = new LogReads(channel,
				new PageLimit(Math.min(MAX_PAGE, options.bufferMessages()), options.bufferBytes()), context, this);
		this.pause = new ReadPause(context);
		this.progress = new LogProgress(options.position());
		this.behind = !options.isFromNow();
	}

	/**
	 * Create a source that does not follow the channel, and reads the log when
	 * publications are {@linkplain #announced announced}.
	 * @param options where to begin: after a position
	 * @param sizes receives the size of what the source keeps
	 */
	static RecordedSource ofAnnounced(String channel, ListenOptions options, ListeningContext context,
			BufferSizes sizes) {
		return new RecordedSource(channel, options, context, null, sizes);
	}

	@Override
	public void begin(StreamSignal stream) {
		this.stream = stream;
		FollowedChannel followed = this.followed;
		if (followed == null) {
			synchronized (this) {
				this.ready = true;
			}
			wake();
			return;
		}
		followed.begin(this);
		countBehind();
		new LogPlacement(this.channel, this.context, this::isClosed, followed::renew, this::placed).await();
	}

	/**
	 * Note that the log may have publications that the subscriber does not have.
	 * @param position the position of one of them, or {@code null} if none is known
	 */
	void announced(@Nullable Position position) {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			if (position == null) {
				this.movedMeanwhile = true;
			}
			else if (!this.progress.announced(position)) {
				return;
			}
			this.behind = true;
		}
		wake();
	}

	synchronized boolean isReading() {
		return this.reading;
	}

	/**
	 * Return the position up to which the subscriber has got the log, or will without
	 * another read.
	 */
	synchronized @Nullable Position last() {
		return this.progress.last();
	}

	/**
	 * Return whether the log has to be read, and no read is under way.
	 */
	synchronized boolean isWaitingToRead() {
		return !this.closed && this.behind && !this.reading && !this.pause.isOn() && this.buffer.isEmpty();
	}

	/**
	 * Return whether there is neither an item nor a reason to read the log.
	 */
	synchronized boolean isIdle() {
		return !this.behind && !this.reading && isEmpty();
	}

	private void placed(Position delivered) {
		synchronized (this) {
			if (this.options.isFromNow() && this.progress.last() == null) {
				this.progress.goOnAfter(delivered);
			}
			this.progress.noteReached(delivered);
			this.ready = true;
		}
		wake();
	}

	private synchronized void countBehind() {
		boolean behind = this.followed != null && this.behind && !this.closed;
		if (behind != this.counted) {
			this.counted = behind;
			this.context.statistics().behind(behind ? 1 : -1);
		}
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
			this.progress.delivered(position);
			if (!this.ready) {
				if (!this.options.isFromNow()) {
					return;
				}
				if (this.progress.last() == null) {
					this.progress.goOnAfter(new Position(position.epoch(), position.offset() - 1));
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
		// What is held has no gap. The log is read again for the rest, because the
		// progress knows that there is more.
		this.holding = this.holding && this.held.hasRoom(publication);
		if (this.holding) {
			this.held.add(publication);
		}
	}

	/**
	 * Take a live publication.
	 * @return whether to wake the stream
	 */
	private boolean take(Publication publication, Position position) {
		if (this.progress.has(position)) {
			return false;
		}
		if (!follows(position)) {
			this.behind = true;
			countBehind();
			return true;
		}
		if (!this.buffer.hasRoom(publication)) {
			// The log has it, and is read when the buffer is empty
			this.behind = true;
			countBehind();
			this.context.statistics().countFallback();
			return false;
		}
		this.buffer.add(publication);
		this.progress.goOnAfter(position);
		return true;
	}

	private boolean follows(Position position) {
		return this.progress.isFollowedBy(position, this.reads.hasConsecutiveOffsets());
	}

	@Override
	public void missed(long number) {
		// The channel's follower reads what is missing from the log
	}

	@Override
	public void moved() {
		synchronized (this) {
			if (this.progress.last() == null && !this.behind) {
				// Nothing has begun yet
				return;
			}
			this.progress.forgetNewest();
			this.movedMeanwhile = true;
			this.holding = false;
			this.held.clear();
			this.behind = true;
			countBehind();
			this.pause.reset();
		}
		wake();
	}

	@Override
	public void lost() {
		synchronized (this) {
			if (this.closed || !this.ready) {
				return;
			}
			this.lossReported = true;
			add(Discontinuity.Reason.LOG_LOST, Discontinuity.UNKNOWN, this.progress.last());
		}
		wake();
	}

	@Override
	public synchronized void checked(Position since, boolean lost) {
		if (lost && !this.lossReported) {
			add(Discontinuity.Reason.LOG_LOST, Discontinuity.UNKNOWN, since);
		}
		// Until a read begins after the loss
		this.lossReported = lost;
	}

	private void add(Discontinuity.Reason reason, long missing, @Nullable Position position) {
		if (!this.closed) {
			this.buffer.merge(new Discontinuity(this.channel, reason, missing, position));
		}
	}

	@Override
	public synchronized @Nullable ChannelItem poll() {
		ChannelItem item = this.buffer.poll();
		if (item == null && this.dropped > 0) {
			item = new Discontinuity(this.channel, Discontinuity.Reason.OVERFLOW, this.dropped, this.progress.last());
			this.dropped = 0;
		}
		return item;
	}

	@Override
	public synchronized boolean isEmpty() {
		return this.buffer.isEmpty() && this.dropped == 0;
	}

	@Override
	public synchronized int waiting() {
		return this.buffer.publications();
	}

	@Override
	public void wanted() {
		Position since;
		long greatest;
		synchronized (this) {
			if (this.closed || !this.ready || !this.behind || this.reading || this.pause.isOn()
					|| !this.buffer.isEmpty()) {
				return;
			}
			this.reading = true;
			this.movedMeanwhile = false;
			this.holding = true;
			this.held.clear();
			since = this.progress.last();
			greatest = this.progress.beginRead();
		}
		this.reads.read(since, greatest);
	}

	@Override
	public void failed() {
		this.context.statistics().countFailedRead();
		synchronized (this) {
			this.reading = false;
			this.held.clear();
		}
		this.pause.begin(this::wake);
	}

	@Override
	public void trimmed(Position since) {
		synchronized (this) {
			this.reading = false;
			this.trimmedAfter = since;
			this.progress.goOnAfter(null);
		}
		wake();
	}

	@Override
	public void changed(LogContinuation continuation) {
		synchronized (this) {
			this.reading = false;
			this.held.clear();
			if (this.followed == null) {
				this.progress.leaveEpoch();
			}
			// A stream that began with new publications does not go back to the log's
			// beginning, where there are older ones
			Position last = goOnAfter(continuation);
			this.progress.goOnAfter(last);
			add(Discontinuity.Reason.LOG_CHANGED, continuation.complete() ? 0 : Discontinuity.UNKNOWN, last);
		}
		wake();
	}

	@Override
	public void page(@Nullable Position since, LogPage page) {
		boolean idle;
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.reading = false;
			reportTrimmed(page);
			page.publications().forEach(this.buffer::add);
			this.progress.goOnAfter(endOf(page, since));
			if (!page.more()) {
				if (this.progress.isAtNewestBeforeRead()) {
					// Otherwise the page lacks what was delivered before the read
					appendHeld();
				}
				this.behind = this.movedMeanwhile || !this.progress.isAtNewest();
			}
			countBehind();
			this.held.clear();
			idle = this.behind && !page.more() && page.publications().isEmpty();
			if (!idle) {
				this.pause.reset();
				this.fruitless = 0;
			}
			else if (this.followed == null && ++this.fruitless >= MAX_FRUITLESS) {
				// The log does not have what was announced, for example in an epoch that
				// has ended before this source began
				this.progress.forgetNewest();
				this.behind = this.movedMeanwhile;
				this.fruitless = 0;
			}
		}
		if (idle) {
			// The log does not have yet what was delivered, or not any more
			this.pause.begin(this::wake);
		}
		else {
			wake();
		}
	}

	private @Nullable Position goOnAfter(LogContinuation continuation) {
		Position end = continuation.position();
		if (continuation.complete() || this.options.isFromNow()) {
			return end;
		}
		return (this.followed != null) ? null : this.progress.beforeAnnounced(end);
	}

	private void reportTrimmed(LogPage page) {
		Position after = this.trimmedAfter;
		if (after == null) {
			return;
		}
		this.trimmedAfter = null;
		List<Publication> publications = page.publications();
		Position first = publications.isEmpty() ? null : publications.get(0).position();
		boolean counted = this.reads.hasConsecutiveOffsets() && after.epoch().equals(page.end().epoch());
		long missing = ((first != null) ? first.offset() - 1 : page.end().offset()) - after.offset();
		add(Discontinuity.Reason.LOG_TRIMMED, (counted && missing >= 0) ? missing : Discontinuity.UNKNOWN,
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
		ChannelItem item = this.held.poll();
		while (item instanceof Publication publication && append(publication)) {
			item = this.held.poll();
		}
	}

	/**
	 * Append a held publication, unless the page had it.
	 * @return whether what was held after it may follow
	 */
	private boolean append(Publication publication) {
		Position position = publication.position();
		if (position == null) {
			return false;
		}
		if (this.progress.has(position)) {
			return true;
		}
		if (!follows(position)) {
			return false;
		}
		this.buffer.add(publication);
		this.progress.goOnAfter(position);
		return true;
	}

	private void wake() {
		StreamSignal stream = this.stream;
		if (stream != null) {
			stream.wake();
		}
	}

	private synchronized boolean isClosed() {
		return this.closed;
	}

	@Override
	public void close() {
		FollowedChannel followed = this.followed;
		if (followed != null) {
			followed.close(this);
		}
		synchronized (this) {
			this.closed = true;
			countBehind();
			this.buffer.clear();
			this.held.clear();
		}
	}

}
