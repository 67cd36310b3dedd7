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

import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.PageLimit;
import org.jspecify.annotations.Nullable;

/**
 * A recorded channel of a pattern, for one subscriber. Its log is read when publications
 * are announced; first of all it is found where to begin. For any thread.
 */
final class AnnouncedChannel implements StreamSignal {

	private final String channel;

	private final PageLimit limit;

	private final ListenOptions options;

	private final long after;

	private final ListeningContext context;

	private final BufferBudget budget;

	private final ReadPause pause;

	private final Listener listener;

	/** Whether the channel is in the listener's queue of channels to be polled. */
	private final AtomicBoolean queued = new AtomicBoolean();

	/** Whether the channel is in the listener's queue of channels to be read. */
	private final AtomicBoolean deferred = new AtomicBoolean();

	private @Nullable Position first;

	private @Nullable Position newest;

	private boolean more;

	private boolean searching;

	private boolean closed;

	/** The position after which the channel begins. */
	private @Nullable Position start;

	private volatile @Nullable RecordedSource source;

	/** When the newest publication was published, as far as announcements say. */
	private volatile long time;

	/**
	 * Create an instance.
	 * @param limit the maximum size of a page
	 * @param after publications with a later time belong to the stream, whether they are
	 * announced or not
	 * @param budget receives the size of what is kept
	 * @param listener is notified
	 */
	AnnouncedChannel(String channel, PageLimit limit, long after, ListeningContext context, BufferBudget budget,
			Listener listener) {
		this.channel = channel;
		this.limit = limit;
		this.options = ListenOptions.fromNow().buffer(limit.publications(), (int) limit.bytes());
		this.after = after;
		this.context = context;
		this.budget = budget;
		this.listener = listener;
		this.pause = new ReadPause(context);
	}

	/**
	 * Note that the log may have publications that the subscriber does not have.
	 * @param position the position of one, or {@code null}
	 * @param more whether there may be later ones
	 * @param time when it was published
	 * @return {@code false} if the publication comes before the place where the channel
	 * began, though it was published after the stream has begun
	 */
	boolean announced(@Nullable Position position, boolean more, long time) {
		this.time = Math.max(this.time, time);
		RecordedSource source;
		boolean early = false;
		synchronized (this) {
			source = this.source;
			if (source == null) {
				note(position, more);
			}
			else if (position != null && isBeforeStart(position)) {
				early = true;
			}
		}
		if (source != null && early) {
			if (more) {
				source.announced(null);
			}
			return time <= this.after;
		}
		if (source == null) {
			wake();
		}
		else {
			pass(source, position, more);
		}
		return true;
	}

	private static void pass(RecordedSource source, @Nullable Position position, boolean more) {
		if (position != null) {
			source.announced(position);
		}
		if (more || position == null) {
			source.announced(null);
		}
	}

	private void note(@Nullable Position position, boolean more) {
		this.more = this.more || more || position == null;
		Position first = this.first;
		Position newest = this.newest;
		if (position == null) {
			return;
		}
		if (first == null || newest == null || !first.epoch().equals(position.epoch())) {
			this.first = position;
			this.newest = position;
		}
		else if (position.offset() < first.offset()) {
			this.first = position;
		}
		else if (position.offset() > newest.offset()) {
			this.newest = position;
		}
	}

	private boolean isBeforeStart(Position position) {
		Position start = this.start;
		return start != null && start.epoch().equals(position.epoch()) && position.offset() <= start.offset();
	}

	/**
	 * Note that the channel is put into the queue of channels to be polled.
	 * @return {@code false} if it is there already
	 */
	boolean queue() {
		return this.queued.compareAndSet(false, true);
	}

	void unqueue() {
		this.queued.set(false);
	}

	/**
	 * Note that the channel is put into the queue of channels to be read.
	 * @return {@code false} if it is there already
	 */
	boolean defer() {
		return this.deferred.compareAndSet(false, true);
	}

	void undefer() {
		this.deferred.set(false);
	}

	@Nullable ChannelItem poll() {
		RecordedSource source = this.source;
		return (source != null) ? source.poll() : null;
	}

	boolean isEmpty() {
		RecordedSource source = this.source;
		return (source != null) ? source.isEmpty() : true;
	}

	boolean isReading() {
		RecordedSource source = this.source;
		return (source != null) ? source.isReading() : isSearching();
	}

	private synchronized boolean isSearching() {
		return this.searching;
	}

	boolean isWaitingToRead() {
		RecordedSource source = this.source;
		if (source != null) {
			return source.isWaitingToRead();
		}
		synchronized (this) {
			return !this.closed && !this.searching && !this.pause.isOn();
		}
	}

	/**
	 * Return whether the subscriber has everything that was announced.
	 */
	boolean isIdle() {
		RecordedSource source = this.source;
		return source != null && source.isIdle();
	}

	/**
	 * Return when the newest publication was published, as far as announcements say.
	 */
	long time() {
		return this.time;
	}

	/**
	 * Begin to read. Does not block.
	 */
	void read() {
		RecordedSource source = this.source;
		if (source != null) {
			source.wanted();
			return;
		}
		Position first;
		synchronized (this) {
			if (this.closed || this.searching) {
				return;
			}
			this.searching = true;
			first = this.first;
		}
		boolean begun = this.context.guard()
			.run(() -> new ChannelStart(this.channel, first, this.after, this.limit, this.context).find()
				.whenComplete((start, ex) -> found(first, start)));
		if (!begun) {
			found(first, null);
		}
	}

	private void found(@Nullable Position first, @Nullable Position start) {
		if (start == null) {
			this.context.statistics().countFailedRead();
			synchronized (this) {
				this.searching = false;
			}
			this.pause.begin(this::wake);
			return;
		}
		RecordedSource source;
		Position newest;
		boolean more;
		synchronized (this) {
			this.searching = false;
			if (this.closed || this.source != null) {
				return;
			}
			if (first != this.first) {
				// An earlier publication was announced meanwhile
				wakeLater();
				return;
			}
			this.start = start;
			source = RecordedSource.ofAnnounced(this.channel,
					ListenOptions.since(start).buffer(this.options.bufferMessages(), this.options.bufferBytes()),
					this.context, this.budget);
			this.source = source;
			newest = this.newest;
			more = this.more;
		}
		source.begin(this);
		pass(source, newest, more);
	}

	private void wakeLater() {
		this.pause.begin(this::wake);
	}

	@Override
	public void wake() {
		this.listener.ready(this);
	}

	@Override
	public void fail(Throwable failure) {
		this.listener.failed(failure);
	}

	void close() {
		RecordedSource source;
		synchronized (this) {
			this.closed = true;
			source = this.source;
		}
		if (source != null) {
			source.close();
		}
	}

	/**
	 * Is notified of what the channel has. For any thread; does not block.
	 */
	interface Listener {

		/**
		 * The channel may have items, or may want to read.
		 */
		void ready(AnnouncedChannel channel);

		void failed(Throwable failure);

	}

}
