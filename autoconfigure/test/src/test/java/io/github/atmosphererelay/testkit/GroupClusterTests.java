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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.group.internal.GroupStatistics;
import io.github.atmosphererelay.listening.ChannelListener;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A consumer group on several nodes in one JVM.
 */
@Timeout(240)
@Reconciles
class GroupClusterTests {

	private static final int CHANNELS = 20;

	private static final Map<String, List<String>> handled = new ConcurrentHashMap<>();

	private static final Set<String> nodes = ConcurrentHashMap.newKeySet();

	/** What is being handled while the broker is away. */
	private static final CompletableFuture<Void> gate = new CompletableFuture<>();

	private static final AtomicInteger waiting = new AtomicInteger();

	@Test
	void eachMessageIsHandledByOneNodeWhileNodesComeAndGoAndTheBrokerIsAway() {
		try (RelayCluster cluster = ChatApplication.cluster(Billing.class).nodes(2).start()) {
			publish(cluster, 0, 20);
			awaitCount(20);
			ApplicationNode third = cluster.startNode();
			publish(cluster, 20, 40);
			cluster.node(0).close();
			publish(cluster, 40, 60);
			awaitCount(60);
			publish(cluster, 60, 61);
			MachineTime.await(Duration.ofSeconds(10)).until(() -> waiting.get() == CHANNELS);
			cluster.broker().takeAway();
			MachineTime.await(Duration.ofSeconds(10)).until(() -> cluster.broker().isAway());
			gate.complete(null);
			awaitCount(61);
			// The progress cannot be stored until the broker is back
			MachineTime.await(Duration.ofSeconds(10)).until(() -> storeFailures(cluster.node(1), third) > 0);
			cluster.broker().bringBack();
			publish(cluster, 61, 80);
			awaitCount(80);
			third.close();
			publish(cluster, 80, 90);
			awaitCount(90);
			assertThat(nodes).containsExactlyInAnyOrder("node-0", "node-1", "node-2");
		}
		List<String> texts = new ArrayList<>();
		for (int i = 0; i < 90; i++) {
			texts.add("text " + i);
		}
		for (int channel = 0; channel < CHANNELS; channel++) {
			assertThat(handled.get("log/" + channel)).isEqualTo(texts);
		}
	}

	private static void publish(RelayCluster cluster, int from, int to) {
		for (int i = from; i < to; i++) {
			for (int channel = 0; channel < CHANNELS; channel++) {
				cluster.node(1)
					.broadcaster()
					.broadcast("log/" + channel, "text " + i)
					.orTimeout(10, TimeUnit.SECONDS)
					.join();
			}
		}
	}

	private static long storeFailures(ApplicationNode... nodes) {
		return Arrays.stream(nodes)
			.flatMap((node) -> node.bean(GroupListeners.class).runners().all().stream())
			.mapToLong((runner) -> runner.statistics().count(GroupStatistics.Event.STORE_FAILED))
			.sum();
	}

	private static void awaitCount(int count) {
		MachineTime.await(Duration.ofSeconds(30))
			.until(() -> handled.values().stream().mapToInt(List::size).sum() >= count * CHANNELS);
	}

	static class Billing {

		private final String node;

		Billing(NodeIdentity node) {
			this.node = node.name();
		}

		@ChannelListener(value = "log/{id}", group = "billing")
		CompletableFuture<Void> on(String text, Publication publication) {
			nodes.add(this.node);
			if (text.equals("text 60")) {
				waiting.incrementAndGet();
				return gate.thenRun(() -> handled(text, publication));
			}
			handled(text, publication);
			return CompletableFuture.completedFuture(null);
		}

		private static void handled(String text, Publication publication) {
			handled.computeIfAbsent(publication.channel(), (name) -> new CopyOnWriteArrayList<>()).add(text);
		}

	}

}
