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

package io.github.atmosphererelay.group;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.WithProcesses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Three nodes in processes of their own share 100 channels, while one is killed, one is
 * paused for 20 seconds, and the broker restarts. In the end each message was handled, in
 * the order of its channel, and only what was in progress twice.
 */
@Reconciles
@WithProcesses
abstract class AbstractGroupClusterTests {

	static final int CHANNELS = 100;

	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	/** How many messages each channel gets in each of four phases. */
	private static final int PHASE = LONG ? 250 : 50;

	private static final Duration START = Duration.ofMinutes(3);

	private static final Duration PAUSE = Duration.ofSeconds(20);

	/** Promised is a second, on a machine that is not shared with other tests. */
	private static final Duration DELAY = LONG ? Duration.ofSeconds(1) : Duration.ofSeconds(20);

	/** When each message was confirmed, by its text. */
	private final Map<String, Long> sent = new HashMap<>();

	private int next;

	abstract Broker startBroker();

	/**
	 * Prepare the broker.
	 * @return further properties of the nodes
	 */
	List<String> prepare(Broker broker) throws Exception {
		return List.of();
	}

	/**
	 * Compare what the broker knows.
	 * @param messages how many messages each channel has got
	 */
	void compare(Broker broker, int messages) throws Exception {
	}

	@Test
	@Timeout(600)
	void eachMessageIsHandledWhateverHappensToNodesAndBroker(@TempDir Path directory) throws Exception {
		try (Broker broker = startBroker()) {
			List<String> arguments = arguments(broker);
			try (GroupProcess one = new GroupProcess(directory.resolve("one"), arguments);
					GroupProcess two = new GroupProcess(directory.resolve("two"), arguments);
					GroupProcess three = new GroupProcess(directory.resolve("three"), arguments);
					TestNode publisher = TestNode.start(arguments.toArray(String[]::new))) {
				List<GroupProcess> nodes = List.of(one, two, three);
				MachineTime.await(START).until(() -> nodes.stream().allMatch((node) -> node.lanes("work") > 0));
				publishToTheBadChannel(publisher);
				publish(publisher, PHASE);
				await(nodes, this.next);
				assertThat(slowest(nodes)).as("the time until a message was handled").isLessThan(DELAY);
				publish(publisher, PHASE / 2);
				one.kill();
				publish(publisher, PHASE / 2);
				one.launch();
				two.pause();
				MachineTime paused = MachineTime.start();
				publish(publisher, PHASE);
				MachineTime.await(PAUSE.multipliedBy(2)).until(() -> paused.elapsed().compareTo(PAUSE) >= 0);
				two.resume();
				publish(publisher, PHASE / 2);
				broker.kill();
				broker.start();
				publish(publisher, PHASE / 2);
				await(nodes, this.next);
				MachineTime.await(START).until(() -> nodes.stream().allMatch((node) -> node.lanes("work") > 0));
				MachineTime.await(START).until(() -> nodes.stream().allMatch((node) -> node.lag("work") == 0));
				reconcile(nodes);
				compare(broker, this.next);
			}
		}
	}

	private List<String> arguments(Broker broker) throws Exception {
		return Stream.concat(Stream.concat(Stream.of(broker.directProperties()), prepare(broker).stream()),
				Stream.of("atmosphere.channels[0].pattern=work/**", "atmosphere.channels[0].history.size=100000",
						"atmosphere.channels[0].history.ttl=1h", "atmosphere.groups.retry-delay=100ms",
						"atmosphere.groups.max-retry-delay=1s", "atmosphere.groups.max-attempts=3"))
			.toList();
	}

	/**
	 * A message for which the listener fails always, which is set aside after some
	 * attempts, and those after it.
	 */
	private void publishToTheBadChannel(TestNode publisher) {
		for (int i = 0; i < PHASE; i++) {
			assertThat(isConfirmed(send(publisher, GroupApplication.BAD, i))).isTrue();
		}
	}

	/**
	 * Publish the next messages to each channel, one after the other in each of them.
	 */
	private void publish(TestNode publisher, int count) {
		for (int i = 0; i < count; i++) {
			int number = this.next;
			List<CompletableFuture<Receipt>> receipts = IntStream.range(0, CHANNELS)
				.mapToObj((channel) -> send(publisher, Integer.toString(channel), number))
				.toList();
			for (int channel = 0; channel < CHANNELS; channel++) {
				confirm(publisher, channel, number, receipts.get(channel));
			}
			this.next++;
		}
	}

	private static CompletableFuture<Receipt> send(TestNode publisher, String channel, int number) {
		return publisher.broadcaster()
			.broadcast("work/" + channel, Integer.toString(number),
					PublishOptions.DEFAULTS.idempotencyKey(channel + " " + number));
	}

	/**
	 * Publish a message again, with the same key, until the broker has it.
	 */
	private void confirm(TestNode publisher, int channel, int number, CompletableFuture<Receipt> first) {
		if (!isConfirmed(first)) {
			MachineTime.await(START).until(() -> isConfirmed(send(publisher, Integer.toString(channel), number)));
		}
		this.sent.put(channel + " " + number, System.currentTimeMillis());
	}

	private static boolean isConfirmed(CompletableFuture<Receipt> sent) {
		Receipt receipt = sent.exceptionally((ex) -> null).orTimeout(30, TimeUnit.SECONDS).join();
		return receipt != null && List.of(Outcome.RELAYED, Outcome.DUPLICATE).contains(receipt.outcome());
	}

	private static void await(List<GroupProcess> nodes, int messages) {
		MachineTime.await(START)
			.pollInterval(Duration.ofMillis(500))
			.until(() -> handled(nodes).stream().map(Handled::text).distinct().count() == (long) messages * CHANNELS);
	}

	private static List<Handled> handled(List<GroupProcess> nodes) {
		return nodes.stream()
			.flatMap((node) -> node.lines().stream())
			.map((line) -> line.split(" "))
			.filter((fields) -> fields[0].equals("handled") && fields.length == 4)
			.map((fields) -> new Handled(fields[1], Integer.parseInt(fields[2]), Long.parseLong(fields[3])))
			.sorted(Comparator.comparingLong(Handled::time))
			.toList();
	}

	private Duration slowest(List<GroupProcess> nodes) {
		return Duration.ofMillis(handled(nodes).stream()
			.mapToLong((message) -> message.time() - this.sent.getOrDefault(message.text(), Long.MAX_VALUE))
			.max()
			.orElseThrow());
	}

	private void reconcile(List<GroupProcess> nodes) {
		Map<String, Integer> last = new HashMap<>();
		int again = 0;
		List<Handled> handled = handled(nodes);
		for (Handled message : handled) {
			int expected = last.getOrDefault(message.channel(), -1) + 1;
			assertThat(message.number()).as("the next message of channel %s", message.channel())
				.isLessThanOrEqualTo(expected);
			if (message.number() == expected) {
				last.put(message.channel(), expected);
			}
			else {
				again++;
			}
		}
		assertThat(last).hasSize(CHANNELS).allSatisfy((channel, number) -> assertThat(number).isEqualTo(this.next - 1));
		System.out.println("Of " + handled.size() + " messages " + again + " were handled again");
		// Of each channel of a node that was killed, paused or cut off
		assertThat(again).isLessThanOrEqualTo(3 * CHANNELS);
	}

	/**
	 * A message that a node has handled.
	 */
	private record Handled(String channel, int number, long time) {

		private String text() {
			return this.channel + " " + this.number;
		}

	}

}
