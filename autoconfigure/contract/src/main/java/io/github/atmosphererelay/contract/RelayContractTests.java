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

package io.github.atmosphererelay.contract;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what every relay has to guarantee, against a real broker: delivery while the
 * broker works (inherited), true outcomes and recovery when it fails, and the number of
 * connections and threads. The tests of a relay extend this class, supply their broker,
 * and override only what the relay documents differently.
 */
public abstract class RelayContractTests extends RelayDeliveryContractTests {

	/**
	 * Return how long a relay may take to send and receive envelopes again after the
	 * broker has become reachable.
	 * @return the maximum time
	 */
	protected Duration recoveryTime() {
		return Duration.ofSeconds(5);
	}

	/**
	 * Return how long it may take until the outcome of a published envelope is known.
	 * @return the maximum time
	 */
	protected Duration outcomeTime() {
		return Duration.ofMillis(2500);
	}

	/**
	 * Return by how many threads a relay may grow when it follows 500 addresses instead
	 * of one.
	 * @return the number of threads
	 */
	protected int threadTolerance() {
		return 1;
	}

	/**
	 * Return by how much a slow network delays each packet. An outcome must still be
	 * known within about a second, however many round trips the relay needs for one
	 * envelope.
	 * @return the delay
	 */
	protected Duration slowness() {
		return Duration.ofMillis(100);
	}

	@AfterEach
	void resumeProxy() {
		broker().proxy().resume();
	}

	@Test
	@Covers(KnownFault.RELAY_RECONNECTS)
	void recoversFromACutAndItsOutcomesAreTrue() {
		outage(() -> broker().proxy().cut());
	}

	@Test
	void recoversFromAStallAndItsOutcomesAreTrue() {
		outage(() -> broker().proxy().stall());
	}

	@Test
	void recoversFromRepeatedCutsUnderLoad() {
		RelayNode behind = proxiedNode().start().awaitRoundTrip(START_TIME);
		RelayNode direct = startedNode();
		direct.subscribe(new Address.Channel("busy"));
		Map<Envelope, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();
		for (int cut = 0; cut < 3; cut++) {
			publish(behind, "busy", 300, sent);
			broker().proxy().cut();
			publish(behind, "busy", 300, sent);
			broker().proxy().resume();
			behind.awaitRoundTrip(recoveryTime());
		}
		reconcile(behind, direct, sent);
	}

	@Test
	void slowBrokerLosesNothing() {
		RelayNode behind = proxiedNode().start().awaitRoundTrip(START_TIME);
		RelayNode direct = startedNode();
		direct.subscribe(new Address.Channel("busy"));
		broker().proxy().slow(slowness());
		Map<Envelope, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();
		publish(behind, "busy", 200, sent);
		reconcile(behind, direct, sent);
		assertThat(direct.received(behind.id())).hasSizeGreaterThanOrEqualTo(200);
	}

	@Test
	void startsWhileTheBrokerIsAwayAndConnectsByItself() {
		RelayNode direct = startedNode();
		direct.subscribe(new Address.Channel("room"), new Address.Channel("busy"));
		broker().proxy().cut();
		RelayNode behind = proxiedNode();
		MachineTime start = MachineTime.start();
		behind.start();
		assertThat(start.elapsed()).isLessThan(Duration.ofMillis(500));
		CompletableFuture<@Nullable Void> open = behind.relay().subscribe(new Address.Channel("room"));
		CompletableFuture<@Nullable Void> left = behind.relay().subscribe(new Address.Channel("left"));
		behind.relay().unsubscribe(new Address.Channel("left"));
		assertThat(left).isCancelled();
		Map<Envelope, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();
		publish(behind, "room", 10, sent);
		assertThat(sent.values()).allSatisfy((receipt) -> assertThat(outcome(receipt)).isEqualTo("unavailable"));
		assertThat(open).isNotDone();
		assertThat(behind.connects()).isZero();
		broker().proxy().resume();
		MachineTime.await(recoveryTime()).until(open::isDone);
		assertThat(open).isCompleted();
		Envelope envelope = direct.publish("room", "hello");
		await().untilAsserted(() -> assertThat(behind.receivedIds()).contains(envelope.id()));
		await().untilAsserted(() -> assertThat(behind.connects()).isPositive());
		assertThat(behind.gaps()).as("nothing was followed before").isEmpty();
		behind.awaitRoundTrip(recoveryTime());
		reconcile(behind, direct, sent);
	}

	@Test
	void stopsInTimeWhileTheBrokerIsStalledAndStartsAgain() {
		RelayNode behind = proxiedNode().start().awaitRoundTrip(START_TIME);
		RelayNode direct = startedNode();
		// A relay that knows that nobody follows an address has nothing to wait for
		direct.subscribe(new Address.Channel("room"));
		broker().proxy().stall();
		CompletableFuture<Receipt> receipt = behind.relay().publish(behind.envelope("room", "x"));
		behind.relay().reconnect();
		MachineTime start = MachineTime.start();
		behind.relay().stop();
		assertThat(start.elapsed()).isLessThan(Duration.ofSeconds(8));
		assertThat(outcome(receipt)).isIn("unavailable", "unconfirmed");
		broker().proxy().resume();
		behind.start().awaitRoundTrip(recoveryTime().plus(connectTime()));
		behind.subscribe(new Address.Channel("room"));
		Envelope envelope = direct.publish("room", "hello");
		await().untilAsserted(() -> assertThat(behind.receivedIds()).containsOnlyOnce(envelope.id()));
	}

	@Test
	void manyAddressesOpenNoMoreConnectionsAndThreadsThanOne() {
		RelayNode one = startedNode();
		RelayNode two = startedNode();
		two.subscribe(new Address.Channel("room/0"));
		one.publish("room/0", "warm");
		long connections = broker().connections();
		int threads = ManagementFactory.getThreadMXBean().getThreadCount();
		two.subscribe(
				IntStream.range(1, 501).mapToObj((i) -> new Address.Channel("room/" + i)).toArray(Address[]::new));
		List<UUID> sent = new ArrayList<>();
		for (int i = 1; i < 501; i++) {
			sent.add(one.publish("room/" + i, "x").id());
		}
		await().untilAsserted(() -> assertThat(two.receivedIds()).containsAll(sent));
		// There may be fewer: a connection of an earlier node may have closed meanwhile
		assertThat(broker().connections()).isLessThanOrEqualTo(connections);
		assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
			.isLessThanOrEqualTo(threads + threadTolerance());
	}

	@Test
	void stopLeavesNoConnectionsBehind() {
		long before = broker().connections();
		RelayNode one = startedNode();
		assertThat(broker().connections()).isGreaterThan(before);
		one.relay().reconnect();
		one.awaitRoundTrip(recoveryTime());
		one.relay().stop();
		await().untilAsserted(() -> assertThat(broker().connections()).isLessThanOrEqualTo(before));
	}

	protected RelayNode proxiedNode() {
		return node(broker().proxiedRelay(cluster(), new EnvelopeCodec(MAX_PAYLOAD)));
	}

	private void outage(Runnable fault) {
		RelayNode behind = proxiedNode().start().awaitRoundTrip(START_TIME);
		RelayNode direct = startedNode();
		behind.subscribe(new Address.Channel("to-behind"));
		direct.subscribe(new Address.Channel("busy"));
		Map<Envelope, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();
		publish(behind, "busy", 200, sent);
		fault.run();
		publish(behind, "busy", 200, sent);
		// Lets some publishes meet the relay after it has noticed
		assertThat(sent.values()).allSatisfy((receipt) -> assertThat(outcome(receipt)).isNotNull());
		behind.relay().reconnect();
		behind.relay().reconnect();
		publish(behind, "busy", 50, sent);
		direct.publish("to-behind", "lost or late");
		broker().proxy().resume();
		behind.awaitRoundTrip(recoveryTime());
		Set<UUID> after = new HashSet<>();
		MachineTime.await(recoveryTime()).until(() -> {
			after.add(direct.publish("to-behind", "after").id());
			return behind.receivedIds().stream().anyMatch(after::contains);
		});
		assertThat(behind.receivedIds()).doesNotHaveDuplicates();
		reconcile(behind, direct, sent);
		afterOutage(behind);
	}

	/**
	 * Check what a relay reports about the addresses that a node followed during an
	 * outage.
	 * @param node the node that was cut off
	 */
	protected void afterOutage(RelayNode node) {
		assertThat(node.gaps()).contains(new Address.Channel("to-behind"));
	}

	private void publish(RelayNode node, String channel, int count, Map<Envelope, CompletableFuture<Receipt>> sent) {
		for (int i = 0; i < count; i++) {
			Envelope envelope = node.envelope(channel, "message " + sent.size());
			MachineTime start = MachineTime.start();
			CompletableFuture<Receipt> receipt = node.relay().publish(envelope);
			// Shorter than any timeout for which a blocked call would wait, and longer
			// than a thread has to wait for a processor on a busy machine
			assertThat(start.elapsed()).isLessThan(Duration.ofMillis(500));
			sent.put(envelope, receipt.orTimeout(outcomeTime().toMillis(), TimeUnit.MILLISECONDS));
		}
	}

	/**
	 * Compare the outcomes that a node got for its envelopes with the envelopes that
	 * another node received.
	 */
	private void reconcile(RelayNode publisher, RelayNode receiver, Map<Envelope, CompletableFuture<Receipt>> sent) {
		Set<UUID> relayed = new HashSet<>();
		Set<UUID> refused = new HashSet<>();
		sent.forEach((envelope, receipt) -> {
			String outcome = outcome(receipt);
			if (outcome.equals("relayed")) {
				relayed.add(envelope.id());
			}
			else if (!outcome.equals("unconfirmed")) {
				refused.add(envelope.id());
			}
		});
		Envelope last = publisher.publish("busy", "last");
		await().untilAsserted(() -> assertThat(receiver.receivedIds()).contains(last.id()));
		List<UUID> received = receiver.received(publisher.id()).stream().map(Envelope::id).toList();
		assertThat(received).doesNotHaveDuplicates();
		assertThat(received).containsAll(relayed);
		assertThat(received).noneMatch(refused::contains);
		List<UUID> relayedInOrder = sent.keySet().stream().map(Envelope::id).filter(relayed::contains).toList();
		assertThat(received.stream().filter(relayed::contains)).containsExactlyElementsOf(relayedInOrder);
	}

	private String outcome(CompletableFuture<Receipt> receipt) {
		try {
			return receipt.join().outcome().name().toLowerCase(Locale.ROOT);
		}
		catch (CompletionException ex) {
			if (ex.getCause() instanceof RelayUnavailableException) {
				return "unavailable";
			}
			if (ex.getCause() instanceof RelayOverloadedException) {
				return "overloaded";
			}
			throw ex;
		}
	}

}
