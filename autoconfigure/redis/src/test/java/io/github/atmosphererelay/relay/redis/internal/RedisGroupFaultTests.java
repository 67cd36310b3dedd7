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

package io.github.atmosphererelay.relay.redis.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.WithProcesses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a group of three processes, one of which is killed, another one stopped for
 * longer than its lease, while Redis restarts.
 */
@Reconciles
@WithProcesses
class RedisGroupFaultTests {

	private static final Duration LIMIT = Duration.ofSeconds(40);

	private static final int CHANNELS = 100;

	private static final int MESSAGES = 200;

	/** The threads of a node. */
	private static final int IN_FLIGHT = 8;

	/** With {@code -Datmosphere.test.long=true} a process is stopped for 20 s. */
	private static final boolean LONG = Boolean.getBoolean("atmosphere.test.long");

	private final List<String> channels = IntStream.range(0, CHANNELS).mapToObj((i) -> "orders/" + i).toList();

	/** By channel, the numbers of the messages as they were handled. */
	private final Map<String, List<Integer>> handled = new HashMap<>();

	private synchronized void handled(String channelAndText) {
		String[] parts = channelAndText.split(" ");
		this.handled.computeIfAbsent(parts[0], (channel) -> new ArrayList<>()).add(Integer.valueOf(parts[1]));
	}

	private synchronized int distinct() {
		return this.handled.values().stream().mapToInt((numbers) -> Set.copyOf(numbers).size()).sum();
	}

	private synchronized int repeated() {
		return this.handled.values().stream().mapToInt(List::size).sum() - distinct();
	}

	@Test
	void aKillAStopAndARestartOfRedisLoseNothingAndRepeatWhatWasInFlight(@TempDir Path directory) {
		try (RedisServers.Standalone server = RedisServers.durable(directory);
				RedisTestBroker broker = new RedisTestBroker(Driver.LETTUCE, RedisServers.HOST, server.port())) {
			RelayNode publisher = new RelayNode(broker.relay("faults", new EnvelopeCodec(1000))).start();
			List<GroupNodeProcess> nodes = new ArrayList<>();
			try {
				publisher.awaitRoundTrip(LIMIT);
				for (int i = 0; i < 3; i++) {
					nodes.add(new GroupNodeProcess(server.port(), "faults", this::handled));
				}
				MachineTime.await(LIMIT).until(() -> nodes.stream().allMatch((node) -> hasLanes(node, 21)));
				publish(publisher, 0, 50);
				nodes.remove(0).close();
				publish(publisher, 50, 60);
				MachineTime.await(LIMIT).until(() -> distinct() == 60 * CHANNELS);
				int repeatedAfterKill = repeated();
				nodes.get(0).signal("STOP");
				publish(publisher, 60, 100);
				MachineTime.await(LIMIT).until(() -> distinct() >= 100 * CHANNELS - IN_FLIGHT);
				awaitStandstill();
				nodes.get(0).signal("CONT");
				MachineTime.await(LIMIT).until(() -> nodes.stream().allMatch((node) -> hasLanes(node, 32)));
				MachineTime.await(LIMIT).until(() -> distinct() == 100 * CHANNELS);
				int repeatedAfterStop = repeated();
				publish(publisher, 100, 130);
				server.stop();
				server.start();
				publish(publisher, 130, MESSAGES);
				MachineTime.await(LIMIT).until(() -> distinct() == MESSAGES * CHANNELS);
				MachineTime.await(LIMIT)
					.until(() -> nodes.stream().allMatch((node) -> node.state().startsWith("lag 0 ")));
				System.out.println(
						"Repeated: " + repeatedAfterKill + " after the kill, " + (repeatedAfterStop - repeatedAfterKill)
								+ " after the stop, " + (repeated() - repeatedAfterStop) + " after the restart");
				assertInOrder();
				// In flight, or handled and not committed yet
				assertThat(repeatedAfterKill).isLessThanOrEqualTo(10 * IN_FLIGHT);
				assertThat(repeatedAfterStop - repeatedAfterKill).isLessThanOrEqualTo(10 * IN_FLIGHT);
				assertThat(repeated() - repeatedAfterStop).isLessThanOrEqualTo(IN_FLIGHT);
			}
			finally {
				nodes.forEach(GroupNodeProcess::close);
				publisher.relay().stop();
			}
		}
	}

	private static boolean hasLanes(GroupNodeProcess node, int lanes) {
		String[] parts = node.state().split(" ");
		return parts.length == 4 && Integer.parseInt(parts[3]) >= lanes;
	}

	/**
	 * Wait until the node has stood still for 20 s, if there is so much time.
	 */
	private static void awaitStandstill() {
		if (LONG) {
			long begin = System.nanoTime();
			MachineTime.await(LIMIT).until(() -> System.nanoTime() - begin >= Duration.ofSeconds(10).toNanos());
		}
	}

	private synchronized void assertInOrder() {
		for (String channel : this.channels) {
			List<Integer> firsts = new ArrayList<>();
			Set<Integer> seen = new HashSet<>();
			for (Integer number : this.handled.get(channel)) {
				if (seen.add(number)) {
					firsts.add(number);
				}
			}
			assertThat(firsts).as(channel).isEqualTo(IntStream.range(0, MESSAGES).boxed().toList());
		}
	}

	/**
	 * Publish messages in all channels, each again until it is confirmed. The idempotency
	 * key keeps it from being recorded twice.
	 */
	private void publish(RelayNode publisher, int first, int end) {
		for (int i = first; i < end; i++) {
			String text = Integer.toString(i);
			Set<String> open = new HashSet<>(this.channels);
			MachineTime.await(LIMIT).until(() -> {
				Map<String, CompletableFuture<Receipt>> receipts = new HashMap<>();
				for (String channel : open) {
					LogOptions options = new LogOptions(10_000, Duration.ofHours(1), channel + "-" + text,
							Duration.ofMinutes(5));
					receipts.put(channel, publisher.relay().publish(publisher.recorded(channel, text, options)));
				}
				receipts.forEach((channel, receipt) -> {
					Outcome outcome = receipt.orTimeout(10, TimeUnit.SECONDS)
						.handle((done, ex) -> (ex != null) ? Outcome.UNCONFIRMED : done.outcome())
						.join();
					if (outcome == Outcome.RELAYED || outcome == Outcome.DUPLICATE) {
						open.remove(channel);
					}
				});
				return open.isEmpty();
			});
		}
	}

}
