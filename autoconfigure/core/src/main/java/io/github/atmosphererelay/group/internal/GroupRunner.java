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

package io.github.atmosphererelay.group.internal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * This node's part in a group: the lanes that belong to it, and the threads that handle
 * their messages. Can be started again after a stop.
 */
public final class GroupRunner {

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

	private static final Duration TICK = Duration.ofSeconds(2);

	private static final Duration LAST_STEPS = Duration.ofSeconds(5);

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(GroupRunner.class), LOG_INTERVAL);

	private final GroupOptions options;

	private final String pattern;

	private final GroupHandler handler;

	private final GroupSettings settings;

	private final ConsumerGroups groups;

	private final Timers timers;

	private final Consumer<Object> events;

	private final ApplicationThreads threads;

	private final GroupStatistics statistics = new GroupStatistics();

	/**
	 * How many messages that were set aside may be in replay at once. A replay takes the
	 * place of a message, and those that hang must not take all.
	 */
	private final int maxReplays;

	/** The messages whose replay has begun on this node. */
	private final Set<UUID> replays = ConcurrentHashMap.newKeySet();

	private volatile @Nullable Membership membership;

	/**
	 * Create a runner.
	 * @param options the group
	 * @param pattern the pattern of its channels, for operators
	 * @param handler handles the messages
	 * @param settings how
	 * @param groups the relay's groups
	 * @param timers run retries
	 * @param events receives application events; does not block
	 * @param threads run the handler; used by this group alone
	 */
	public GroupRunner(GroupOptions options, String pattern, GroupHandler handler, GroupSettings settings,
			ConsumerGroups groups, Timers timers, Consumer<Object> events, ApplicationThreads threads) {
		this.options = options;
		this.pattern = pattern;
		this.handler = handler;
		this.settings = settings;
		this.groups = groups;
		this.timers = timers;
		this.events = events;
		this.threads = threads;
		this.maxReplays = Math.max(1, settings.threads() / 2);
	}

	/**
	 * Return the group's name.
	 * @return the name
	 */
	public String name() {
		return this.options.name();
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public GroupStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Describe this node's part in the group.
	 * @return the description
	 */
	public GroupDescription describe() {
		Membership membership = this.membership;
		List<GroupDescription.Lane> lanes = (membership != null) ? membership.describe() : List.of();
		return new GroupDescription(name(), this.pattern, this.handler.name(), lanes, this.statistics.lag(),
				this.statistics.parked(), this.statistics.bufferedMessages(), this.statistics.setAside());
	}

	/**
	 * Join the group.
	 */
	public synchronized void start() {
		Membership membership = new Membership();
		this.membership = membership;
		membership.join();
	}

	/**
	 * Begin to leave the group: messages that are being handled are finished, and no
	 * others are begun.
	 */
	public void release() {
		Membership membership = this.membership;
		if (membership != null) {
			membership.release();
		}
	}

	/**
	 * Leave the group. Waits for messages that are being handled, and interrupts the
	 * handlers that last longer.
	 */
	public void stop() {
		stop(deadline());
	}

	/**
	 * Return until when a stop that begins now waits for handlers.
	 */
	long deadline() {
		return System.nanoTime() + this.settings.stopTimeout().toNanos();
	}

	synchronized void stop(long deadline) {
		Membership membership = this.membership;
		if (membership != null) {
			membership.leave(deadline);
			this.membership = null;
		}
	}

	/**
	 * Handle a message that was set aside, beside the other messages of its channel. If
	 * that succeeds, the message is not set aside any more. A message is in replay once
	 * at a time on this node; another node does not know of it.
	 * @param id the message's id
	 * @return completes with how that went; fails if the broker cannot be reached
	 */
	public CompletableFuture<Replay> replay(UUID id) {
		if (this.replays.size() >= this.maxReplays) {
			return refused("this node replays " + this.maxReplays + " messages of the group already, which is half of"
					+ " 'atmosphere.groups.threads'. Try again when they have ended");
		}
		if (!this.replays.add(id)) {
			return refused("the message is being replayed by this node since an earlier request");
		}
		CompletableFuture<Replay> result;
		try {
			result = findAndHandle(id);
		}
		catch (RuntimeException | Error ex) {
			result = CompletableFuture.failedFuture(ex);
		}
		return result.whenComplete((replay, ex) -> this.replays.remove(id));
	}

	private static CompletableFuture<Replay> refused(String reason) {
		return CompletableFuture.completedFuture(new Replay(false, reason));
	}

	private CompletableFuture<Replay> findAndHandle(UUID id) {
		return this.groups.setAside().find(name(), id).thenCompose((message) -> {
			if (message == null) {
				return refused("there is no such message");
			}
			return handle(message).handle((nothing, ex) -> (ex != null) ? LaneRunner.reason(Failures.unwrap(ex)) : null)
				.thenCompose((failure) -> (failure != null) ? refused(failure) : replayed(id));
		});
	}

	private CompletableFuture<Replay> replayed(UUID id) {
		this.statistics.count(Event.REPLAYED, 1);
		return this.groups.setAside().remove(name(), id).thenApply((removed) -> new Replay(true, null));
	}

	private CompletableFuture<Boolean> handle(SetAsideMessage message) {
		CompletableFuture<Boolean> result = new CompletableFuture<>();
		Membership membership = this.membership;
		if (membership == null) {
			result.completeExceptionally(new RejectedExecutionException("the node stops"));
			return result;
		}
		try {
			membership.slots.execute(() -> {
				result.whenComplete((handled, ex) -> membership.slots.release());
				try {
					CompletionStage<?> stage = this.handler.handle(null, message.publication());
					if (stage == null) {
						result.complete(true);
						return;
					}
					stage.whenComplete((nothing, ex) -> {
						if (ex != null) {
							result.completeExceptionally(ex);
						}
						else {
							result.complete(true);
						}
					});
				}
				catch (Throwable ex) {
					result.completeExceptionally(ex);
				}
			});
		}
		catch (RejectedExecutionException ex) {
			result.completeExceptionally(ex);
		}
		return result;
	}

	/**
	 * Discard a message that was set aside.
	 * @param id the message's id
	 * @return completes with whether it was there
	 */
	public CompletableFuture<Boolean> discard(UUID id) {
		return this.groups.setAside().remove(name(), id).thenApply((removed) -> {
			this.statistics.count(Event.DISCARDED, removed ? 1 : 0);
			return removed;
		});
	}

	/**
	 * Count the messages that were set aside.
	 * @return completes with the number, of all nodes
	 */
	public CompletableFuture<Long> countSetAside() {
		return this.groups.setAside().count(name());
	}

	/**
	 * List messages that were set aside.
	 * @param offset how many to leave out
	 * @param limit how many at most
	 * @return completes with the messages, those first that were set aside first
	 */
	public CompletableFuture<List<SetAsideMessage>> setAside(long offset, int limit) {
		return this.groups.setAside().list(name(), offset, limit);
	}

	/**
	 * How a replay went.
	 *
	 * @param handled whether the message was handled
	 * @param reason why not, or {@code null}
	 */
	public record Replay(boolean handled, @Nullable String reason) {
	}

	/**
	 * The time from a start to the next stop.
	 */
	private final class Membership implements GroupLaneListener {

		private final Map<GroupLane, LaneRunner> lanes = new ConcurrentHashMap<>();

		/** Its thread stays, since memory may be too short for another one. */
		private final ThreadPoolExecutor steps = Threads.pool("group", 1, new LinkedBlockingQueue<>());

		private final HandlerSlots slots;

		private final GroupContext context;

		private @Nullable GroupMembership joined;

		private @Nullable ScheduledFuture<?> tick;

		private volatile boolean releasing;

		private Membership() {
			this.steps.allowCoreThreadTimeOut(false);
			Executor executor = GroupRunner.this.threads.start();
			this.slots = new HandlerSlots(executor, GroupRunner.this.settings.threads());
			this.context = new GroupContext(name(), GroupRunner.this.handler, GroupRunner.this.settings, this.steps,
					this.slots, GroupRunner.this.timers, GroupRunner.this.events, GroupRunner.this.statistics,
					GroupRunner.this.log, new AtomicBoolean(), this::wake);
		}

		private void join() {
			this.joined = GroupRunner.this.groups.join(GroupRunner.this.options, this);
			this.tick = GroupRunner.this.timers.repeat(Part.LISTENERS, this::tick, TICK, TICK);
		}

		private void wake() {
			this.lanes.values().forEach(LaneRunner::wake);
		}

		private void tick() {
			this.slots.startWaiting();
			this.lanes.values().forEach(LaneRunner::tick);
			List<CompletableFuture<Long>> lags = this.lanes.keySet().stream().map(GroupLane::lag).toList();
			// While a lane does not answer, the lag is what it was
			CompletableFuture.allOf(lags.toArray(CompletableFuture<?>[]::new))
				.thenRun(() -> GroupRunner.this.statistics.lag(lags.stream().mapToLong((lag) -> lag.getNow(0L)).sum()));
			GroupRunner.this.groups.setAside().count(name()).thenAccept(GroupRunner.this.statistics::setAside);
		}

		private List<GroupDescription.Lane> describe() {
			return this.lanes.keySet()
				.stream()
				.map((lane) -> new GroupDescription.Lane(lane.number(), lane.token()))
				.sorted()
				.toList();
		}

		private void release() {
			this.releasing = true;
			if (this.joined != null) {
				this.joined.withdraw();
			}
			this.lanes.values().forEach(LaneRunner::release);
		}

		private void leave(long deadline) {
			release();
			CompletableFuture<?> released = CompletableFuture
				.allOf(this.lanes.values().stream().map(LaneRunner::release).toArray(CompletableFuture<?>[]::new));
			try {
				released.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			catch (ExecutionException | TimeoutException ex) {
				GroupRunner.this.log.warn(() -> "Handlers of the group '" + name() + "' have not ended within "
						+ GroupRunner.this.settings.stopTimeout() + ". Their messages are handled again");
			}
			if (this.joined != null) {
				this.joined.leave();
			}
			if (this.tick != null) {
				this.tick.cancel(false);
			}
			this.lanes.values().forEach(LaneRunner::abandon);
			endSteps(deadline);
			GroupRunner.this.statistics.lag(0);
			GroupRunner.this.threads.stop();
		}

		private void endSteps(long deadline) {
			this.steps.shutdown();
			try {
				this.steps.awaitTermination(deadline + LAST_STEPS.toNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@Override
		public void assigned(GroupLane lane) {
			LaneRunner runner = new LaneRunner(lane, this.context);
			this.lanes.put(lane, runner);
			runner.whenEnded(() -> this.lanes.remove(lane));
			if (this.releasing) {
				runner.release();
			}
			else {
				runner.wake();
			}
		}

		@Override
		public void revoked(GroupLane lane) {
			LaneRunner runner = this.lanes.get(lane);
			if (runner != null) {
				runner.release();
			}
		}

		@Override
		public void lost(GroupLane lane) {
			LaneRunner runner = this.lanes.get(lane);
			if (runner != null) {
				runner.lost();
			}
		}

		@Override
		public void available(GroupLane lane) {
			LaneRunner runner = this.lanes.get(lane);
			if (runner != null) {
				runner.wake();
			}
		}

	}

}
