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

import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer in a process of its own. It writes records of all keys in turn, and prints a
 * line for each: its number, its key, and its offset or -1.
 */
public final class FeedProducer {

	private FeedProducer() {
	}

	/**
	 * Write records.
	 * @param args bootstrap servers, topic, number of keys, number of records, records in
	 * a second
	 * @throws InterruptedException if it is interrupted
	 */
	public static void main(String[] args) throws InterruptedException {
		int keys = Integer.parseInt(args[2]);
		int records = Integer.parseInt(args[3]);
		long interval = 1_000_000_000L / Integer.parseInt(args[4]);
		CountDownLatch left = new CountDownLatch(records);
		try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
				Map.of("bootstrap.servers", args[0], "linger.ms", 0, "metadata.max.age.ms", 1000, "delivery.timeout.ms",
						60_000, "request.timeout.ms", 5000, "reconnect.backoff.max.ms", 500),
				new ByteArraySerializer(), new ByteArraySerializer())) {
			long begin = System.nanoTime();
			for (int i = 1; i <= records; i++) {
				TimeUnit.NANOSECONDS.sleep(begin + i * interval - System.nanoTime());
				String key = "k" + (i * 7919L % keys);
				String line = i + " " + key + " ";
				producer.send(new ProducerRecord<>(args[1], FeedTopic.bytes(key), FeedTopic.bytes("\"m" + i + "\"")),
						(metadata, ex) -> {
							System.out.println(line + ((ex != null) ? -1 : metadata.offset()));
							left.countDown();
						});
			}
			left.await();
		}
		System.out.flush();
	}

}
