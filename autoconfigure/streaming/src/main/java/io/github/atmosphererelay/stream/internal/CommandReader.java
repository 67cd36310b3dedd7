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

package io.github.atmosphererelay.stream.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the commands of all streams from the compacted topic into the {@link StreamTable}
 * of this process: from its beginning, by one thread, which connects again after any
 * failure and goes on where it was.
 */
final class CommandReader {

	private static final Duration POLL = Duration.ofMillis(250);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private static final Duration PAUSE = Duration.ofMillis(500);

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(CommandReader.class),
			Duration.ofSeconds(10));

	private final TopicPartition partition;

	private final ReducerClients clients;

	private final StreamTable table;

	private final TopicGenerations generations;

	private final CommandCodec codec;

	private final Listener listener;

	private final CompletableFuture<@Nullable Void> caughtUp = new CompletableFuture<>();

	private final CountDownLatch stopping = new CountDownLatch(1);

	private final LongAdder refused = new LongAdder();

	private final Thread thread;

	private volatile long position;

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	/**
	 * Create a reader.
	 * @param topic the topic of commands, which has one partition
	 * @param listener hears of all commands
	 */
	CommandReader(String topic, ReducerClients clients, StreamTable table, TopicGenerations generations,
			CommandCodec codec, Listener listener) {
		this.partition = new TopicPartition(topic, 0);
		this.clients = clients;
		this.table = table;
		this.generations = generations;
		this.codec = codec;
		this.listener = listener;
		this.thread = Threads.factory("stream-commands").newThread(this::readAll);
	}

	/**
	 * Begin to read.
	 * @return completes when all commands are known that were written before this call: a
	 * process that took data earlier would leave out streams
	 */
	CompletableFuture<@Nullable Void> start() {
		this.thread.start();
		return this.caughtUp.copy();
	}

	/**
	 * Stop; waits for up to two seconds.
	 */
	void stop() {
		this.stopping.countDown();
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			consumer.wakeup();
		}
		ReducerConsumer.join(this.thread);
		this.caughtUp.completeExceptionally(new IllegalStateException("Stopped"));
	}

	/**
	 * Return the offset up to which all commands are known.
	 */
	long position() {
		return this.position;
	}

	/**
	 * Return the number of commands that are not in the table because they do not fit or
	 * cannot be read.
	 */
	long refused() {
		return this.refused.sum();
	}

	private void readAll() {
		while (this.stopping.getCount() > 0) {
			try (Consumer<byte[], byte[]> opened = this.clients.reader()) {
				this.consumer = opened;
				read(opened);
			}
			catch (WakeupException ex) {
				// It stops
			}
			catch (InterruptException ex) {
				return;
			}
			catch (Throwable ex) {
				this.log.warn("The commands of streams in the topic '" + this.partition.topic()
						+ "' cannot be read. This is tried again until it works", ex);
				if (!pause()) {
					return;
				}
			}
			finally {
				this.consumer = null;
			}
		}
	}

	private boolean pause() {
		try {
			return !this.stopping.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			return false;
		}
	}

	private void read(Consumer<byte[], byte[]> consumer) {
		List<TopicPartition> all = List.of(this.partition);
		Map<TopicPartition, Long> ends = consumer.endOffsets(all, ANSWER);
		long end = ends.getOrDefault(this.partition, 0L);
		consumer.assign(all);
		long first = consumer.beginningOffsets(all, ANSWER).getOrDefault(this.partition, 0L);
		consumer.seek(this.partition, Math.max(first, this.position));
		while (this.stopping.getCount() > 0) {
			for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
				apply(record);
			}
			long before = this.position;
			this.position = consumer.position(this.partition, ANSWER);
			if (this.position != before) {
				this.listener.known(this.position);
			}
			if (this.position >= end) {
				this.caughtUp.complete(null);
			}
		}
	}

	private void apply(ConsumerRecord<byte[], byte[]> record) {
		if (record.key() == null) {
			this.refused.increment();
			return;
		}
		String id = new String(record.key(), StandardCharsets.UTF_8);
		if (id.startsWith(TopicGenerations.PREFIX)) {
			applyGeneration(id.substring(TopicGenerations.PREFIX.length()), record.value());
			return;
		}
		StreamDefinition before = this.table.get(id);
		StreamDefinition definition = null;
		StreamTable.Refusal refusal;
		try {
			definition = (record.value() != null) ? this.codec.read(record.value()) : null;
			refusal = this.table.apply(id, definition);
		}
		catch (RuntimeException ex) {
			this.table.apply(id, null);
			refusal = StreamTable.Refusal.UNREADABLE;
		}
		if (refusal != null) {
			this.refused.increment();
			this.log.warn("A stream is left out: " + refusal);
		}
		this.listener.changed(id, before, (refusal != null) ? null : definition, record.offset());
	}

	private void applyGeneration(String topic, byte @Nullable [] value) {
		if (value == null) {
			return;
		}
		try {
			this.generations.apply(topic, this.codec.readIds(value));
		}
		catch (RuntimeException ex) {
			this.refused.increment();
			this.log.warn("The generations of the topic '" + topic + "' cannot be read", ex);
		}
	}

	/**
	 * Hears of commands, on the thread of the reader, which it does not block.
	 */
	interface Listener {

		/**
		 * A stream was defined, changed or freed; the table has it.
		 * @param stream the stream's id
		 * @param before the stream as it was, or {@code null} if there was none
		 * @param definition the stream, or {@code null} if there is none any more
		 * @param offset the command's offset
		 */
		void changed(String stream, @Nullable StreamDefinition before, @Nullable StreamDefinition definition,
				long offset);

		/**
		 * All commands before an offset are known.
		 */
		default void known(long offset) {
		}

	}

}
