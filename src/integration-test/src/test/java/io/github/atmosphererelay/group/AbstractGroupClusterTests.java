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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
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
 * Three nodes that are processes share the messages of a hundred channels, while another
 * one publishes: one of them is killed, the broker restarted, and a node restarted with
 * one more group that begins with what the logs have. 20,000 messages. With
 * {@code -Datmosphere.test.long=true} there are 100,000, one node stands still for longer
 * than its lease, and all nodes are restarted one after another.
 */
@Reconciles
@WithProcesses
abstract class AbstractGroupClusterTests {

	static final int CHANNELS = 100;

	/** How many messages each channel gets. */
	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	static final int MESSAGES = LONG ? 1000 : 200;

	/** How many messages each channel gets in each phase. */
	private static final int PHASE = MESSAGES / (LONG ? 5 : 4);

	/** How seldom a message in the bad channel follows while nodes and broker fail. */
	private static final int BAD_EVERY = MESSAGES / 40;

	private static final Duration START = Duration.ofMinutes(3);

	/**
	 * Longer than a lease of all relays, and what it takes three processes on a busy
	 * machine to notice its end. The lease is measured in the relays' own tests.
	 */
	private static final Duration LEASE = Duration.ofSeconds(45);

	private static final Duration PAUSE = Duration.ofSeconds(20);

	private static final Duration SECOND = Duration.ofSeconds(1);

	/** How many times messages are measured, beside a failing channel and without one. */
	private static final int ROUNDS = 3;

	/** When each message was confirmed, by its text. */
	private final Map<String, Long> sent = new ConcurrentHashMap<>();

	/** How many messages of the group were handled again, by what happened. */
	private final Map<String, Integer> repeated = new LinkedHashMap<>();

	/** What happened while no node has lost a lane. */
	private final Set<String> quiet = new HashSet<>();

	private volatile int next;

	/**
	 * Of so many messages of each channel, one follows in the bad channel; or 0 for none.
	 */
	private volatile int badEvery;

	private int badMessages;

	abstract Broker startBroker(Path directory);

	/**
	 * Return how many lanes a group has.
	 */
	abstract int lanes();

	/**
	 * Prepare the broker.
	 * @return further properties of the nodes
	 */
	List<String> prepare(Broker broker) throws Exception {
		return List.of();
	}

	/**
	 * Disturb the broker while messages are published, beside its restart.
	 */
	void disturb(Broker broker) throws Exception {
	}

	/**
	 * Compare what the broker knows when all messages were handled.
	 */
	void compare(Broker broker) throws Exception {
	}

	@Test
	@Timeout(900)
	void eachMessageIsHandledWhateverHappensToNodesAndBroker(@TempDir Path directory) throws Exception {
		try (Broker broker = startBroker(directory)) {
			List<String> arguments = arguments(broker);
			try (GroupProcess one = new GroupProcess(directory.resolve("one"), arguments);
					GroupProcess two = new GroupProcess(directory.resolve("two"), arguments);
					GroupProcess three = new GroupProcess(directory.resolve("three"), arguments);
					TestNode publisher = TestNode.start(arguments.toArray(String[]::new))) {
				List<GroupProcess> nodes = List.of(one, two, three);
				publisher.awaitUp();
				awaitLanes(START, nodes);
				aChannelThatAlwaysFailsDelaysNoOther(publisher, nodes);
				during("a kill", Duration.ofSeconds(10), publisher, nodes, () -> {
					one.kill();
					awaitLanes(LEASE, List.of(two, three));
					one.launch();
				});
				if (LONG) {
					aNodeStandsStill(publisher, one, two, three);
				}
				during("a restart of the broker", Duration.ofSeconds(10), publisher, nodes, () -> {
					disturb(broker);
					broker.kill();
					broker.start();
				});
				restart(publisher, nodes, LONG ? nodes : List.of(three));
				await(GroupApplication.LATE, nodes);
				reconcile(nodes);
				compare(broker);
			}
		}
	}

	private void aNodeStandsStill(TestNode publisher, GroupProcess one, GroupProcess two, GroupProcess three)
			throws Exception {
		during("a pause", PAUSE, publisher, List.of(one, two, three), () -> {
			MachineTime paused = MachineTime.start();
			two.pause();
			awaitLanes(LEASE, List.of(one, three));
			MachineTime.await(PAUSE.multipliedBy(2)).until(() -> paused.elapsed().compareTo(PAUSE) >= 0);
			two.resume();
			MachineTime.await(START).until(() -> two.lost(GroupApplication.WORK) > 0);
		});
	}

	/**
	 * Stop nodes one after the other, as a new version of the application is brought out.
	 * The new ones have another group.
	 */
	private void restart(TestNode publisher, List<GroupProcess> nodes, List<GroupProcess> restarted) throws Exception {
		during("a rolling restart", Duration.ofSeconds(LONG ? 20 : 10), publisher, nodes, () -> {
			for (GroupProcess node : restarted) {
				node.stop();
				node.launch("test.late=true");
				MachineTime.await(START).until(() -> node.lanes(GroupApplication.WORK) > 0);
			}
		});
	}

	private List<String> arguments(Broker broker) throws Exception {
		return Stream.concat(Stream.concat(Stream.of(broker.directProperties()), prepare(broker).stream()),
				Stream.of("atmosphere.channels[0].pattern=work/**", "atmosphere.channels[0].history.size=100000",
						"atmosphere.channels[0].history.ttl=1h", "atmosphere.groups.retry-delay=100ms",
						"atmosphere.groups.max-retry-delay=1s", "atmosphere.groups.max-attempts=3"))
			.toList();
	}

	private void awaitLanes(Duration limit, List<GroupProcess> nodes) {
		MachineTime.await(limit)
			.until(() -> nodes.stream().allMatch((node) -> node.lanes(GroupApplication.WORK) > 0)
					&& nodes.stream().mapToLong((node) -> node.lanes(GroupApplication.WORK)).sum() == lanes());
	}

	/**
	 * The slowest message beside a channel that fails all the time is compared with the
	 * slowest one without: what the machine needs anyway is in both. The first messages
	 * do not count, because the processes have just started. The median of several rounds
	 * counts, because one may meet a pause of the machine.
	 */
	private void aChannelThatAlwaysFailsDelaysNoOther(TestNode publisher, List<GroupProcess> nodes) {
		publish(publisher, PHASE / 4, Duration.ofSeconds(3));
		await(GroupApplication.WORK, nodes);
		Duration without = slowestOfRounds(publisher, nodes, (PHASE - PHASE / 4) / 2);
		this.badEvery = 1;
		Duration with = slowestOfRounds(publisher, nodes, PHASE - this.next);
		this.badEvery = BAD_EVERY;
		System.out.println("The slowest message took " + without.toMillis() + " ms, and " + with.toMillis()
				+ " ms beside a channel that always fails");
		assertThat(with).isLessThan(without.plus(SECOND));
		note("nothing", repeated(GroupApplication.WORK, nodes), lost(GroupApplication.WORK, nodes));
	}

	private Duration slowestOfRounds(TestNode publisher, List<GroupProcess> nodes, int messages) {
		List<Duration> slowest = new ArrayList<>();
		int first = this.next;
		for (int round = 1; round <= ROUNDS; round++) {
			int begin = this.next;
			int end = first + messages * round / ROUNDS;
			publish(publisher, end - begin, Duration.ofSeconds(1));
			await(GroupApplication.WORK, nodes);
			slowest.add(slowest(nodes, (number) -> number >= begin && number < end));
		}
		return slowest.stream().sorted().toList().get(ROUNDS / 2);
	}

	private Duration slowest(List<GroupProcess> nodes, Predicate<Integer> numbers) {
		return Duration.ofMillis(handled(GroupApplication.WORK, nodes).stream()
			.filter((message) -> numbers.test(message.number()))
			.mapToLong((message) -> message.time() - this.sent.getOrDefault(message.text(), Long.MAX_VALUE))
			.max()
			.orElseThrow());
	}

	/**
	 * Let something happen while messages are published.
	 */
	private void during(String name, Duration time, TestNode publisher, List<GroupProcess> nodes, Fault fault)
			throws Exception {
		int begin = this.next;
		int before = repeated(GroupApplication.WORK, nodes);
		long lost = lost(GroupApplication.WORK, nodes);
		CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> publish(publisher, PHASE, time));
		MachineTime.await(START).until(() -> publishing.isDone() || this.next > begin + PHASE / 4);
		fault.happen();
		publishing.orTimeout(START.toSeconds(), TimeUnit.SECONDS).join();
		await(GroupApplication.WORK, nodes);
		awaitLanes(START, nodes);
		note(name, repeated(GroupApplication.WORK, nodes) - before, lost(GroupApplication.WORK, nodes) - lost);
		System.out.println("After " + this.next * CHANNELS + " messages, handled again: " + this.repeated);
	}

	private void note(String name, int repeated, long lost) {
		this.repeated.put(name, repeated);
		if (lost == 0) {
			this.quiet.add(name);
		}
	}

	private static long lost(String group, List<GroupProcess> nodes) {
		return nodes.stream().mapToLong((node) -> node.lostByAll(group)).sum();
	}

	/**
	 * Publish the next messages to each channel, one after the other in each of them.
	 */
	private void publish(TestNode publisher, int count, Duration time) {
		long begin = System.nanoTime();
		for (int i = 0; i < count; i++) {
			for (long due = begin + time.toNanos() * i / count; due - System.nanoTime() > 0;) {
				LockSupport.parkNanos(due - System.nanoTime());
			}
			int number = this.next;
			List<CompletableFuture<Receipt>> receipts = IntStream.range(0, CHANNELS)
				.mapToObj((channel) -> send(publisher, Integer.toString(channel), number))
				.toList();
			for (int channel = 0; channel < CHANNELS; channel++) {
				confirm(publisher, Integer.toString(channel), number, receipts.get(channel));
			}
			if (this.badEvery > 0 && number % this.badEvery == 0) {
				confirm(publisher, GroupApplication.BAD, this.badMessages,
						send(publisher, GroupApplication.BAD, this.badMessages));
				this.badMessages++;
			}
			this.next = number + 1;
		}
	}

	private CompletableFuture<Receipt> send(TestNode publisher, String channel, int number) {
		return publisher.broadcaster()
			.broadcast("work/" + channel, Integer.toString(number),
					PublishOptions.DEFAULTS.idempotencyKey(channel + " " + number))
			.thenApply((receipt) -> {
				if (isConfirmed(receipt)) {
					this.sent.put(channel + " " + number, System.currentTimeMillis());
				}
				return receipt;
			});
	}

	/**
	 * Publish a message again, with the same key, until the broker has it.
	 */
	private void confirm(TestNode publisher, String channel, int number, CompletableFuture<Receipt> first) {
		if (!isConfirmed(first)) {
			MachineTime.await(START).until(() -> isConfirmed(send(publisher, channel, number)));
		}
	}

	private static boolean isConfirmed(CompletableFuture<Receipt> sent) {
		Receipt receipt = sent.exceptionally((ex) -> null).orTimeout(30, TimeUnit.SECONDS).join();
		return receipt != null && isConfirmed(receipt);
	}

	private static boolean isConfirmed(Receipt receipt) {
		return List.of(Outcome.RELAYED, Outcome.DUPLICATE).contains(receipt.outcome());
	}

	private void await(String group, List<GroupProcess> nodes) {
		MachineTime.await(START)
			.pollInterval(Duration.ofMillis(500))
			.until(() -> distinct(handled(group, nodes)) == (long) this.next * CHANNELS);
	}

	private static List<Handled> handled(String group, List<GroupProcess> nodes) {
		return nodes.stream()
			.flatMap((node) -> node.lines().stream())
			.map((line) -> line.split(" "))
			.filter((fields) -> fields[0].equals("handled") && fields[1].equals(group))
			.map((fields) -> new Handled(fields[2], Integer.parseInt(fields[3]), Long.parseLong(fields[4])))
			.sorted(Comparator.comparingLong(Handled::time))
			.toList();
	}

	private static long distinct(List<Handled> handled) {
		return handled.stream().map(Handled::text).distinct().count();
	}

	private static int repeated(String group, List<GroupProcess> nodes) {
		List<Handled> handled = handled(group, nodes);
		return handled.size() - (int) distinct(handled);
	}

	private void reconcile(List<GroupProcess> nodes) {
		assertInOrder(GroupApplication.WORK, nodes);
		assertInOrder(GroupApplication.LATE, nodes);
		Set<Integer> expected = IntStream.range(0, this.badMessages).boxed().collect(Collectors.toSet());
		for (GroupProcess node : nodes) {
			for (String group : node.groups()) {
				MachineTime.await(START).until(() -> node.lag(group) == 0);
				MachineTime.await(START).until(() -> Set.copyOf(node.setAside(group)).equals(expected));
				assertThat(node.setAside(group)).doesNotHaveDuplicates();
			}
		}
		assertThat(nodes.get(2).groups()).contains(GroupApplication.WORK, GroupApplication.LATE);
		int again = repeated(GroupApplication.LATE, nodes);
		System.out.println("Of " + MESSAGES * CHANNELS + " messages were handled again " + this.repeated
				+ ", and by the late group " + again);
		// A node that is short of processors may lose its connection, and lanes.
		// Otherwise
		// each message is handled once if nothing happens, and if nodes stop
		note("late", again, lost(GroupApplication.LATE, nodes));
		for (String name : List.of("nothing", "a rolling restart", "late")) {
			if (this.quiet.contains(name)) {
				assertThat(this.repeated).containsEntry(name, 0);
			}
		}
		// What was being handled, or was handled and not committed: at most one message
		// of each channel
		assertThat(this.repeated.values()).allMatch((count) -> count <= CHANNELS);
	}

	private void assertInOrder(String group, List<GroupProcess> nodes) {
		Map<String, List<Integer>> first = new HashMap<>();
		Set<String> known = ConcurrentHashMap.newKeySet();
		for (Handled message : handled(group, nodes)) {
			if (known.add(message.text())) {
				first.computeIfAbsent(message.channel(), (channel) -> new ArrayList<>()).add(message.number());
			}
		}
		List<Integer> all = IntStream.range(0, MESSAGES).boxed().toList();
		assertThat(first).hasSize(CHANNELS)
			.allSatisfy(
					(channel, numbers) -> assertThat(numbers).as("channel %s of %s", channel, group).isEqualTo(all));
	}

	/**
	 * What happens to a node or the broker.
	 */
	private interface Fault {

		void happen() throws Exception;

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
