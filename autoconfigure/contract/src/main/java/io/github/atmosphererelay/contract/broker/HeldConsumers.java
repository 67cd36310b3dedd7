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

package io.github.atmosphererelay.contract.broker;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Kafka consumers that can be held. Held consumers stop reading one topic, like those of
 * a node that is suspended, and later continue at the same offset.
 */
public final class HeldConsumers implements UnaryOperator<Consumer<byte[], byte[]>> {

	/**
	 * After this time the answers to all earlier fetches have come: a broker without new
	 * records answers a fetch after half of it at the latest.
	 */
	private static final long LAST_ANSWER_NANOS = Duration.ofSeconds(1).toNanos();

	private final String topic;

	private final CountDownLatch quiet = new CountDownLatch(1);

	private volatile boolean held;

	/**
	 * Create consumers that are not held.
	 * @param topic the topic that they stop reading when they are held
	 */
	public HeldConsumers(String topic) {
		this.topic = topic;
	}

	/**
	 * Stop reading. Returns when the broker has answered all earlier fetches.
	 * @throws InterruptedException if the wait is interrupted
	 */
	public void hold() throws InterruptedException {
		this.held = true;
		if (!this.quiet.await(30, TimeUnit.SECONDS)) {
			throw new IllegalStateException("No consumer reads all of topic " + this.topic);
		}
	}

	/**
	 * Continue reading.
	 */
	public void release() {
		this.held = false;
	}

	@Override
	@SuppressWarnings("unchecked")
	public Consumer<byte[], byte[]> apply(Consumer<byte[], byte[]> consumer) {
		long[] heldAt = new long[1];
		return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { Consumer.class }, (proxy, method, args) -> {
					boolean poll = method.getName().equals("poll");
					if (poll) {
						prepare(consumer, heldAt);
					}
					try {
						return method.invoke(consumer, args);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
					finally {
						if (poll && heldAt[0] != 0 && System.nanoTime() - heldAt[0] > LAST_ANSWER_NANOS) {
							this.quiet.countDown();
						}
					}
				});
	}

	private void prepare(Consumer<byte[], byte[]> consumer, long[] heldAt) {
		List<TopicPartition> partitions = consumer.assignment()
			.stream()
			.filter((partition) -> partition.topic().equals(this.topic))
			.toList();
		if (this.held && partitions.size() > 1) {
			consumer.pause(partitions);
			heldAt[0] = (heldAt[0] != 0) ? heldAt[0] : System.nanoTime();
		}
		else {
			consumer.resume(partitions);
			heldAt[0] = 0;
		}
	}

}
