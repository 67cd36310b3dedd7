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
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The stream of one subscriber: passes items on as the subscriber requests them, one
 * after another. Any thread may wake it. The subscriber is called by a task on the
 * application's threads, of which there is at most one at a time; so a subscriber that
 * blocks holds one thread.
 */
final class ItemStream implements Flow.Subscription, StreamSignal {

	private static final Log logger = LogFactory.getLog(ItemStream.class);

	private static final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	/** The number of items after which other tasks get the thread. */
	private static final int BATCH = 256;

	private static final Duration RETRY = Duration.ofMillis(100);

	private final String channel;

	private final ItemSource source;

	private final ListeningContext context;

	/** The subscriber, if it may work on an item after onNext has returned. */
	private final @Nullable InProgress progress;

	/** {@code null} after the end, so that the subscriber is not kept. */
	private volatile Flow.@Nullable Subscriber<? super ChannelItem> subscriber;

	private final AtomicLong demand = new AtomicLong();

	/** The number of reasons to run the task, among them the call of onSubscribe. */
	private final AtomicInteger work = new AtomicInteger(1);

	private final AtomicReference<State> state = new AtomicReference<>(State.NEW);

	private final AtomicBoolean ended = new AtomicBoolean();

	private final Consumer<ItemStream> whenEnded;

	/** How the stream ends, once there is no item any more. */
	private volatile @Nullable Throwable failure;

	/** How the stream ends, at once. */
	private volatile @Nullable Throwable badRequest;

	private volatile boolean completed;

	/** Whether the subscriber is being called. */
	private volatile boolean calling;

	ItemStream(String channel, ItemSource source, Flow.Subscriber<? super ChannelItem> subscriber,
			ListeningContext context, Consumer<ItemStream> whenEnded) {
		this.channel = channel;
		this.source = source;
		this.subscriber = subscriber;
		this.progress = (subscriber instanceof InProgress working) ? working : null;
		this.context = context;
		this.whenEnded = whenEnded;
	}

	/**
	 * Call the subscriber's onSubscribe. Until it has returned, nothing else is called.
	 */
	void open() {
		Flow.Subscriber<? super ChannelItem> subscriber = this.subscriber;
		try {
			if (subscriber != null) {
				subscriber.onSubscribe(this);
			}
		}
		catch (Throwable ex) {
			failed("onSubscribe", ex);
		}
		if (this.work.decrementAndGet() > 0) {
			schedule();
		}
	}

	/**
	 * Begin to follow the channel, because the node has started.
	 */
	void begin() {
		if (this.state.compareAndSet(State.NEW, State.BEGUN)) {
			try {
				this.source.begin(this);
			}
			catch (Throwable ex) {
				fail(ex);
			}
		}
		// What was requested before the node had threads
		wake();
	}

	@Override
	public void request(long n) {
		if (n <= 0) {
			this.badRequest = new IllegalArgumentException("A subscriber of the channel '" + this.channel
					+ "' has requested " + n + " items. Request 1 or more, as rule 3.9 of Reactive Streams says");
		}
		else {
			this.demand.accumulateAndGet(n, (have, more) -> {
				long sum = have + more;
				return (sum < 0) ? Long.MAX_VALUE : sum;
			});
		}
		wake();
	}

	@Override
	public void cancel() {
		end();
	}

	@Override
	public void fail(Throwable failure) {
		if (this.failure == null) {
			this.failure = failure;
		}
		wake();
	}

	/**
	 * End the stream at once, because the node stops. The subscriber is called on the
	 * application's threads or, if there are none any more, on the calling thread, which
	 * may therefore block.
	 */
	void complete() {
		this.completed = true;
		wake();
		if (!this.ended.get() && !this.context.futures().isStarted() && this.work.getAndIncrement() == 0) {
			run();
		}
	}

	/**
	 * Return whether a call of the subscriber is under way or will follow, or the
	 * subscriber still works on an item.
	 */
	boolean isBusy() {
		return !this.ended.get() || this.calling || (this.progress != null && this.progress.isInProgress());
	}

	@Override
	public void wake() {
		if (!this.ended.get() && this.work.getAndIncrement() == 0) {
			schedule();
		}
	}

	private void schedule() {
		try {
			if (!this.context.futures().executeIfStarted(this, this::run)) {
				// The node does not run. The caller may be a thread of the relay, which
				// must not run the subscriber. The node's start wakes the stream again.
				this.work.set(0);
				if (this.context.futures().isStarted()) {
					// It has just started, and may have woken the stream too early
					wake();
				}
			}
		}
		catch (Throwable ex) {
			// For example, memory is short
			this.context.guard().failed(ex);
			scheduleLater();
		}
	}

	private void scheduleLater() {
		try {
			this.context.later(this::schedule, RETRY);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
		}
	}

	private void run() {
		int seen = this.work.get();
		do {
			try {
				if (pass()) {
					schedule();
					return;
				}
			}
			catch (Throwable ex) {
				this.context.guard().failed(ex);
				scheduleLater();
				return;
			}
			seen = this.work.addAndGet(-seen);
		}
		while (seen != 0);
	}

	/**
	 * Pass on the items that are requested and there.
	 * @return whether there may be more, but other tasks have to get the thread first
	 */
	private boolean pass() {
		Flow.Subscriber<? super ChannelItem> subscriber = this.subscriber;
		if (subscriber == null) {
			return false;
		}
		this.calling = true;
		try {
			for (int passed = 0; passed < BATCH; passed++) {
				if (!passOne(subscriber)) {
					return false;
				}
			}
			return true;
		}
		finally {
			this.calling = false;
		}
	}

	private boolean passOne(Flow.Subscriber<? super ChannelItem> subscriber) {
		if (this.ended.get()) {
			return false;
		}
		Throwable badRequest = this.badRequest;
		if (badRequest != null || this.completed) {
			countDiscarded();
			finish(subscriber, badRequest);
			return false;
		}
		boolean wanted = this.demand.get() > 0;
		ChannelItem item = wanted ? this.source.poll() : null;
		if (item != null) {
			if (this.demand.get() != Long.MAX_VALUE) {
				this.demand.decrementAndGet();
			}
			return pass(subscriber, item);
		}
		Throwable failure = this.failure;
		if (failure != null && this.source.isEmpty()) {
			finish(subscriber, failure);
		}
		else if (wanted) {
			this.source.wanted();
		}
		return false;
	}

	private boolean pass(Flow.Subscriber<? super ChannelItem> subscriber, ChannelItem item) {
		if (item instanceof Discontinuity discontinuity) {
			this.context.statistics().countDiscontinuity(discontinuity.reason());
		}
		else {
			this.context.statistics().countReceived();
		}
		try {
			subscriber.onNext(item);
			return true;
		}
		catch (Throwable ex) {
			failed("onNext", ex);
			return false;
		}
	}

	private void finish(Flow.Subscriber<? super ChannelItem> subscriber, @Nullable Throwable failure) {
		end();
		try {
			if (failure != null) {
				subscriber.onError(failure);
			}
			else {
				subscriber.onComplete();
			}
		}
		catch (Throwable ex) {
			failed((failure != null) ? "onError" : "onComplete", ex);
		}
	}

	private void countDiscarded() {
		if (this.completed) {
			this.context.statistics().countDiscarded(this.source.waiting());
		}
	}

	private void failed(String method, Throwable failure) {
		this.context.statistics().countFailure();
		failureLog.error("A subscriber of the channel '" + this.channel + "' threw an exception in " + method
				+ ". Its subscription has ended; others are not affected. Handle the exception in the subscriber",
				failure);
		end();
	}

	private void end() {
		if (!this.ended.compareAndSet(false, true)) {
			return;
		}
		this.subscriber = null;
		if (this.state.getAndSet(State.CLOSED) == State.BEGUN) {
			this.context.guard().run(this.source::close);
		}
		this.whenEnded.accept(this);
	}

	private enum State {

		NEW, BEGUN, CLOSED

	}

}
