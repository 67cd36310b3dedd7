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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import org.jspecify.annotations.Nullable;

/**
 * Publishes which channels of a feed this node wants. At most one change is under way;
 * what comes meanwhile is published together after it. When a change has failed, it is
 * not known what redistributors have learnt, and everything is published again. For any
 * thread; does not block.
 */
final class InterestPublisher {

	/** The maximum number of channels in one change. */
	static final int MAX_CHANGE = 5000;

	private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

	private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

	private final String feed;

	private final UUID node;

	private final BackChannel backChannel;

	private final ForwardingStatistics statistics;

	private final Map<String, SharedChannel> wanted = new LinkedHashMap<>();

	/** The wanted channels that were not published yet. */
	private final Map<String, SharedChannel> added = new LinkedHashMap<>();

	/** The channels that were published and are not wanted any more. */
	private final Set<String> removed = new LinkedHashSet<>();

	/**
	 * Begins above what this node has published before it was stopped and started again,
	 * so that redistributors take it for newer. Exact in the numbers of Redis' scripts.
	 */
	private long version = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());

	/** Whether something was published. */
	private boolean begun;

	/** The last version that redistributors will certainly learn of. */
	private long acknowledged;

	private boolean started;

	private boolean underway;

	/** Whether everything has to be published. */
	private boolean whole = true;

	private long retryAt = System.nanoTime();

	/** Whether redistributors are to speak to this node even if it wants nothing. */
	private final boolean evenNothing;

	private final Duration firstPause;

	private Duration pause;

	/**
	 * Create a publisher.
	 * @param evenNothing whether it publishes even that this node wants nothing
	 */
	InterestPublisher(String feed, UUID node, BackChannel backChannel, ForwardingStatistics statistics,
			boolean evenNothing) {
		this(feed, node, backChannel, statistics, evenNothing, FIRST_PAUSE);
	}

	InterestPublisher(String feed, UUID node, BackChannel backChannel, ForwardingStatistics statistics,
			boolean evenNothing, Duration firstPause) {
		this.evenNothing = evenNothing;
		this.firstPause = firstPause;
		this.pause = firstPause;
		this.feed = feed;
		this.node = node;
		this.backChannel = backChannel;
		this.statistics = statistics;
	}

	/**
	 * Begin to publish: what is sent to this node arrives.
	 */
	void start() {
		publish(() -> this.started = true);
	}

	void stop() {
		synchronized (this) {
			this.started = false;
		}
	}

	void add(SharedChannel channel) {
		publish(() -> {
			this.wanted.put(channel.name(), channel);
			this.added.put(channel.name(), channel);
			this.removed.remove(channel.name());
		});
	}

	void remove(SharedChannel channel) {
		publish(() -> {
			if (!this.wanted.remove(channel.name(), channel)) {
				return;
			}
			this.added.remove(channel.name());
			if (!this.whole) {
				// Also if it was never published: then that is harmless
				this.removed.add(channel.name());
			}
		});
	}

	/**
	 * Publish everything again, because redistributors seem not to know it.
	 */
	void renew() {
		publish(() -> this.whole = true);
	}

	/**
	 * Publish what has failed, when it is time to. Called now and then.
	 */
	void tick() {
		publish(() -> {
		});
	}

	private void publish(Runnable change) {
		Publication next;
		synchronized (this) {
			change.run();
			next = next();
		}
		if (next != null) {
			send(next);
		}
	}

	private @Nullable Publication next() {
		if (!this.started || this.underway || (!this.begun && !this.evenNothing && this.wanted.isEmpty())) {
			return null;
		}
		if (this.whole) {
			if (System.nanoTime() - this.retryAt < 0) {
				return null;
			}
			return everything();
		}
		if (this.added.isEmpty() && this.removed.isEmpty()) {
			return null;
		}
		this.underway = true;
		this.version++;
		Set<String> added = new HashSet<>();
		for (Iterator<SharedChannel> each = this.added.values().iterator(); each.hasNext()
				&& added.size() < MAX_CHANGE;) {
			SharedChannel channel = each.next();
			each.remove();
			channel.added(this.version);
			added.add(channel.name());
		}
		Set<String> removed = new HashSet<>();
		for (Iterator<String> each = this.removed.iterator(); each.hasNext() && removed.size() < MAX_CHANGE;) {
			removed.add(each.next());
			each.remove();
		}
		return new Publication(this.version, new InterestChange(this.feed, this.node, this.version, added, removed),
				Set.of());
	}

	private Publication everything() {
		this.underway = true;
		this.begun = true;
		this.whole = false;
		this.version++;
		this.added.clear();
		this.removed.clear();
		for (SharedChannel channel : this.wanted.values()) {
			// What was published before stays chosen from that version on, even if it has
			// failed: either redistributors have learnt of it, or they know only an older
			// version. A channel that has begun with it must not get a later one
			if (channel.added() == SharedChannel.UNPUBLISHED) {
				channel.added(this.version);
			}
		}
		return new Publication(this.version, null, Set.copyOf(this.wanted.keySet()));
	}

	private void send(Publication publication) {
		this.statistics.countPublication();
		CompletableFuture<@Nullable Void> sent;
		try {
			InterestChange change = publication.change();
			sent = (change != null) ? this.backChannel.publish(change)
					: this.backChannel.replace(this.feed, this.node, publication.version(), publication.channels());
		}
		catch (Throwable ex) {
			sent = CompletableFuture.failedFuture(ex);
		}
		sent.whenComplete((nothing, ex) -> ended(publication, ex));
	}

	private void ended(Publication publication, @Nullable Throwable failure) {
		if (failure != null) {
			this.statistics.countPublicationFailure();
		}
		publish(() -> {
			this.underway = false;
			if (failure == null) {
				this.acknowledged = publication.version();
				this.pause = this.firstPause;
				return;
			}
			this.whole = true;
			this.retryAt = System.nanoTime() + this.pause.toNanos();
			Duration longer = this.pause.multipliedBy(2);
			this.pause = (longer.compareTo(MAX_PAUSE) < 0) ? longer : MAX_PAUSE;
		});
	}

	/**
	 * What is published at once.
	 *
	 * @param version its version
	 * @param change the change, or {@code null} if everything is published
	 * @param channels everything
	 */
	private record Publication(long version, @Nullable InterestChange change, Set<String> channels) {
	}

}
