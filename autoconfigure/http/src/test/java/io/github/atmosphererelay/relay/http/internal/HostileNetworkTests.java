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

package io.github.atmosphererelay.relay.http.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nodes between which somebody sits who does not have the secret, and can record, repeat,
 * delay, reorder, change, cut and lose what they send each other.
 */
@Reconciles
@Timeout(240)
class HostileNetworkTests extends AbstractHttpNodesTests {

	private static final Duration TIME = Duration.ofSeconds(4);

	private static final int MAX_RECORDED = 500;

	private final ScheduledExecutorService later = Executors.newScheduledThreadPool(4);

	private final List<RecordedRequest> recorded = new CopyOnWriteArrayList<>();

	private final Map<Integer, Integer> answers = new ConcurrentHashMap<>();

	@Test
	void nothingIsLostOrDoubledAndNobodyElseBecomesAPeer() throws Exception {
		List<RelayNode> nodes = started("a", "b", "c");
		nodes.forEach((node) -> node.subscribe(new Address.Channel("room"), Address.CONTROL));
		this.cluster.server().tap(this::interfere);
		long end = System.nanoTime() + TIME.toNanos();
		List<CompletableFuture<List<UUID>>> published = nodes.stream()
			.map((node) -> run(() -> publish(node, end)))
			.toList();
		List<CompletableFuture<Void>> attacks = nodes.stream().map((node) -> run(() -> attack(node, end))).toList();
		attacks.forEach(CompletableFuture::join);
		this.cluster.server().tap(null);
		for (RelayNode receiver : nodes) {
			for (int i = 0; i < nodes.size(); i++) {
				UUID publisher = nodes.get(i).id();
				List<UUID> sent = published.get(i).join();
				assertThat(sent).isNotEmpty();
				MachineTime.await(Duration.ofSeconds(20))
					.untilAsserted(
							() -> assertThat(receiver.received(publisher)).hasSizeGreaterThanOrEqualTo(sent.size()));
				assertThat(receiver.received(publisher)).extracting(Envelope::id).isEqualTo(sent);
			}
			assertThat(receiver.gaps()).isEmpty();
			HttpRelayStatistics statistics = PeerCluster.relay(receiver).statistics();
			assertThat(statistics.missed()).isZero();
			for (RefusalReason reason : List.of(RefusalReason.REPLAYED, RefusalReason.OTHER_NODE,
					RefusalReason.UNAUTHENTICATED, RefusalReason.MALFORMED)) {
				assertThat(statistics.refused(reason)).as(reason.tag()).isPositive();
			}
		}
		PeerCluster.awaitPeers(2, nodes.toArray(RelayNode[]::new));
		nodes.forEach((node) -> assertThat((Map<?, ?>) node.relay().details().get("peers")).hasSize(3));
		assertThat(this.answers.getOrDefault(PeerProtocol.OK, 0)).as("accepted attacks").isZero();
		this.later.shutdownNow();
	}

	/**
	 * What happens to the requests of nodes.
	 */
	private @Nullable PeerResponse interfere(PeerEndpoint endpoint, RecordedRequest request) throws IOException {
		switch (ThreadLocalRandom.current().nextInt(40)) {
			case 0 -> {
				// Comes after what is sent in its stead
				int delay = ThreadLocalRandom.current().nextInt(300);
				this.later.schedule(() -> endpoint.handle(request), delay, TimeUnit.MILLISECONDS);
				return null;
			}
			case 1 -> {
				endpoint.handle(request);
				return null;
			}
			case 2 -> {
				this.later.execute(() -> handle(endpoint, request));
				return endpoint.handle(request);
			}
			case 3 -> {
				int length = ThreadLocalRandom.current().nextInt(request.content().length);
				return endpoint.handle(request.withBody(Arrays.copyOf(request.content(), length)));
			}
			default -> {
				PeerResponse response = endpoint.handle(request);
				if (this.recorded.size() < MAX_RECORDED && isBound(request)) {
					this.recorded.add(request);
				}
				return response;
			}
		}
	}

	/**
	 * Return whether a request is for one node, and not a question who is there.
	 */
	private static boolean isBound(RecordedRequest request) {
		return !PeerProtocol.ANYBODY.toString().equals(request.header(PeerProtocol.RECEIVER));
	}

	/**
	 * Send a node what was recorded on the way to it and others, as it was and changed.
	 */
	private @Nullable Void attack(RelayNode node, long end) {
		PeerEndpoint endpoint = PeerCluster.relay(node).endpoint();
		ThreadLocalRandom random = ThreadLocalRandom.current();
		while (System.nanoTime() - end < 0) {
			if (!this.recorded.isEmpty()) {
				RecordedRequest request = this.recorded.get(random.nextInt(this.recorded.size()));
				byte[] body = request.content().clone();
				body[random.nextInt(body.length)]++;
				for (RecordedRequest each : List.of(request, request.withBody(body), request.withLength(100_000_000),
						request.withHeader(PeerProtocol.SIGNATURE, "0".repeat(64)),
						request.withHeader(PeerProtocol.NONCE, UUID.randomUUID() + ".1"),
						request.withHeader(PeerProtocol.TIME, Long.toString(System.currentTimeMillis())))) {
					this.answers.merge(handle(endpoint, each).status(), 1, Integer::sum);
				}
			}
			LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
		}
		return null;
	}

	private static PeerResponse handle(PeerEndpoint endpoint, RecordedRequest request) {
		try {
			return endpoint.handle(request);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Publish messages until a time, a few at once.
	 * @return those that were accepted
	 */
	private static List<UUID> publish(RelayNode node, long end) {
		List<UUID> sent = new ArrayList<>();
		while (System.nanoTime() - end < 0) {
			Envelope envelope = node.envelope("room", "message " + sent.size());
			CompletableFuture<Receipt> receipt = node.relay().publish(envelope);
			if (!receipt.isCompletedExceptionally()) {
				sent.add(envelope.id());
			}
			LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
		}
		return sent;
	}

	private static <T extends @Nullable Object> CompletableFuture<T> run(Supplier<T> task) {
		return CompletableFuture.supplyAsync(task, (command) -> new Thread(command).start());
	}

}
