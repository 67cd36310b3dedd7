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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads all partitions of a feed's topic, beginning at their ends. One thread does all of
 * it, and connects again whenever the connection or the topic is lost.
 */
final class EveryoneInput implements FeedInput {

	private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

	private static final Duration MAX_PAUSE = Duration.ofSeconds(2);

	/** A consumer that has got no answer for this long is replaced. */
	private static final Duration MAX_SILENCE = Duration.ofSeconds(15);

	/** What is not there, or not allowed, will hardly be a second later. */
	private static final Duration REFUSED_PAUSE = Duration.ofSeconds(5);

	private static final Duration END = Duration.ofSeconds(2);

	private final FeedRun run;

	private final FeedSettings settings;

	/** Stays with the partitions where it is, whatever happens to the connection. */
	private final TopicReader reader;

	private final CountDownLatch stopping = new CountDownLatch(1);

	private final CompletableFuture<@Nullable Void> placed = new CompletableFuture<>();

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	private volatile boolean up;

	/** Whether the broker has answered the last question. */
	private boolean answers;

	/** Since when it does not answer, in nanoseconds. */
	private long downSince;

	private @Nullable Thread thread;

	EveryoneInput(FeedRun run) {
		this.run = run;
		this.settings = run.settings();
		this.reader = new TopicReader(run);
	}

	@Override
	public void start(FeedSink sink) {
		Thread thread = Threads.factory("feed-" + this.settings.name()).newThread(() -> readAll(sink));
		this.thread = thread;
		thread.start();
	}

	@Override
	public void stop() {
		this.stopping.countDown();
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			consumer.wakeup();
		}
		Thread thread = this.thread;
		if (thread != null) {
			try {
				thread.join(END.toMillis());
				if (thread.isAlive()) {
					// It waits for the application's mapping, or for a broker
					thread.interrupt();
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
		this.up = false;
		this.placed.completeExceptionally(new RelayUnavailableException(this.settings.name(), null));
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String channel) {
		return this.placed.copy();
	}

	@Override
	public void unsubscribe(String channel) {
		// All records come, whoever wants them
	}

	@Override
	public boolean isUp() {
		return this.up;
	}

	@Override
	public @Nullable TopicInfo topic() {
		return this.reader.topic();
	}

	@Override
	public @Nullable PartitionPlace place(int partition) {
		return this.reader.place(partition);
	}

	@Override
	public @Nullable RecoveryMemory memory(int partition, PartitionPlace place) {
		return this.run.memory();
	}

	@Override
	public long lag() {
		return this.reader.lag();
	}

	private boolean isStopping() {
		return this.stopping.getCount() == 0;
	}

	private void readAll(FeedSink sink) {
		Duration pause = FIRST_PAUSE;
		while (!isStopping()) {
			try {
				read(sink);
			}
			catch (WakeupException ex) {
				// The feed stops
			}
			catch (Throwable ex) {
				if (isStopping()) {
					return;
				}
				// Whoever has interrupted it, the feed goes on
				Thread.interrupted();
				boolean worked = this.up;
				this.up = false;
				failed(ex);
				pause = worked ? FIRST_PAUSE : shorter(pause.multipliedBy(2), MAX_PAUSE);
				if (!pause(isRefusal(ex) ? REFUSED_PAUSE : pause)) {
					return;
				}
			}
			finally {
				this.consumer = null;
			}
		}
	}

	private static Duration shorter(Duration first, Duration second) {
		return (first.compareTo(second) < 0) ? first : second;
	}

	private static boolean isRefusal(Throwable failure) {
		return failure instanceof AuthorizationException || failure instanceof UnknownTopicOrPartitionException;
	}

	private void failed(Throwable failure) {
		this.run.health().failed(failure, this.run.clients().servers());
		if (!(failure instanceof KafkaException)) {
			this.run.guard().failed(failure);
		}
	}

	/**
	 * Wait before the next attempt.
	 * @return whether there is one
	 */
	private boolean pause(Duration pause) {
		try {
			return !this.stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			return !isStopping();
		}
	}

	/**
	 * Connect, and read until the connection does not work any more.
	 */
	private void read(FeedSink sink) throws InterruptedException {
		FeedClients clients = this.run.clients();
		if (!clients.isReachable()) {
			throw new KafkaException("no broker accepts a connection");
		}
		try (TopicWatch watch = new TopicWatch(this.settings.topic(), clients.admin())) {
			TopicInfo found = watch.ask();
			this.answers = true;
			FeedState state = this.run.state();
			if (state != null && state.isStored()) {
				state.compacted(watch.isCompacted());
			}
			try (Consumer<byte[], byte[]> records = clients.topicReader()) {
				this.consumer = records;
				this.reader.begin(found, records, sink);
				while (!isStopping()) {
					works();
					look(watch, sink);
					this.reader.poll(watch, sink);
				}
			}
		}
	}

	private void works() {
		TopicInfo topic = this.reader.topic();
		if (this.up || !this.answers || topic == null || this.reader.isLoading()) {
			return;
		}
		this.run.health()
			.works("reads " + topic.partitions() + " partitions of the topic '" + this.settings.topic() + "'");
		this.up = true;
		this.placed.complete(null);
	}

	private void look(TopicWatch watch, FeedSink sink) throws InterruptedException {
		try {
			TopicInfo found = watch.look();
			if (found != null) {
				this.answers = true;
				this.reader.adopt(found, sink);
			}
		}
		catch (AuthorizationException | UnknownTopicOrPartitionException ex) {
			throw ex;
		}
		catch (KafkaException ex) {
			// The broker is away. The consumer waits for it, unless it may have come back
			// at another address
			this.run.health().failed(ex, this.run.clients().servers());
			this.up = false;
			if (this.answers) {
				this.answers = false;
				this.downSince = System.nanoTime();
			}
			else if (System.nanoTime() - this.downSince > MAX_SILENCE.toNanos()) {
				throw ex;
			}
		}
	}

}
