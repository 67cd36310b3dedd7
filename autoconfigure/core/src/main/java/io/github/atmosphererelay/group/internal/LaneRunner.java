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
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.github.atmosphererelay.event.GroupMessageSetAside;
import io.github.atmosphererelay.event.MessagesMissed;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.MessageId;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupTransactionException;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.jspecify.annotations.Nullable;

/**
 * Handles the messages of a lane as long as it belongs to this node: in order within a
 * channel, channels side by side. A channel whose message has failed parks until the
 * retry, and keeps only that message in memory.
 * <p>
 * Threads: what happens to the lanes of a group comes as steps, which run one after
 * another on one thread of the group and do not block. The handler runs on the
 * application's threads.
 */
final class LaneRunner {

	private static final PageLimit PAGE = new PageLimit(100, 256 * 1024);

	/** How many messages of a channel are read before the lane leaves it out. */
	private static final int MANY = 200;

	/** How many messages of a channel are left when the lane reads it again. */
	private static final int FEW = 50;

	private static final Duration PAUSE = Duration.ofSeconds(1);

	private static final int MAX_REASON = 500;

	private final GroupLane lane;

	private final GroupContext context;

	private final Guard guard;

	private final Map<String, ChannelQueue> queues = new HashMap<>();

	private final Set<ChannelQueue> toPause = new LinkedHashSet<>();

	private final Set<ChannelQueue> toResume = new LinkedHashSet<>();

	private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

	private Map<String, Position> uncommitted = new LinkedHashMap<>();

	private boolean committing;

	private boolean reading;

	private boolean more = true;

	private int running;

	private volatile boolean releasing;

	private volatile long releaseUntil;

	private volatile boolean ended;

	/** Whether a step has failed, so that the state of the lane is not known. */
	private volatile boolean broken;

	private boolean givenBack;

	LaneRunner(GroupLane lane, GroupContext context) {
		this.lane = lane;
		this.context = context;
		this.guard = context.timers().guards().of(Part.LISTENERS);
		context.statistics().lanes(1);
	}

	GroupLane lane() {
		return this.lane;
	}

	/**
	 * Read, because there may be messages, or room for them.
	 */
	void wake() {
		step(() -> {
			this.more = true;
			read();
		});
	}

	/**
	 * Look after the lane, every few seconds. If a step has failed, for example because
	 * memory was short, the lane is given back: messages that were read may be in no
	 * queue. Its next owner, which may be this node, reads from the committed position.
	 */
	void tick() {
		if (this.broken) {
			execute(this::giveUp);
			return;
		}
		step(() -> {
			if (this.releasing && System.nanoTime() - this.releaseUntil >= 0) {
				releaseAnyway();
			}
			commit();
			read();
		});
	}

	/**
	 * Finish what has begun, and give the lane back. After the group's time for a stop it
	 * is given back in any case, so that a handler that does not return does not hold the
	 * other channels of the lane.
	 * @return completes when that is done, or the lane is lost
	 */
	CompletableFuture<@Nullable Void> release() {
		boolean first = !this.releasing;
		if (first) {
			this.releaseUntil = System.nanoTime() + this.context.settings().stopTimeout().toNanos();
			this.releasing = true;
		}
		if (this.broken) {
			execute(this::giveUp);
			return this.end;
		}
		step(() -> {
			releaseIfIdle();
			if (first) {
				later(this::releaseAnyway, this.context.settings().stopTimeout());
			}
		});
		return this.end;
	}

	/**
	 * Stop, because the lane does not belong to this node any more.
	 */
	void lost() {
		step(this::loseLane);
	}

	/**
	 * Stop, because the node does. What runs still is handled again elsewhere.
	 */
	void abandon() {
		execute(() -> {
			end();
			this.end.complete(null);
		});
	}

	/**
	 * Run an action when the lane was given back or is lost.
	 */
	void whenEnded(Runnable action) {
		this.end.thenRun(action);
	}

	private void step(Runnable step) {
		execute(() -> {
			if (!this.broken) {
				step.run();
			}
		});
	}

	private void execute(Runnable step) {
		try {
			this.context.steps().execute(() -> run(step));
		}
		catch (RejectedExecutionException ex) {
			// The node has stopped
		}
		catch (Throwable ex) {
			this.broken = true;
			this.guard.failed(ex);
		}
	}

	private void run(Runnable step) {
		try {
			step.run();
		}
		catch (Throwable ex) {
			this.broken = true;
			this.guard.failed(ex);
		}
	}

	private void giveUp() {
		if (!this.givenBack) {
			giveBack();
			this.context.log()
				.warn(() -> "This node has given back lane " + this.lane.number() + " of the group '"
						+ this.context.group() + "' because a step has failed, as the log says before. What it has not"
						+ " committed is handled again");
		}
	}

	private void later(Runnable step, Duration delay) {
		this.context.later(() -> step(() -> {
			if (!this.ended) {
				step.run();
			}
		}), delay);
	}

	/**
	 * Call the lane, and continue with a step when it has answered.
	 */
	private <T> void ask(Supplier<CompletableFuture<T>> question, Answer<T> answer) {
		CompletableFuture<T> future;
		try {
			future = question.get();
		}
		catch (RuntimeException | Error ex) {
			future = CompletableFuture.failedFuture(ex);
		}
		future.whenComplete((result, ex) -> step(() -> {
			if (!this.ended) {
				Throwable failure = Failures.unwrap(ex);
				if (failure instanceof LaneLostException) {
					loseLane();
				}
				else {
					answer.accept(result, failure);
				}
			}
		}));
	}

	private void read() {
		if (this.ended || this.releasing || this.reading || !this.more) {
			return;
		}
		changePauses();
		if (!this.context.hasRoom()) {
			this.context.starving().set(true);
			// Unless there is room since
			if (!this.context.hasRoom()) {
				return;
			}
		}
		this.more = false;
		this.reading = true;
		ask(() -> this.lane.read(PAGE), this::arrived);
	}

	/**
	 * Pause and resume channels, while nothing is being read.
	 */
	private void changePauses() {
		for (ChannelQueue queue : this.toPause) {
			Position since = queue.pausedSince;
			if (since != null) {
				this.lane.pause(queue.channel(), since);
			}
		}
		this.toPause.clear();
		for (ChannelQueue queue : this.toResume) {
			this.lane.resume(queue.channel());
			queue.paused = false;
			removeIfDone(queue);
		}
		this.toResume.clear();
	}

	private void arrived(@Nullable List<ChannelItem> items, @Nullable Throwable failure) {
		this.reading = false;
		if (failure != null && !(failure instanceof RelayException)) {
			throw new IllegalStateException("It is not known how far the lane was read", failure);
		}
		if (items == null) {
			this.context.statistics().count(Event.READ_FAILED, 1);
			this.context.log()
				.warn(() -> "The group '" + this.context.group() + "' cannot read lane " + this.lane.number()
						+ " and tries again every second: " + failure);
			later(() -> {
				this.more = true;
				read();
			}, PAUSE);
			return;
		}
		Set<ChannelQueue> changed = new LinkedHashSet<>();
		for (ChannelItem item : items) {
			ChannelQueue queue = this.queues.computeIfAbsent(item.channel(),
					(channel) -> new ChannelQueue(channel, this.context.statistics()));
			if (!queue.paused) {
				queue.add(item);
				changed.add(queue);
			}
		}
		for (ChannelQueue queue : changed) {
			if (queue.size() >= MANY) {
				pause(queue, queue.end());
			}
			next(queue);
		}
		this.more |= !items.isEmpty();
		read();
	}

	private void pause(ChannelQueue queue, @Nullable Position since) {
		if (since != null) {
			queue.paused = true;
			queue.pausedSince = since;
			this.toResume.remove(queue);
			this.toPause.add(queue);
		}
	}

	private void resume(ChannelQueue queue) {
		this.toResume.add(queue);
		this.more = true;
	}

	private void removeIfDone(ChannelQueue queue) {
		if (queue.size() == 0 && !queue.paused) {
			this.queues.remove(queue.channel());
		}
	}

	/**
	 * Begin with the next message of a channel.
	 */
	private void next(ChannelQueue queue) {
		if (this.ended || this.releasing || queue.running || queue.parked) {
			return;
		}
		while (queue.first() instanceof Discontinuity discontinuity) {
			missed(discontinuity);
			done(queue, discontinuity);
		}
		// While the first message is tried again, the others would be read in vain
		if (queue.paused && queue.attempts == 0 && queue.size() <= FEW) {
			resume(queue);
		}
		if (queue.first() instanceof Publication publication) {
			queue.running = true;
			this.running++;
			try {
				this.context.slots().execute(() -> handle(queue, publication));
			}
			catch (RejectedExecutionException ex) {
				// The threads were stopped, as the node is about to be
				queue.running = false;
				this.running--;
			}
		}
		else {
			removeIfDone(queue);
		}
		read();
	}

	private void missed(Discontinuity discontinuity) {
		this.context.statistics().count(Event.DISCONTINUITY, 1);
		this.context.events().accept(new MessagesMissed(this.context.handler().name(), discontinuity));
		this.context.log()
			.warn(() -> "The group '" + this.context.group() + "' has missed messages, or may have, and goes on with"
					+ " those that exist: " + discontinuity);
	}

	/**
	 * Call the handler. Runs on a thread of the application.
	 */
	private void handle(ChannelQueue queue, Publication publication) {
		AtomicBoolean over = new AtomicBoolean();
		if (this.ended || this.releasing) {
			finished(queue, over, () -> {
			});
			return;
		}
		if (!this.lane.isHeld()) {
			finished(queue, over, () -> later(() -> next(queue), PAUSE));
			return;
		}
		try {
			CompletionStage<?> stage = this.context.handler().handle(this.lane, publication);
			if (stage != null) {
				stage.whenComplete(
						(nothing, ex) -> finished(queue, over, () -> handled(queue, publication, Failures.unwrap(ex))));
				return;
			}
		}
		catch (Throwable ex) {
			finished(queue, over, () -> handled(queue, publication, ex));
			return;
		}
		finished(queue, over, () -> handled(queue, publication, null));
	}

	private void finished(ChannelQueue queue, AtomicBoolean over, Runnable result) {
		if (over.compareAndSet(false, true)) {
			try {
				step(() -> {
					queue.running = false;
					this.running--;
					if (!this.ended) {
						result.run();
						releaseIfIdle();
					}
				});
			}
			finally {
				this.context.slots().release();
			}
		}
	}

	private void handled(ChannelQueue queue, Publication publication, @Nullable Throwable failure) {
		if (failure == null) {
			this.context.statistics().count(Event.HANDLED, 1);
			done(queue, publication);
			next(queue);
		}
		else if (failure instanceof LaneLostException) {
			// Its transaction was to be committed with the progress
			loseLane();
		}
		else if (failure instanceof GroupTransactionException) {
			postpone(queue, failure);
		}
		else {
			failed(queue, publication, failure);
		}
	}

	/**
	 * Try a message again in a second, however often, because the database of its
	 * transaction has failed: otherwise an outage would set messages aside that no
	 * handler has seen.
	 */
	private void postpone(ChannelQueue queue, Throwable failure) {
		storeFailed("handle a message of '" + queue.channel() + "' in a transaction", failure.getCause());
		if (this.releasing) {
			return;
		}
		queue.parked = true;
		this.context.statistics().parked(1);
		later(() -> {
			unpark(queue);
			next(queue);
		}, PAUSE);
	}

	/**
	 * Remove the first item of a channel, since nothing is left to do for it.
	 */
	private void done(ChannelQueue queue, ChannelItem item) {
		queue.removeFirst();
		Position position = item.position();
		if (position != null) {
			this.uncommitted.put(queue.channel(), position);
			commit();
		}
		this.context.madeRoom();
	}

	private void failed(ChannelQueue queue, Publication publication, Throwable thrown) {
		this.context.statistics().count(Event.FAILED, 1);
		if (this.releasing) {
			// The next owner of the lane tries it
			return;
		}
		InvalidMessageException invalid = (thrown instanceof InvalidMessageException found) ? found : null;
		Throwable failure = (invalid != null) ? invalid.failure() : thrown;
		queue.attempts++;
		queue.parked = true;
		this.context.statistics().parked(1);
		queue.shorten();
		pause(queue, publication.position());
		boolean last = invalid != null || queue.attempts >= this.context.settings().maxAttempts();
		if (last) {
			setAside(queue, message(publication, queue.attempts, thrown));
		}
		else {
			later(() -> {
				unpark(queue);
				next(queue);
			}, this.context.settings().delayAfter(queue.attempts));
		}
		this.context.madeRoom();
		log(queue, last, failure);
	}

	private void log(ChannelQueue queue, boolean last, Throwable failure) {
		String message = "The listener " + this.context.handler().name() + " of the group '" + this.context.group()
				+ "' failed for a message in '" + queue.channel() + "'"
				+ (last ? ". The message is set aside" : ", at attempt " + queue.attempts + ". It is tried again");
		try {
			this.context.log().error(message, failure);
		}
		catch (Throwable ex) {
			// The exception of the application cannot be printed
			this.context.log().warn(() -> message + ": " + failure.getClass().getName());
		}
	}

	private void unpark(ChannelQueue queue) {
		queue.parked = false;
		this.context.statistics().parked(-1);
	}

	private SetAsideMessage message(Publication publication, int attempts, Throwable failure) {
		return new SetAsideMessage(this.context.group(), publication, attempts, reason(failure), Instant.now());
	}

	/**
	 * Return what operators see of a failure.
	 */
	static String reason(Throwable failure) {
		String reason;
		try {
			reason = (failure instanceof InvalidMessageException) ? String.valueOf(failure.getMessage())
					: failure.toString();
		}
		catch (RuntimeException | Error ex) {
			reason = failure.getClass().getName();
		}
		return (reason.length() > MAX_REASON) ? reason.substring(0, MAX_REASON) + "..." : reason;
	}

	private void setAside(ChannelQueue queue, SetAsideMessage message) {
		if (this.releasing) {
			return;
		}
		ask(() -> this.lane.setAside(message), (nothing, failure) -> {
			if (failure != null) {
				storeFailed("set a message aside", failure);
				later(() -> setAside(queue, message), PAUSE);
				return;
			}
			this.context.statistics().count(Event.SET_ASIDE, 1);
			Position position = message.publication().position();
			if (position != null) {
				this.context.events()
					.accept(new GroupMessageSetAside(this.context.group(), queue.channel(),
							new MessageId(message.publication().id()), position, message.attempts(), message.reason()));
			}
			unpark(queue);
			done(queue, message.publication());
			next(queue);
		});
	}

	private void storeFailed(String what, @Nullable Throwable failure) {
		this.context.statistics().count(Event.STORE_FAILED, 1);
		if (failure != null && StoreFailures.isLasting(failure)) {
			this.guard.count(failure);
		}
		this.context.log()
			.warn(() -> "The group '" + this.context.group() + "' cannot " + what + " and tries again in a second: "
					+ ((failure != null) ? Failures.describe(failure) : null));
	}

	/**
	 * Store the progress, unless that is being done.
	 */
	private void commit() {
		if (this.ended || this.committing || this.uncommitted.isEmpty()) {
			return;
		}
		this.committing = true;
		Map<String, Position> handled = this.uncommitted;
		this.uncommitted = new LinkedHashMap<>();
		ask(() -> this.lane.commit(handled), (nothing, failure) -> {
			if (failure == null) {
				this.committing = false;
				commit();
				releaseIfIdle();
				return;
			}
			storeFailed("store its progress", failure);
			handled.forEach(this.uncommitted::putIfAbsent);
			later(() -> {
				this.committing = false;
				commit();
			}, PAUSE);
		});
	}

	private void releaseIfIdle() {
		if (this.releasing && !this.ended && this.running == 0 && !this.committing && this.uncommitted.isEmpty()) {
			giveBack();
		}
	}

	private void releaseAnyway() {
		if (this.ended) {
			return;
		}
		this.context.log()
			.warn(() -> "This node gives back lane " + this.lane.number() + " of the group '" + this.context.group()
					+ "' after " + this.context.settings().stopTimeout() + " although " + this.running
					+ " messages are being handled or progress could not be stored. They are handled again");
		giveBack();
	}

	private void giveBack() {
		end();
		this.lane.release();
		this.givenBack = true;
		this.end.complete(null);
	}

	private void loseLane() {
		if (!this.ended) {
			this.context.statistics().count(Event.LANE_LOST, 1);
			this.context.log()
				.warn(() -> "This node has lost lane " + this.lane.number() + " of the group '" + this.context.group()
						+ "' to another one. What it has not committed is handled again there");
			end();
			this.givenBack = true;
			this.end.complete(null);
		}
	}

	private void end() {
		if (this.ended) {
			return;
		}
		this.ended = true;
		for (ChannelQueue queue : this.queues.values()) {
			queue.clear();
			if (queue.parked) {
				unpark(queue);
			}
		}
		this.queues.clear();
		this.context.statistics().lanes(-1);
		this.context.madeRoom();
	}

	/**
	 * Takes the answer of a lane.
	 *
	 * @param <T> the type of the answer
	 */
	private interface Answer<T> {

		void accept(@Nullable T result, @Nullable Throwable failure);

	}

}
