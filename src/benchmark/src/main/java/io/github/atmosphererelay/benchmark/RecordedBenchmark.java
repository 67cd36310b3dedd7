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

package io.github.atmosphererelay.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.node.internal.MessagingSettings;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.redis.internal.RedisRelay;
import io.github.atmosphererelay.relay.redis.internal.RedisRelaySettings;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * Measures recorded channels on one Redis: how many messages a node appends in a second,
 * beside what {@code redis-benchmark} gets out of the same server with a script that does
 * the bare minimum, and how long it takes until many clients that come back at once have
 * what they have missed. The clients' sockets are none, so that what is measured is what
 * comes before them.
 */
public final class RecordedBenchmark implements AutoCloseable {

	private static final int WINDOW = 256;

	private static final int MESSAGES = 200_000;

	private static final int CLIENTS = 10_000;

	private static final int MISSED = 20;

	private static final int PASSES = 3;

	private static final QueueLimits QUEUE = new QueueLimits(100_000, 1 << 30, SlowConsumerPolicy.DISCONNECT);

	/** What an append cannot do without: a number, the log, its age, and telling. */
	private static final String BARE = "local o=redis.call('HINCRBY',KEYS[1],'o',1) "
			+ "redis.call('XADD',KEYS[2],'MAXLEN','~','1000',o..'-0','d',ARGV[1]) "
			+ "redis.call('PEXPIRE',KEYS[2],3600000) redis.call('PUBLISH',KEYS[3],ARGV[1]) return o";

	private static final Pattern RATE = Pattern.compile("\"?([0-9.]+)\"? requests per second");

	private final RedisProcess redis;

	private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(1);

	private final SessionRegistry registry = new SessionRegistry();

	private final LongAdder written = new LongAdder();

	private final WriterPool writers = new WriterPool(
			new WriterSettings(Math.min(64, Runtime.getRuntime().availableProcessors()), 4, Duration.ofSeconds(5)),
			new SessionStatistics(), this.scheduler);

	private final LettuceConnectionFactory connections;

	private final MessagingNode node;

	private RecordedBenchmark(Path directory) {
		this.redis = RedisProcess.start(directory);
		this.connections = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration("127.0.0.1", this.redis.port()));
		this.connections.afterPropertiesSet();
		RedisRelay relay = new RedisRelay(this.connections,
				new RedisRelaySettings("benchmark:", new EnvelopeCodec(1 << 20), 100_000, Duration.ofSeconds(5)));
		this.node = MessagingNode.builder()
			.settings(MessagingSettings.builder(QUEUE)
				.startTimeout(Duration.ofSeconds(10))
				.positionCheck(Duration.ofMinutes(10))
				.build())
			.relay(relay)
			.catalog(new ChannelCatalog(
					List.of(ChannelOptions.builder("log/**", QUEUE).history(HistoryOptions.of(1000)).build())))
			.registry(this.registry)
			.writers(this.writers)
			.scheduler(this.scheduler)
			.applicationThreads(new Threads())
			.build();
		this.node.start();
	}

	/**
	 * Run the benchmark and print its figures.
	 * @param args none
	 */
	public static void main(String[] args) throws Exception {
		LoggingSystem.get(RecordedBenchmark.class.getClassLoader())
			.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
		Path directory = Files.createTempDirectory("benchmark");
		try (RecordedBenchmark benchmark = new RecordedBenchmark(directory)) {
			benchmark.run();
		}
		System.exit(0);
	}

	private void run() throws Exception {
		// Half of the first second's time goes to the compiler
		append(1, 2 * MESSAGES);
		append(100, MESSAGES);
		System.out.println("| pass | 1 channel, appends/s | 100 channels, appends/s | bare script, 1 connection,"
				+ " pipeline of 256 | bare script, 50 connections, pipeline of 16 | " + CLIENTS + " recoveries of "
				+ MISSED + " messages |");
		System.out.println("|---|---|---|---|---|---|");
		for (int pass = 1; pass <= PASSES; pass++) {
			System.out.printf(Locale.ROOT, "| %d | %,.0f | %,.0f | %s | %s | %d ms |%n", pass, append(1, MESSAGES),
					append(100, MESSAGES), bare(1, 256), bare(50, 16), recover());
		}
	}

	/**
	 * Append messages from one thread, with so many on their way.
	 * @return how many a second
	 */
	private double append(int channels, int messages) throws InterruptedException {
		Broadcaster broadcaster = this.node.broadcaster();
		String text = "x".repeat(128);
		Semaphore window = new Semaphore(WINDOW);
		LongAdder failed = new LongAdder();
		long start = System.nanoTime();
		for (int i = 0; i < messages; i++) {
			window.acquire();
			broadcaster.broadcast("log/" + channels + "/" + (i % channels), text).whenComplete((receipt, ex) -> {
				if (ex != null || receipt.outcome() != Outcome.RELAYED) {
					failed.increment();
				}
				window.release();
			});
		}
		window.acquire(WINDOW);
		double seconds = (System.nanoTime() - start) / 1e9;
		if (failed.sum() > 0) {
			throw new IllegalStateException(failed + " messages were not recorded");
		}
		return messages / seconds;
	}

	private String bare(int connections, int pipeline) throws IOException, InterruptedException {
		try {
			Process process = new ProcessBuilder("redis-benchmark", "-p", Integer.toString(this.redis.port()), "-n",
					Integer.toString(MESSAGES), "-c", Integer.toString(connections), "-P", Integer.toString(pipeline),
					"-q", "eval", BARE, "3", "bare:meta", "bare:log", "bare:channel", "x".repeat(240))
				.redirectErrorStream(true)
				.start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			process.waitFor();
			String rate = "no figure";
			Matcher matcher = RATE.matcher(output);
			while (matcher.find()) {
				rate = String.format(Locale.ROOT, "%,.0f", Double.parseDouble(matcher.group(1)));
			}
			return rate;
		}
		catch (IOException ex) {
			return "redis-benchmark is not installed";
		}
	}

	/**
	 * Let clients come back at once, a hundred to a channel.
	 * @return the milliseconds until all of them have what they have missed
	 */
	private long recover() throws Exception {
		int channels = CLIENTS / 100;
		List<Position> positions = new ArrayList<>();
		for (int channel = 0; channel < channels; channel++) {
			positions.add(this.node.broadcaster().position(name(channel)).get(5, TimeUnit.SECONDS));
		}
		for (int i = 0; i < MISSED * channels; i++) {
			this.node.broadcaster().broadcast(name(i % channels), "missed " + i).get(5, TimeUnit.SECONDS);
		}
		List<LocalSession> sessions = new ArrayList<>();
		CountDownLatch open = new CountDownLatch(CLIENTS);
		LongAdder recovered = new LongAdder();
		long before = this.written.sum();
		long start = System.nanoTime();
		for (int i = 0; i < CLIENTS; i++) {
			LocalSession session = this.writers.open(this.node.identity().newSessionId(), null, null,
					new CountingSocket(this.written), this.node.subscriptions()::disconnected);
			sessions.add(session);
			this.node.subscriptions().connected(session);
			SubscribeRequest request = new SubscribeRequest(true, positions.get(i % channels), (answer) -> {
				var fanout = this.writers
					.fanout(OutboundMessage.frame(Payload.text("recovered " + answer.publications().size())), QUEUE);
				fanout.add(session);
				fanout.send();
				recovered.add(answer.publications().size());
			}, () -> {
			});
			this.node.subscriptions()
				.subscribe(session, name(i % channels), request)
				.whenComplete((answer, ex) -> open.countDown());
		}
		if (!open.await(60, TimeUnit.SECONDS)) {
			throw new IllegalStateException(open.getCount() + " clients got no answer");
		}
		while (this.written.sum() - before < CLIENTS) {
			Thread.onSpinWait();
		}
		long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
		if (recovered.sum() != (long) CLIENTS * MISSED) {
			throw new IllegalStateException("Recovered " + recovered + " messages");
		}
		sessions.forEach((session) -> session.ended(1000, "done"));
		return millis;
	}

	private static String name(int channel) {
		return "log/recovery/" + channel;
	}

	@Override
	public void close() {
		this.node.stop();
		this.connections.destroy();
		this.scheduler.shutdownNow();
		this.redis.close();
	}

	/**
	 * A socket that takes everything at once and only counts it.
	 */
	private record CountingSocket(LongAdder written) implements SessionTransport {

		@Override
		public void write(OutboundMessage message) {
			this.written.increment();
		}

		@Override
		public boolean flush(Runnable whenFlushed) {
			// Nothing is kept back
			return true;
		}

		@Override
		public void ping() {
			// Nobody is there to answer
		}

		@Override
		public void close(CloseReason reason) {
			// Nothing is open
		}

		@Override
		public void abort(CloseReason reason) {
			// Nothing is stuck
		}

	}

	/**
	 * As many threads as there are tasks.
	 */
	private static final class Threads implements ApplicationThreads {

		private final ExecutorService executor = Executors.newCachedThreadPool();

		@Override
		public Executor start() {
			return this.executor;
		}

		@Override
		public void stop() {
			this.executor.shutdownNow();
		}

	}

}
