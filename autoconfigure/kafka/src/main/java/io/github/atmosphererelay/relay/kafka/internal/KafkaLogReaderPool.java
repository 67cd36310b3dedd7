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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * Holds the readers of records that are no longer in memory. There are several, so that
 * long reads do not delay short ones. Their threads and consumers are created when they
 * are first needed.
 *
 * @param places looks up single records
 * @param recoveries reads the records after a position, for a short time
 * @param searches continues recoveries that take longer
 * @param histories reads a channel's latest or oldest messages, which may require a scan
 * of the whole partition
 */
record KafkaLogReaderPool(KafkaLogReader places, KafkaLogReader recoveries, KafkaLogReader searches,
		KafkaLogReader histories) {

	/** The number of threads of each reader except {@code places}. */
	static final int THREADS = 2;

	static KafkaLogReaderPool create(KafkaRelaySettings settings, Supplier<Consumer<byte[], byte[]>> consumers,
			Guard guard) {
		return new KafkaLogReaderPool(reader(settings, consumers, guard, 1, "places"),
				reader(settings, consumers, guard, THREADS, "recoveries"),
				reader(settings, consumers, guard, THREADS, "searches"),
				reader(settings, consumers, guard, THREADS, "histories"));
	}

	private static KafkaLogReader reader(KafkaRelaySettings settings, Supplier<Consumer<byte[], byte[]>> consumers,
			Guard guard, int threads, String name) {
		return new KafkaLogReader(settings, consumers, guard, threads, Threads.factory("kafka-log-" + name));
	}

	private List<KafkaLogReader> all() {
		return List.of(this.places, this.recoveries, this.searches, this.histories);
	}

	/**
	 * Create new consumers, because the present ones may not work.
	 */
	void disconnect() {
		all().forEach(KafkaLogReader::disconnect);
	}

	void close() {
		all().forEach(KafkaLogReader::close);
	}

	/**
	 * Wait until all readers have ended.
	 * @param timeout the maximum time for each of them
	 * @throws InterruptedException if the wait is interrupted
	 */
	void awaitEnd(Duration timeout) throws InterruptedException {
		for (KafkaLogReader reader : all()) {
			reader.awaitEnd(timeout);
		}
	}

}
