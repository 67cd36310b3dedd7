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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToIntFunction;

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.delivery.internal.ChannelTap;
import io.github.atmosphererelay.delivery.internal.PatternTap;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.relay.PageLimit;
import org.jspecify.annotations.Nullable;

/**
 * The publications of all channels that a pattern covers, for one subscriber. Those of
 * ephemeral channels are buffered. Those of recorded channels are read from the logs when
 * they are announced, a few channels at a time, so that a channel is in order and
 * complete, and a subscriber that is slow, or has many channels, needs no more memory.
 */
final class PatternSource implements ItemSource, PatternTap, AnnouncedChannel.Listener {

	/**
	 * The number of recorded channels of which the subscriber knows the position. Beyond
	 * it, those that have had no publication for long are forgotten.
	 */
	static final int MAX_CHANNELS = 10_000;

	/**
	 * The number of forgotten channels whose positions are kept.
	 */
	static final int MAX_POSITIONS = 10_000;

	/** How long nothing is forgotten after no channel was found that can be. */
	private static final long FULL = Duration.ofMillis(100).toNanos();

	/** The number of reads that are under way at once. */
	private static final int MAX_READS = 8;

	private static final int MAX_PAGE = 500;

	/** The source passes on what it gets itself. */
	private static final Following NOTHING = new Following() {

		@Override
		public void begin(ChannelTap tap) {
		}

		@Override
		public void close(ChannelTap tap) {
		}

	};

	private final String name;

	private final ChannelPattern pattern;

	/** Whether the pattern covers recorded channels. */
	private final boolean recorded;

	private final ListeningContext context;

	private final FollowedPattern followed;

	private final EphemeralSource ephemeral;

	private final BufferBudget budget;

	private final PageLimit limit;

	/** By name, the one with the oldest announcement first. Guarded by itself. */
	private final Map<String, AnnouncedChannel> channels = new LinkedHashMap<>(0, 0.75f, true);

	/** Those that may have items. */
	private final Queue<AnnouncedChannel> ready = new ConcurrentLinkedQueue<>();

	/** Those that want to read. */
	private final Queue<AnnouncedChannel> deferred = new ConcurrentLinkedQueue<>();

	/** Those that read. Used by the stream's task only. */
	private final List<AnnouncedChannel> reading = new ArrayList<>();

	/**
	 * The positions up to which the subscriber has channels that are forgotten, the
	 * oldest first. Guarded by channels.
	 */
	private final Map<String, Position> positions = new LinkedHashMap<>();

	private final AnnouncementSearch search;

	private final LogRounds rounds;

	/** Returns how many buckets a channel has. */
	private final ToIntFunction<String> buckets;

	/** Until when no channel can be forgotten. Guarded by channels. */
	private @Nullable Long fullUntil;

	/** Publications with a later time belong to the stream. Guarded by channels. */
	private long after;

	private boolean closed;

	private boolean recordedNext;

	private volatile @Nullable StreamSignal stream;

	/**
	 * Create a source.
	 * @param buckets the buckets to follow
	 * @param number returns how many buckets a channel has
	 */
	PatternSource(ChannelPattern pattern, List<Address> buckets, ToIntFunction<String> number, ListenOptions options,
			ListeningContext context) {
		this.buckets = number;
		this.name = pattern.toString();
		this.pattern = pattern;
		this.recorded = buckets.stream()
			.anyMatch((bucket) -> bucket instanceof Address.Bucket each && each.name().equals(BucketMessages.LOGS));
		this.context = context;
		this.followed = new FollowedPattern(buckets, context);
		this.ephemeral = new EphemeralSource(this.name, NOTHING, options, context);
		this.budget = new BufferBudget(options, context.statistics());
		this.limit = new PageLimit(Math.min(MAX_PAGE, Math.max(1, options.bufferMessages() / MAX_READS)),
				Math.max(1, options.bufferBytes() / MAX_READS));
		this.search = new AnnouncementSearch(context, AnnouncementSearch.RETRY, this::perhapsPublished, this::mayMiss);
		this.rounds = new LogRounds(context, this::knownChannels, this::look);
	}

	@Override
	public void begin(StreamSignal stream) {
		this.stream = stream;
		this.ephemeral.begin(stream);
		synchronized (this.channels) {
			// What is published within this millisecond belongs to the stream
			this.after = System.currentTimeMillis() - 1;
		}
		this.followed.begin(this);
		if (this.recorded) {
			this.followed.whenConfirmed(() -> this.search.begin());
			this.rounds.begin();
		}
	}

	@Override
	public boolean covers(String channel) {
		return this.pattern.match(channel) != null;
	}

	@Override
	public void published(Publication publication) {
		this.ephemeral.published(publication);
	}

	@Override
	public void missed() {
		this.ephemeral.missed(Discontinuity.UNKNOWN);
	}

	@Override
	public void announced(String channel, @Nullable Position position, boolean more) {
		synchronized (this.channels) {
			if (this.closed || this.ephemeral.hasFailed()) {
				return;
			}
			AnnouncedChannel known = this.channels.get(channel);
			if (known == null) {
				if (this.channels.size() >= MAX_CHANNELS && !forget()) {
					this.ephemeral.overflowed();
					return;
				}
				known = new AnnouncedChannel(channel, this.limit, this.after, this.positions.remove(channel),
						this.context, this.budget, this);
				this.channels.put(channel, known);
			}
			// With the lock held, so that the channel is not forgotten meanwhile
			if (!known.announced(position, more)) {
				// It can no longer come in the channel's order
				this.ephemeral.missed(1);
			}
		}
	}

	/**
	 * Forget a channel of which the subscriber has everything.
	 */
	private boolean forget() {
		long now = System.nanoTime();
		if (this.fullUntil != null && now - this.fullUntil < 0) {
			return false;
		}
		for (int i = this.channels.size(); i > 0; i--) {
			Map.Entry<String, AnnouncedChannel> oldest = this.channels.entrySet().iterator().next();
			AnnouncedChannel each = oldest.getValue();
			if (each.isIdle()) {
				this.channels.remove(oldest.getKey());
				remember(oldest.getKey(), each);
				each.close();
				return true;
			}
			// To the end, so that it is not looked at again for the next new channel
			this.channels.get(oldest.getKey());
		}
		this.fullUntil = now + FULL;
		return false;
	}

	private void remember(String channel, AnnouncedChannel forgotten) {
		Position last = forgotten.last();
		if (last == null) {
			this.after = Math.max(this.after, forgotten.time());
			return;
		}
		if (this.positions.size() >= MAX_POSITIONS) {
			this.positions.remove(this.positions.keySet().iterator().next());
			// If that channel is announced again, it does not begin before this. The
			// clocks of publishers are not taken for it: one that is ahead would keep
			// publications of all channels away.
			this.after = Math.max(this.after, forgotten.time());
		}
		this.positions.put(channel, last);
	}

	@Override
	public void announcementsMissed(Address.@Nullable Bucket bucket) {
		if (this.recorded) {
			readAll(bucket);
			this.search.begin();
		}
	}

	@Override
	public void announcementsMissed(Address.Bucket bucket, UUID origin, Duration since) {
		if (this.recorded) {
			readAll(bucket);
			this.search.beginFor(origin, since);
		}
	}

	private void readAll(Address.@Nullable Bucket bucket) {
		synchronized (this.channels) {
			this.channels.forEach((channel, known) -> {
				if (bucket == null || isIn(bucket, channel)) {
					known.announced(null, true);
				}
			});
		}
	}

	private boolean isIn(Address.Bucket bucket, String channel) {
		int buckets = this.buckets.applyAsInt(channel);
		return buckets == 0 || BucketMessages.number(channel, buckets) == bucket.number();
	}

	@Override
	public void nodeLeft() {
		readAll(null);
	}

	private List<String> knownChannels() {
		synchronized (this.channels) {
			return List.copyOf(this.channels.keySet());
		}
	}

	/**
	 * Look at the end of a channel's log, unless the channel is forgotten.
	 */
	private void look(String channel) {
		synchronized (this.channels) {
			// Another one than the first of these is the one with the oldest announcement
			// afterwards, which does no harm
			AnnouncedChannel known = this.channels.get(channel);
			if (known != null) {
				known.announced(null, true);
			}
		}
	}

	/**
	 * The channel may have publications whose announcement was missed.
	 */
	private void perhapsPublished(String channel) {
		if (covers(channel)) {
			announced(channel, null, true);
		}
	}

	private void mayMiss() {
		this.ephemeral.missed(Discontinuity.UNKNOWN);
	}

	@Override
	public void ready(AnnouncedChannel channel) {
		if (channel.queue()) {
			this.ready.add(channel);
		}
		StreamSignal stream = this.stream;
		if (stream != null) {
			stream.wake();
		}
	}

	@Override
	public void failed(Throwable failure) {
		StreamSignal stream = this.stream;
		if (stream != null) {
			stream.fail(failure);
		}
	}

	@Override
	public @Nullable ChannelItem poll() {
		if (!this.deferred.isEmpty()) {
			read();
		}
		// In turn, so that neither kind holds up the other
		this.recordedNext = !this.recordedNext;
		ChannelItem item = this.recordedNext ? pollRecorded() : this.ephemeral.poll();
		if (item == null) {
			item = this.recordedNext ? this.ephemeral.poll() : pollRecorded();
		}
		return item;
	}

	private @Nullable ChannelItem pollRecorded() {
		if (this.ephemeral.hasFailed()) {
			// The stream ends with what the buffer has
			return null;
		}
		AnnouncedChannel channel = this.ready.poll();
		while (channel != null) {
			// Before it is looked at, so that nothing that comes later is overlooked
			channel.unqueue();
			ChannelItem item = channel.poll();
			if (item != null) {
				if (channel.queue()) {
					this.ready.add(channel);
				}
				return item;
			}
			if (channel.isWaitingToRead() && channel.defer()) {
				this.deferred.add(channel);
			}
			channel = this.ready.poll();
		}
		read();
		return null;
	}

	/**
	 * Begin as many reads as may be under way.
	 */
	private void read() {
		this.reading.removeIf((channel) -> !channel.isReading());
		while (this.reading.size() < MAX_READS && this.budget.hasRoom()) {
			AnnouncedChannel channel = this.deferred.poll();
			if (channel == null) {
				return;
			}
			channel.undefer();
			this.reading.add(channel);
			channel.read();
		}
	}

	@Override
	public boolean isEmpty() {
		if (!this.ephemeral.isEmpty()) {
			return false;
		}
		if (this.ephemeral.hasFailed()) {
			return true;
		}
		synchronized (this.channels) {
			return this.channels.values().stream().allMatch(AnnouncedChannel::isEmpty);
		}
	}

	@Override
	public int waiting() {
		return this.ephemeral.waiting() + this.budget.messages();
	}

	@Override
	public void close() {
		this.followed.close(this);
		this.search.close();
		this.rounds.close();
		this.ephemeral.close();
		List<AnnouncedChannel> closing;
		synchronized (this.channels) {
			this.closed = true;
			closing = List.copyOf(this.channels.values());
			this.channels.clear();
			this.positions.clear();
		}
		closing.forEach(AnnouncedChannel::close);
		this.ready.clear();
		this.deferred.clear();
	}

}
