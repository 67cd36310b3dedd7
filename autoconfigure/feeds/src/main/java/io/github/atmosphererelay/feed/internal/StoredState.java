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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.feed.FeedMessage;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.StateVersion;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The current value of each channel of a feed in a state store. What is read of the topic
 * waits in memory until the store has it, so that the newest value is always found here
 * or there. All nodes write the same, and the store keeps what is newest.
 * <p>
 * While the store is away, values wait up to a number of bytes. Of a channel whose value
 * finds no room there is no current value until its next record.
 * <p>
 * Threads: one that writes, one that reads.
 */
final class StoredState {

	private static final Log logger = LogFactory.getLog(StoredState.class);

	private static final int TOGETHER = 500;

	private static final int MAX_QUESTIONS = 10_000;

	/** How many channels without a value are remembered. */
	private static final int MAX_DROPPED = 100_000;

	private static final long RETRY_MILLIS = 500;

	/** How long a node that starts waits for the store, with each record. */
	private static final long ROOM_MILLIS = 5000;

	private static final long JOIN_MILLIS = 1000;

	private final StateStore store;

	private final String feed;

	private final long maxBytes;

	private final FeedStatistics statistics;

	private final Guard guard;

	private final BlockingQueue<Question> questions = new ArrayBlockingQueue<>(MAX_QUESTIONS);

	/** Guarded by this, as all that follows. */
	private final Map<String, Waiting> waiting = new LinkedHashMap<>();

	private final Map<String, Waiting> written = new HashMap<>();

	private final DroppedValues dropped = new DroppedValues(MAX_DROPPED);

	private long bytes;

	private boolean failing;

	private final CountDownLatch stopping = new CountDownLatch(1);

	private @Nullable Thread writer;

	private @Nullable Thread reader;

	/**
	 * Create what is not started yet.
	 * @param store the store
	 * @param feed the feed's name
	 * @param maxBytes how many bytes of values may wait for the store
	 * @param statistics counts values that find no room
	 * @param guard keeps the threads alive
	 */
	StoredState(StateStore store, String feed, long maxBytes, FeedStatistics statistics, Guard guard) {
		this.store = store;
		this.feed = feed;
		this.maxBytes = maxBytes;
		this.statistics = statistics;
		this.guard = guard;
	}

	void start() {
		this.writer = Threads.factory("feed-state-write")
			.newThread(() -> this.guard.loop(() -> !isStopped(), this::write));
		this.reader = Threads.factory("feed-state-read")
			.newThread(() -> this.guard.loop(() -> !isStopped(), this::answer));
		this.writer.start();
		this.reader.start();
	}

	/**
	 * End. What waits is not written: the next start reads it again.
	 */
	void stop() {
		this.stopping.countDown();
		for (Thread thread : new Thread[] { this.writer, this.reader }) {
			if (thread != null) {
				thread.interrupt();
				try {
					thread.join(JOIN_MILLIS);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			}
		}
		fail(new ArrayList<>(this.questions), new IllegalStateException("The feed was stopped"));
	}

	private boolean isStopped() {
		return this.stopping.getCount() == 0;
	}

	private static void fail(List<Question> questions, Throwable cause) {
		questions.forEach((question) -> question.answer.completeExceptionally(cause));
	}

	/**
	 * Take a value.
	 * @param topic the topic
	 * @param record the record that is the value
	 * @param mayWait whether to wait for a while if there is no room
	 * @return whether there was room
	 */
	boolean put(TopicInfo topic, MappedRecord record, boolean mayWait) {
		Waiting value = new Waiting(topic, record);
		synchronized (this) {
			Waiting before = this.waiting.get(record.channel());
			long size = this.bytes + value.size() - ((before != null) ? before.size() : 0);
			if (size > this.maxBytes && mayWait && !this.failing) {
				awaitRoom(value.size());
				before = this.waiting.get(record.channel());
				size = this.bytes + value.size() - ((before != null) ? before.size() : 0);
			}
			if (size > this.maxBytes) {
				this.waiting.remove(record.channel());
				this.bytes -= (before != null) ? before.size() : 0;
				drop(record.channel());
				return false;
			}
			this.waiting.put(record.channel(), value);
			this.bytes = size;
			this.dropped.kept(record.channel());
			notifyAll();
			return true;
		}
	}

	private void awaitRoom(int size) {
		long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ROOM_MILLIS);
		try {
			for (long left = ROOM_MILLIS; left > 0 && this.bytes + size > this.maxBytes
					&& !isStopped(); left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
				wait(left);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void drop(String channel) {
		this.statistics.countDroppedSnapshot();
		this.dropped.dropped(channel);
	}

	/**
	 * Forget what waits, because the topic is another one.
	 */
	synchronized void clear() {
		this.waiting.clear();
		this.written.clear();
		this.dropped.clear();
		this.bytes = 0;
		notifyAll();
	}

	synchronized long bytes() {
		return this.bytes;
	}

	private void write() throws InterruptedException {
		List<Waiting> batch = new ArrayList<>();
		synchronized (this) {
			while (this.waiting.isEmpty()) {
				wait();
			}
			TopicInfo topic = this.waiting.values().iterator().next().topic;
			for (Waiting each : this.waiting.values()) {
				if (batch.size() == TOGETHER || !each.topic.id().equals(topic.id())) {
					break;
				}
				batch.add(each);
			}
			batch.forEach((each) -> {
				this.waiting.remove(each.record.channel());
				this.written.put(each.record.channel(), each);
			});
		}
		List<StateResult> results;
		try {
			results = this.store.putIfNewer(space(batch.get(0).topic), batch.stream().map(Waiting::entry).toList());
		}
		catch (RuntimeException ex) {
			results = batch.stream().map((each) -> StateResult.failed(ex)).toList();
		}
		if (!ended(batch, results)) {
			this.stopping.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
		}
	}

	/**
	 * Forget what the store has, and keep the rest, unless something newer waits.
	 * @return whether the store works
	 */
	private synchronized boolean ended(List<Waiting> batch, List<StateResult> results) {
		Throwable failure = null;
		for (int i = 0; i < batch.size(); i++) {
			Waiting each = batch.get(i);
			String channel = each.record.channel();
			if (!this.written.remove(channel, each)) {
				continue;
			}
			Throwable failed = results.get(i).failure();
			if (failed != null && !(failed instanceof IllegalArgumentException)) {
				failure = failed;
				if (this.waiting.putIfAbsent(channel, each) == null) {
					continue;
				}
			}
			else if (failed != null) {
				// It will never fit
				drop(channel);
			}
			this.bytes -= each.size();
		}
		notifyAll();
		report(failure);
		return failure == null;
	}

	private void report(@Nullable Throwable failure) {
		if (failure != null && !this.failing) {
			logger.warn("The current values of the feed '" + this.feed + "' cannot be written to the state store "
					+ this.store.name() + ". They wait in memory: " + failure);
		}
		else if (failure == null && this.failing) {
			logger.info("The current values of the feed '" + this.feed + "' are written to the state store again");
		}
		this.failing = failure != null;
	}

	/**
	 * Find the current value of a channel.
	 * @return completes with the value, or {@code null} if there is none; fails if it is
	 * not known
	 */
	CompletableFuture<@Nullable MappedRecord> find(TopicInfo topic, String channel) {
		Question question = new Question(topic, channel, new CompletableFuture<>());
		synchronized (this) {
			// Before the store is asked: a value moves from here to there
			Waiting waiting = this.waiting.get(channel);
			waiting = (waiting != null) ? waiting : this.written.get(channel);
			if (waiting != null) {
				return CompletableFuture.completedFuture(waiting.value(topic));
			}
			if (this.dropped.mayBeOld(channel)) {
				return CompletableFuture.failedFuture(
						new IllegalStateException("The current value found no room while the store was away"));
			}
		}
		if (isStopped() || !this.questions.offer(question)) {
			question.answer.completeExceptionally(new IllegalStateException("Too many current values are asked for"));
		}
		return question.answer;
	}

	private void answer() throws InterruptedException {
		List<Question> asked = new ArrayList<>();
		asked.add(this.questions.take());
		this.questions.drainTo(asked, TOGETHER - 1);
		Map<TopicInfo, List<Question>> byTopic = new HashMap<>();
		asked.forEach((each) -> byTopic.computeIfAbsent(each.topic, (topic) -> new ArrayList<>()).add(each));
		try {
			byTopic.forEach(this::answer);
		}
		catch (Throwable ex) {
			fail(asked, ex);
			if (ex instanceof Error error) {
				throw error;
			}
		}
	}

	private void answer(TopicInfo topic, List<Question> asked) {
		Map<String, StateEntry> found = this.store.find(space(topic),
				asked.stream().map(Question::channel).distinct().toList());
		for (Question each : asked) {
			try {
				each.answer.complete(value(topic, each.channel, found.get(each.channel)));
			}
			catch (RuntimeException ex) {
				each.answer.completeExceptionally(ex);
			}
		}
	}

	private static @Nullable MappedRecord value(TopicInfo topic, String channel, @Nullable StateEntry entry) {
		byte[] value = (entry != null) ? entry.value() : null;
		if (entry == null || value == null) {
			return null;
		}
		// Offsets before partitions were added say nothing about where a client goes on
		StateVersion version = entry.version();
		return StoredRecordCodec.decode(channel, (version.generation() == topic.partitions()) ? version.offset() : -1,
				value);
	}

	/**
	 * A topic that was made again has a space of its own.
	 */
	private String space(TopicInfo topic) {
		String space = topic.id() + ":" + this.feed;
		return space.substring(0, Math.min(space.length(), StateEntry.MAX_KEY_LENGTH));
	}

	/**
	 * A value that the store does not have yet.
	 */
	private record Waiting(TopicInfo topic, MappedRecord record) {

		private static final int OVERHEAD = 200;

		private boolean isTombstone() {
			return FeedMessage.TOMBSTONE.equals(this.record.headers().get(FeedMessage.EVENT));
		}

		@Nullable MappedRecord value(TopicInfo asked) {
			if (isTombstone()) {
				return null;
			}
			return (asked.partitions() == this.topic.partitions()) ? this.record : this.record.elsewhere();
		}

		StateEntry entry() {
			// Whatever was written since the channel has its partition is newer
			StateVersion version = this.record.isElsewhere() ? new StateVersion(0, Math.max(0, this.record.time()))
					: new StateVersion(this.topic.partitions(), this.record.offset());
			return isTombstone() ? StateEntry.removed(this.record.channel(), version)
					: new StateEntry(this.record.channel(), version, StoredRecordCodec.encode(this.record));
		}

		int size() {
			int size = OVERHEAD + this.record.payload().size() + 2 * this.record.channel().length();
			for (Map.Entry<String, String> header : this.record.headers().entrySet()) {
				size += 2 * (header.getKey().length() + header.getValue().length());
			}
			return size;
		}

	}

	private record Question(TopicInfo topic, String channel, CompletableFuture<@Nullable MappedRecord> answer) {
	}

}
