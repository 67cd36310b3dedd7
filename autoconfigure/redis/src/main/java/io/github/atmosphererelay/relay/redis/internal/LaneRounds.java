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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * Looks through the index of a lane for channels in which something is to do, as long as
 * the lane has one owner. At first it looks at those that the former owner has left, and
 * at those that were added to the index since its last checkpoint. Then, in rounds, it
 * looks at those that were added since the round before, because an announcement may have
 * been lost, and slowly at all others. It makes one call after another, and only as long
 * as few channels wait to be read. Thread-safe; never blocks.
 */
final class LaneRounds {

	/**
	 * How much earlier a channel may have been added to the index than a message was
	 * appended: a minute, and what the clocks of a cluster's servers may differ.
	 */
	static final long MARGIN_MILLIS = 90_000;

	private static final int PAGE = 100;

	/** Of how many channels a checkpoint keeps the names, at most. */
	private static final int MAX_UNFINISHED = 1000;

	/** How many channels may wait to be read while the index is read on. */
	private static final int ENOUGH = 1000;

	/** The end of a log of which nothing is left. */
	private static final Position GONE = new Position("gone", 0);

	private final LanePace pace;

	private final GroupCalls calls;

	private final RedisLanes lanes;

	private final int lane;

	private final Predicate<String> filter;

	private final GroupProgress progress;

	private final long token;

	private final LaneBegins begins;

	private final RedisLog log;

	private final LaneChannels channels;

	private final Runnable wake;

	private final CompletableFuture<@Nullable Void> firstPage = new CompletableFuture<>();

	/** Up to which time all channels were looked at; 0 if that is not known. */
	private long checked;

	private boolean takenOver;

	private @Nullable LaneIndexReader round;

	private long roundTime;

	/** Whether the end of a log was not known in the present round. */
	private boolean incomplete;

	private volatile boolean wanted = true;

	private long roundAt;

	private @Nullable LaneIndexReader slow;

	private @Nullable ProgressReader handled;

	private long slowPageAt = System.nanoTime();

	private long slowPassAt = System.nanoTime();

	private boolean running;

	LaneRounds(LanePace pace, GroupCalls calls, RedisLanes lanes, int lane, Predicate<String> filter,
			GroupProgress progress, LaneBegins begins, long token, long checked, RedisLog log, LaneChannels channels,
			Runnable wake) {
		this.pace = pace;
		this.calls = calls;
		this.lanes = lanes;
		this.lane = lane;
		this.filter = filter;
		this.progress = progress;
		this.token = token;
		this.checked = checked;
		this.begins = begins;
		this.log = log;
		this.channels = channels;
		this.wake = wake;
	}

	/**
	 * Begin a round now, because announcements may have been lost.
	 */
	void request() {
		this.wanted = true;
		run();
	}

	/**
	 * Return a future that completes when the first channels were found.
	 */
	CompletableFuture<@Nullable Void> firstPage() {
		return this.firstPage;
	}

	/**
	 * Make the next call, if one is due and none is under way.
	 */
	void run() {
		CompletableFuture<Boolean> step;
		synchronized (this) {
			if (this.running) {
				return;
			}
			this.running = true;
			try {
				step = step();
			}
			catch (RuntimeException | Error ex) {
				this.running = false;
				throw ex;
			}
		}
		step.whenComplete((more, ex) -> {
			synchronized (this) {
				this.running = false;
				if (ex != null) {
					failed();
				}
			}
			this.calls.unexpected(ex);
			// After a failure the next tick goes on
			if (ex == null && more) {
				run();
			}
		});
	}

	private CompletableFuture<Position> peek(String channel) {
		return this.calls.reported(GroupCalls.started(() -> this.log.peek(channel)));
	}

	private void failed() {
		// What was under way is done again from its beginning
		this.round = null;
		this.slow = null;
		this.handled = null;
		this.wanted = true;
	}

	private CompletableFuture<Boolean> step() {
		long now = System.nanoTime();
		if (!this.takenOver) {
			return takeOver();
		}
		if (this.channels.readyCount() > ENOUGH) {
			return CompletableFuture.completedFuture(false);
		}
		if (this.round == null && (this.wanted || now - this.roundAt >= this.pace.round().toNanos()
				|| this.channels.takeOverflowed())) {
			this.wanted = false;
			this.roundAt = now;
			this.roundTime = 0;
			this.incomplete = false;
			this.round = new LaneIndexReader(this.calls, this.lanes.recent(this.lane), this.checked - MARGIN_MILLIS);
		}
		if (this.round != null) {
			return roundPage(this.round);
		}
		if (now - this.slowPageAt >= this.pace.slowPage().toNanos()) {
			this.slowPageAt = now;
			return slowPage(now);
		}
		return CompletableFuture.completedFuture(false);
	}

	private CompletableFuture<Boolean> takeOver() {
		return this.progress.unfinished()
			.thenCompose((names) -> lookAt(names.stream().filter(this.filter).toList(), Look.LEFT))
			.thenCompose((nothing) -> (this.checked != 0) ? removedSince(
					new LaneIndexReader(this.calls, this.lanes.removed(this.lane), this.checked - MARGIN_MILLIS))
					: CompletableFuture.completedFuture(null))
			.thenApply((nothing) -> {
				synchronized (this) {
					this.takenOver = true;
				}
				return true;
			});
	}

	/**
	 * Look at channels that had messages since the last checkpoint, and were removed from
	 * the index because those have expired.
	 */
	private CompletableFuture<@Nullable Void> removedSince(LaneIndexReader reader) {
		return reader.next(this.filter, PAGE)
			.thenCompose((page) -> lookAt(page.channels(), Look.REMOVED).thenCompose(
					(nothing) -> page.last() ? CompletableFuture.completedFuture(null) : removedSince(reader)));
	}

	private CompletableFuture<Boolean> roundPage(LaneIndexReader reader) {
		return reader.next(this.filter, PAGE)
			.thenCompose((page) -> lookAt(page.channels(), Look.RECENT).thenCompose((nothing) -> {
				this.firstPage.complete(null);
				synchronized (this) {
					this.roundTime = (this.roundTime != 0) ? this.roundTime : page.time();
					if (!page.last()) {
						return CompletableFuture.completedFuture(true);
					}
					this.round = null;
				}
				return checkpoint().thenApply((done) -> false);
			}));
	}

	private CompletableFuture<@Nullable Void> checkpoint() {
		List<String> open = this.channels.open();
		long time = this.roundTime;
		boolean incomplete;
		synchronized (this) {
			incomplete = this.incomplete;
		}
		if (incomplete || open.size() > MAX_UNFINISHED || this.channels.takeOverflowed()) {
			// The next round begins where this one did
			return CompletableFuture.completedFuture(null);
		}
		return this.progress.checkpoint(this.token, time, open).thenApply((nothing) -> {
			synchronized (this) {
				this.checked = time;
			}
			return null;
		});
	}

	private CompletableFuture<Boolean> slowPage(long now) {
		if (this.slow == null && this.handled == null) {
			if (now - this.slowPassAt < this.pace.slowPass().toNanos()) {
				return CompletableFuture.completedFuture(false);
			}
			this.slowPassAt = now;
			this.slow = new LaneIndexReader(this.calls, this.lanes.recent(this.lane), 0);
		}
		LaneIndexReader slow = this.slow;
		if (slow != null) {
			return slow.next(this.filter, PAGE)
				.thenCompose((page) -> lookAt(page.channels(), Look.ANY).thenApply((nothing) -> {
					synchronized (this) {
						if (page.last() && this.slow != null) {
							this.slow = null;
							this.handled = new ProgressReader(this.calls, this.progress, this.lanes, this.lane);
						}
					}
					return false;
				}));
		}
		ProgressReader handled = Objects.requireNonNull(this.handled);
		return handled.next(PAGE).thenCompose((page) -> notIndexed(page.positions()).thenApply((nothing) -> {
			synchronized (this) {
				this.handled = page.last() ? null : this.handled;
			}
			return false;
		}));
	}

	/**
	 * Find out in which of some channels something is to do. Those in which something is
	 * in work may have got more since.
	 */
	private CompletableFuture<@Nullable Void> lookAt(List<String> names, Look look) {
		List<CompletableFuture<?>> parts = new ArrayList<>();
		for (int i = 0; i < names.size(); i += PAGE) {
			parts.add(lookAtPart(names.subList(i, Math.min(names.size(), i + PAGE)), look));
		}
		return GroupCalls.all(parts);
	}

	private CompletableFuture<?> lookAtPart(List<String> names, Look look) {
		Map<String, Position> done = new HashMap<>();
		Set<String> open = new HashSet<>();
		for (String name : names) {
			Position position = this.channels.done(name);
			if (position != null) {
				done.put(name, position);
			}
			else if (this.channels.isOpen(name)) {
				open.add(name);
			}
		}
		Map<String, Position> ends = new ConcurrentHashMap<>();
		CompletableFuture<?> looked = GroupCalls.all(names.stream().map((name) -> peek(name).handle((end, ex) -> {
			if (end != null) {
				ends.put(name, end);
			}
			return null;
		})).toList());
		return this.begins
			.load(names.stream().filter((name) -> !done.containsKey(name) && !open.contains(name)).toList())
			.thenCombine(looked, (loaded, nothing) -> {
				done.putAll(loaded);
				boolean wake = false;
				for (String name : names) {
					Position handled = done.get(name);
					Position end = ends.get(name);
					if (end == null) {
						wake |= notAnswered(name, handled, look);
						continue;
					}
					if (open.contains(name)) {
						wake |= end.offset() > 0 && this.channels.appended(name, end);
						continue;
					}
					if (handled == null && look == Look.REMOVED) {
						handled = LaneReader.UNKNOWN;
					}
					if (end.offset() > 0 || look != Look.ANY) {
						wake |= this.channels.found(name, handled, end);
					}
				}
				if (wake) {
					this.wake.run();
				}
				return null;
			});
	}

	/**
	 * Keep a channel whose log cannot be looked at now, for example because its server in
	 * a Redis Cluster is away. The others are looked at nevertheless.
	 * @return whether the owner has to be woken
	 */
	private boolean notAnswered(String name, @Nullable Position handled, Look look) {
		return switch (look) {
			case LEFT -> this.channels.unknown(name);
			case REMOVED -> this.channels.found(name, (handled != null) ? handled : LaneReader.UNKNOWN, GONE);
			case RECENT -> {
				// The next round begins where this one did
				synchronized (this) {
					this.incomplete = true;
				}
				yield false;
			}
			case ANY -> false;
		};
	}

	/**
	 * Look at channels in which the group has handled something, and which are not in the
	 * index. If the log is gone, its messages were handled or reported as missing, and
	 * the progress is forgotten. If not, the index was lost, and the log may have more.
	 */
	private CompletableFuture<?> notIndexed(Map<String, Position> positions) {
		Map<String, Position> gone = new ConcurrentHashMap<>();
		return GroupCalls.all(positions.entrySet().stream().map((each) -> {
			String name = each.getKey();
			boolean closed = !this.channels.isOpen(name);
			return peek(name).handle((end, ex) -> {
				if (end == null) {
					// It is looked at again in the next pass
					return null;
				}
				if (end.offset() > 0) {
					if (this.filter.test(name) && this.channels.found(name, each.getValue(), end)) {
						this.wake.run();
					}
				}
				else if (closed) {
					gone.put(name, each.getValue());
				}
				return null;
			});
		}).toList()).thenCompose((nothing) -> {
			if (gone.isEmpty()) {
				return CompletableFuture.completedFuture(null);
			}
			gone.keySet().forEach(this.channels::forget);
			return this.progress.forget(this.token, gone);
		});
	}

	/**
	 * Why channels are looked at.
	 */
	private enum Look {

		/** The former owner has left something in them. */
		LEFT,

		/** They had messages since the last checkpoint, which have expired. */
		REMOVED,

		/** They may have had messages since the last checkpoint. */
		RECENT,

		/** They are in the index. If the log is gone, it was handled before. */
		ANY

	}

}
