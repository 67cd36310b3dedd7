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

package io.github.atmosphererelay.demo.odds;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes all markets to the topic, and from then on lets prices of some of them walk.
 */
final class OddsProducer implements AutoCloseable {

	static final int DEFAULT_RATE = 200;

	static final int MAX_RATE = 5_000;

	private static final Log logger = LogFactory.getLog(OddsProducer.class);

	private static final int TICKS_PER_SECOND = 20;

	private final Random random = new Random();

	private final JsonMapper json = JsonMapper.builder().build();

	private final Map<String, Market> markets;

	private final List<String> keys;

	private final KafkaProducer<String, byte[]> producer;

	private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor((task) -> {
		Thread thread = new Thread(task, "odds-producer");
		thread.setDaemon(true);
		return thread;
	});

	private volatile int rate = DEFAULT_RATE;

	private final AtomicLong written = new AtomicLong();

	/** What a tick is short of a whole record, for low rates. */
	private double rest;

	OddsProducer(String servers) {
		this.markets = Fixtures.markets(this.random, System.currentTimeMillis());
		this.keys = new ArrayList<>(this.markets.keySet());
		// A bounded buffer, of which a full one is not waited for long
		this.producer = new KafkaProducer<>(
				Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, servers, ProducerConfig.LINGER_MS_CONFIG, 5,
						ProducerConfig.BUFFER_MEMORY_CONFIG, 8_000_000L, ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000L),
				new StringSerializer(), new ByteArraySerializer());
	}

	void start() {
		this.keys.forEach(this::write);
		this.producer.flush();
		this.clock.scheduleWithFixedDelay(this::tick, 0, 1_000 / TICKS_PER_SECOND, TimeUnit.MILLISECONDS);
	}

	private void tick() {
		try {
			this.rest += (double) this.rate / TICKS_PER_SECOND;
			for (; this.rest >= 1; this.rest--) {
				String key = this.keys.get(this.random.nextInt(this.keys.size()));
				this.markets.computeIfPresent(key, (same, market) -> market
					.with(RandomWalk.step(market.selections(), this.random), System.currentTimeMillis()));
				write(key);
			}
		}
		catch (RuntimeException ex) {
			logger.warn("Prices were not written", ex);
		}
	}

	private void write(String key) {
		this.producer
			.send(new ProducerRecord<>(Fixtures.TOPIC, key, this.json.writeValueAsBytes(this.markets.get(key))));
		this.written.incrementAndGet();
	}

	int rate() {
		return this.rate;
	}

	void rate(int rate) {
		this.rate = Math.max(0, Math.min(MAX_RATE, rate));
	}

	long written() {
		return this.written.get();
	}

	int size() {
		return this.keys.size();
	}

	@Override
	public void close() {
		this.clock.shutdownNow();
		this.producer.close(Duration.ofSeconds(2));
	}

}
