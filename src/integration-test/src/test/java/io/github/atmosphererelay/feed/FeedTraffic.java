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

package io.github.atmosphererelay.feed;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciliation;
import io.github.atmosphererelay.test.RecordingClient;
import org.apache.kafka.clients.producer.ProducerRecord;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that lose their connections and recover on any node, while records are written;
 * and the comparison of what they have with what was written.
 */
final class FeedTraffic implements AutoCloseable {

	private static final long SEED = 20_260_117;

	private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(3);

	private final List<RecordingClient> clients = new ArrayList<>();

	private final Reconciliation reconciliation = new Reconciliation();

	private final Map<String, Long> ends = new HashMap<>();

	private final List<Integer> ports = new CopyOnWriteArrayList<>();

	private final List<ScheduledFuture<?>> work = new ArrayList<>();

	private final AtomicInteger underway = new AtomicInteger();

	private final AtomicInteger written = new AtomicInteger();

	private final FeedTopic topic;

	private final int keys;

	private volatile String epoch;

	FeedTraffic(FeedTopic topic, int partitions, int keys) {
		this.topic = topic;
		this.keys = keys;
		this.epoch = topic.id() + "-" + partitions;
	}

	/**
	 * Note that the topic has changed.
	 */
	void epoch(int partitions) {
		this.epoch = this.topic.id() + "-" + partitions;
	}

	FeedTraffic ports(Integer... ports) {
		this.ports.clear();
		this.ports.addAll(List.of(ports));
		return this;
	}

	FeedTraffic clients(int number, int keysOfEach) {
		for (int i = 0; i < number; i++) {
			Random random = new Random(SEED + i);
			List<String> channels = random.ints(0, this.keys)
				.distinct()
				.limit(keysOfEach)
				.mapToObj((key) -> "prices/k" + key)
				.toList();
			RecordingClient client = new RecordingClient(
					"client-" + i, channels, () -> URI.create("ws://localhost:"
							+ this.ports.get(random.nextInt(this.ports.size())) + "/atmosphere/connection/websocket"),
					this.timer, SEED + 31L * i);
			this.clients.add(client);
			client.connect();
		}
		awaitLive();
		return this;
	}

	/**
	 * Connect users of one channel each.
	 * @param doors returns where to connect for a channel, each time
	 */
	FeedTraffic users(int number, Function<String, URI> doors) {
		for (int i = 0; i < number; i++) {
			String channel = "prices/k" + i % this.keys;
			String user = "user-" + i;
			RecordingClient client = new RecordingClient(user, List.of(channel),
					() -> URI.create(doors.apply(channel) + "?user=" + user), this.timer, SEED + 31L * i);
			this.clients.add(client);
			client.connect();
		}
		awaitLive();
		return this;
	}

	/**
	 * Return how many connections were closed with a code.
	 */
	long closes(int code) {
		return this.clients.stream()
			.flatMap((client) -> client.closes().stream())
			.filter((each) -> each == code)
			.count();
	}

	void awaitLive() {
		MachineTime.await(Duration.ofSeconds(60)).until(() -> this.clients.stream().allMatch(RecordingClient::isLive));
	}

	/**
	 * Write records of all keys in turn.
	 */
	FeedTraffic write(int count) {
		IntStream.range(0, count).forEach((i) -> writeNext());
		return this;
	}

	private void writeNext() {
		int number = this.written.incrementAndGet();
		String key = "k" + (number * 7919L % this.keys);
		String data = "m" + number;
		String epoch = this.epoch;
		this.underway.incrementAndGet();
		this.topic.producer()
			.send(new ProducerRecord<>(this.topic.name(), FeedTopic.bytes(key), FeedTopic.bytes("\"" + data + "\"")),
					(metadata, ex) -> {
						synchronized (this.reconciliation) {
							if (ex != null) {
								this.reconciliation.fault("%s was not written: %s", data, ex);
							}
							else {
								this.reconciliation.found("prices/" + key, new Position(epoch, metadata.offset() + 1),
										data);
								this.ends.put("prices/" + key, metadata.offset() + 1);
							}
						}
						this.underway.decrementAndGet();
					});
	}

	/**
	 * Follow what a producer in another process writes.
	 * @param producer its process, which ends when all is written
	 */
	FeedTraffic follow(Process producer) {
		this.underway.incrementAndGet();
		Thread reader = new Thread(() -> {
			try (BufferedReader lines = producer.inputReader()) {
				lines.lines().forEach(this::wrote);
			}
			catch (IOException ex) {
				this.reconciliation.fault("a producer's output ended: %s", ex);
			}
			finally {
				this.underway.decrementAndGet();
			}
		}, "producer");
		reader.setDaemon(true);
		reader.start();
		return this;
	}

	private void wrote(String line) {
		String[] parts = line.split(" ");
		long offset = Long.parseLong(parts[2]);
		synchronized (this.reconciliation) {
			String data = "m" + parts[0];
			if (offset < 0) {
				this.reconciliation.fault("%s was not written", data);
			}
			else {
				this.reconciliation.found("prices/" + parts[1], new Position(this.epoch, offset + 1), data);
				this.ends.put("prices/" + parts[1], offset + 1);
			}
		}
		this.written.incrementAndGet();
	}

	/**
	 * Write some records again and again, until there are enough.
	 */
	FeedTraffic writeEvery(Duration interval, int records, int total) {
		this.work.add(this.timer.scheduleAtFixedRate(() -> write(Math.min(records, total - written())), 0,
				interval.toNanos(), TimeUnit.NANOSECONDS));
		return this;
	}

	FeedTraffic cutEvery(Duration interval, Duration away) {
		Random random = new Random(SEED);
		for (RecordingClient client : this.clients) {
			this.work.add(this.timer.scheduleAtFixedRate(() -> client.cut(away, random.nextInt(3) == 0),
					random.nextLong(interval.toMillis()), interval.toMillis(), TimeUnit.MILLISECONDS));
		}
		return this;
	}

	void cutAll(Duration away) {
		this.clients.forEach((client) -> client.cut(away, false));
	}

	/**
	 * End the writing and the cuts, and wait until all is written and all clients have
	 * come back.
	 */
	void settle() {
		this.work.forEach((each) -> each.cancel(false));
		this.work.clear();
		MachineTime.await(Duration.ofSeconds(60)).until(() -> this.underway.get() == 0);
		awaitLive();
		// Where one is missing something, that is found by comparing
		MachineTime.await(Duration.ofSeconds(30))
			.until(() -> this.clients.stream()
				.allMatch((client) -> client.heard()
					.keySet()
					.stream()
					.allMatch((channel) -> client.offset(channel) >= this.ends.getOrDefault(channel, 0L))));
	}

	/**
	 * Compare what was written with what clients have.
	 * @param epochs how many epochs the topic has had
	 */
	void reconcile(int epochs) {
		this.reconciliation.reconcile(this.clients, epochs);
		assertThat(this.reconciliation.faults()).isEmpty();
	}

	int told() {
		return this.reconciliation.told();
	}

	int recoveries() {
		return this.clients.stream().mapToInt(RecordingClient::recoveries).sum();
	}

	int written() {
		return this.written.get();
	}

	int clientChannels() {
		return this.clients.stream().mapToInt((client) -> client.heard().size()).sum();
	}

	@Override
	public void close() {
		this.work.forEach((each) -> each.cancel(false));
		this.clients.forEach(RecordingClient::close);
		this.timer.shutdownNow();
	}

}
