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

package io.github.atmosphererelay.listening;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.web.bind.annotation.PathVariable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two applications whose listeners share channels through Kafka.
 */
@Timeout(240)
@Reconciles
class GroupsOnKafkaTests {

	private static final int CHANNELS = 20;

	private static final Duration LIMIT = Duration.ofSeconds(40);

	private final Broker.Kafka broker = new Broker.Kafka();

	private final List<TestNode> nodes = new ArrayList<>();

	@AfterEach
	void stop() {
		this.nodes.forEach(TestNode::close);
		this.broker.close();
	}

	private TestNode start() {
		String[] args = Stream
			.concat(Stream.of(this.broker.directProperties()), Stream.of("atmosphere.cluster.name=shop",
					"atmosphere.channels[0].pattern=orders/{id}", "atmosphere.channels[0].history.size=1000"))
			.toArray(String[]::new);
		TestNode node = TestNode.start(List.of(Billing.class), args);
		this.nodes.add(node);
		return node.awaitUp();
	}

	private static int lanes(TestNode node) {
		return Objects.requireNonNull(node.bean(GroupListeners.class).runners().find("billing"))
			.describe()
			.lanes()
			.size();
	}

	private static void publish(TestNode node, int first, int count) {
		for (int i = first; i < first + count; i++) {
			for (int channel = 0; channel < CHANNELS; channel++) {
				node.broadcaster().broadcast("orders/" + channel, i).orTimeout(20, TimeUnit.SECONDS).join();
			}
		}
	}

	private List<Handled> handled() {
		return this.nodes.stream().flatMap((node) -> node.bean(Billing.class).handled.stream()).toList();
	}

	@Test
	void withoutFaultsAndOverAStopEachMessageIsHandledOnceInOrder() {
		TestNode one = start();
		publish(one, 0, 5);
		MachineTime.await(LIMIT).until(() -> handled().size() == 5 * CHANNELS);
		TestNode two = start();
		MachineTime.await(LIMIT).until(() -> lanes(one) == 3 && lanes(two) == 3);
		publish(one, 5, 10);
		List<Handled> ofTwo = new ArrayList<>();
		MachineTime.await(LIMIT).until(() -> handled().size() == 15 * CHANNELS);
		assertThat(two.bean(Billing.class).handled).isNotEmpty();
		ofTwo.addAll(two.bean(Billing.class).handled);
		this.nodes.remove(two);
		two.close();
		publish(one, 15, 5);
		MachineTime.await(LIMIT).until(() -> handled().size() + ofTwo.size() == 20 * CHANNELS);
		assertThat(lanes(one)).isEqualTo(6);
		Map<String, List<Integer>> byChannel = new HashMap<>();
		Stream.concat(handled().stream(), ofTwo.stream())
			.sorted(Comparator.comparingLong(Handled::at))
			.forEach((each) -> byChannel.computeIfAbsent(each.id(), (id) -> new ArrayList<>()).add(each.number()));
		assertThat(byChannel).hasSize(CHANNELS);
		List<Integer> expected = IntStream.range(0, 20).boxed().toList();
		byChannel.forEach((id, numbers) -> assertThat(numbers).as(id).isEqualTo(expected));
	}

	record Handled(String id, int number, long at) {
	}

	static class Billing {

		final ConcurrentLinkedQueue<Handled> handled = new ConcurrentLinkedQueue<>();

		@ChannelListener(value = "orders/{id}", group = "billing", start = ChannelListener.Start.BEGINNING)
		void bill(int number, @PathVariable String id) {
			this.handled.add(new Handled(id, number, System.nanoTime()));
		}

	}

}
