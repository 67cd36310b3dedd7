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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of what every {@link BackChannel} has to guarantee, against a real broker. The
 * tests of a back channel extend this class. Each test uses a cluster of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
public abstract class BackChannelContractTests {

	private static final String FEED = "prices";

	private static final Duration LIMIT = Duration.ofSeconds(20);

	private final List<BackChannel> channels = new ArrayList<>();

	private final List<InterestRecorder> recorders = new ArrayList<>();

	private String cluster = "";

	/**
	 * Create the back channel of one process, which connects to the broker directly.
	 * @param cluster the name of the cluster
	 * @return the back channel
	 */
	protected abstract BackChannel create(String cluster);

	/**
	 * Create the back channel of one process, which reaches the broker through
	 * {@link #proxy()}.
	 * @param cluster the name of the cluster
	 * @return the back channel
	 */
	protected abstract BackChannel createBehindProxy(String cluster);

	/**
	 * Return the proxy in front of the broker.
	 * @return the proxy
	 */
	protected abstract TcpProxy proxy();

	/**
	 * Kill the broker and start it again, with or without what it knew.
	 */
	protected abstract void restartBroker();

	protected final BackChannel channel() {
		return add(create(cluster()));
	}

	protected final BackChannel channelBehindProxy() {
		return add(createBehindProxy(cluster()));
	}

	private BackChannel add(BackChannel channel) {
		this.channels.add(channel);
		return channel;
	}

	protected final String cluster() {
		if (this.cluster.isEmpty()) {
			this.cluster = "test-" + UUID.randomUUID();
		}
		return this.cluster;
	}

	protected final InterestRecorder listening(BackChannel channel) throws Exception {
		InterestRecorder recorder = new InterestRecorder();
		this.recorders.add(recorder);
		channel.listen(recorder).get(30, TimeUnit.SECONDS);
		return recorder;
	}

	protected static void awaitKnown(InterestRecorder recorder, InterestedNode... nodes) {
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(nodes).allMatch((node) -> node.isKnownTo(recorder),
					"the listener knows its interest"));
	}

	@AfterEach
	void stopAll() {
		List<BackChannel> stopped = List.copyOf(this.channels);
		List<InterestRecorder> recorders = List.copyOf(this.recorders);
		this.channels.clear();
		this.recorders.clear();
		this.cluster = "";
		stopped.forEach(BackChannel::stop);
		recorders.forEach(InterestRecorder::close);
		assertThat(recorders).allSatisfy((recorder) -> assertThat(recorder.violations()).isEmpty());
	}

	@Test
	void aListenerKnowsAtOnceWhatWasPublishedBeforeItListens() throws Exception {
		BackChannel channel = channel();
		InterestedNode first = new InterestedNode(FEED, channel).want("prices/a", "prices/b").want("prices/c");
		InterestedNode second = new InterestedNode(FEED, channel).want("prices/a")
			.change(Set.of(), Set.of("prices/a"))
			.want("prices/d");
		InterestedNode other = new InterestedNode(first.id(), "orders", channel).replaceBy(Set.of("orders/x"));
		InterestRecorder recorder = listening(channel());
		assertThat(recorder.of(FEED, first.id())).isEqualTo(first.interest());
		assertThat(recorder.of(FEED, second.id())).isEqualTo(second.interest());
		assertThat(recorder.of("orders", first.id())).isEqualTo(other.interest());
	}

	@Test
	void aListenerOfAClusterWithoutInterestIsReady() throws Exception {
		InterestRecorder recorder = listening(channel());
		assertThat(recorder.calls()).isZero();
	}

	@Test
	void allListenersLearnOfEachChangeOfEachNode() throws Exception {
		InterestRecorder one = listening(channel());
		InterestRecorder two = listening(channel());
		ExecutorService threads = Executors.newFixedThreadPool(3);
		try {
			List<InterestedNode> nodes = new ArrayList<>();
			List<Future<?>> done = new ArrayList<>();
			for (int n = 0; n < 3; n++) {
				InterestedNode node = new InterestedNode(FEED, channel());
				nodes.add(node);
				done.add(threads.submit(() -> changeOften(node, 60)));
			}
			for (Future<?> each : done) {
				each.get(60, TimeUnit.SECONDS);
			}
			awaitKnown(one, nodes.toArray(InterestedNode[]::new));
			awaitKnown(two, nodes.toArray(InterestedNode[]::new));
			assertThat(nodes).allSatisfy((node) -> assertThat(node.failures()).isZero());
		}
		finally {
			threads.shutdownNow();
		}
	}

	private static void changeOften(InterestedNode node, int changes) {
		for (int i = 0; i < changes; i++) {
			node.change(Set.of("prices/" + i, "prices/x" + i), (i > 2) ? Set.of("prices/" + (i - 3)) : Set.of());
		}
	}

	@Test
	void aChangeThatEndsBeforeAnotherOneBeginsReachesAListenerThatBeginsBetween() throws Exception {
		BackChannel channel = channel();
		InterestedNode node = new InterestedNode(FEED, channel);
		for (int i = 0; i < 10; i++) {
			node.want("prices/" + i);
			InterestRecorder recorder = listening(channel());
			assertThat(recorder.of(FEED, node.id())).isEqualTo(node.interest());
		}
	}

	@Test
	void aWholeInterestTakesThePlaceOfWhatWasPublishedBefore() throws Exception {
		InterestRecorder recorder = listening(channel());
		InterestedNode node = new InterestedNode(FEED, channel()).want("prices/a", "prices/b");
		node.replaceBy(Set.of("prices/b", "prices/c"));
		awaitKnown(recorder, node);
		node.want("prices/d");
		awaitKnown(recorder, node);
		node.replaceBy(Set.of());
		awaitKnown(recorder, node);
		node.want("prices/e");
		awaitKnown(recorder, node);
		assertThat(listening(channel()).of(FEED, node.id())).isEqualTo(node.interest());
	}

	@Test
	void aNodeThatIsForgottenWantsNothingInAnyFeed() throws Exception {
		BackChannel channel = channel();
		InterestRecorder recorder = listening(channel());
		InterestedNode gone = new InterestedNode(FEED, channel).want("prices/a");
		InterestedNode alsoGone = new InterestedNode(gone.id(), "orders", channel).want("orders/a");
		InterestedNode stays = new InterestedNode(FEED, channel()).want("prices/a");
		awaitKnown(recorder, gone, alsoGone, stays);
		channel().forget(gone.id()).get(30, TimeUnit.SECONDS);
		MachineTime.await(LIMIT)
			.until(() -> recorder.of(FEED, gone.id()) == null && recorder.of("orders", gone.id()) == null);
		InterestRecorder later = listening(channel());
		assertThat(later.of(FEED, gone.id())).isNull();
		assertThat(later.of("orders", gone.id())).isNull();
		assertThat(later.of(FEED, stays.id())).isEqualTo(stays.interest());
		assertThat(recorder.of(FEED, stays.id())).isEqualTo(stays.interest());
	}

	@Test
	void namesMayHaveAnyCharacters() throws Exception {
		InterestRecorder recorder = listening(channel());
		BackChannel channel = channel();
		String longest = "prices/" + "ä".repeat(248);
		List<InterestedNode> nodes = new ArrayList<>();
		for (String feed : List.of("a|b", "{a}:b", "a*?[b]", "Kurse in €", "a/b", "a", "a|b|c", "%7C")) {
			nodes.add(new InterestedNode(feed, channel).want(feed.replace(' ', '_') + "/x|y", "{x}/:*",
					"x/\uD83D\uDE00", longest));
		}
		awaitKnown(recorder, nodes.toArray(InterestedNode[]::new));
		awaitKnown(listening(channel()), nodes.toArray(InterestedNode[]::new));
	}

	@Test
	void aNodeMayWantTensOfThousandsOfChannels() throws Exception {
		InterestRecorder recorder = listening(channel());
		Set<String> many = IntStream.range(0, 30_000)
			.mapToObj((i) -> "prices/of-a-channel-with-a-longer-name/" + i)
			.collect(Collectors.toSet());
		InterestedNode node = new InterestedNode(FEED, channel()).replaceBy(many);
		node.want("prices/one-more");
		awaitKnown(recorder, node);
		assertThat(listening(channel()).of(FEED, node.id())).isEqualTo(node.interest());
		Set<String> half = many.stream().filter((each) -> each.endsWith("1")).collect(Collectors.toSet());
		node.change(Set.of(), half);
		awaitKnown(recorder, node);
	}

	@Test
	void aListenerThatThrowsLearnsOfWhatFollows() throws Exception {
		InterestRecorder recorder = listening(channel());
		InterestedNode node = new InterestedNode(FEED, channel());
		recorder.fail(true);
		node.want("prices/a");
		awaitKnown(recorder, node);
		node.want("prices/b");
		awaitKnown(recorder, node);
		recorder.fail(false);
		node.want("prices/c");
		awaitKnown(recorder, node);
	}

	@Test
	void nothingIsLostWhenConnectionsBreak() throws Exception {
		InterestRecorder cutOff = listening(channelBehindProxy());
		InterestRecorder direct = listening(channel());
		InterestedNode near = new InterestedNode(FEED, channel());
		InterestedNode far = new InterestedNode(FEED, channelBehindProxy());
		for (int i = 0; i < 40; i++) {
			if (i % 10 == 5) {
				proxy().cut();
			}
			near.change(Set.of("prices/near" + i), (i > 0) ? Set.of("prices/near" + (i - 1)) : Set.of());
			proxy().resume();
			far.change(Set.of("prices/far" + i), (i > 0) ? Set.of("prices/far" + (i - 1)) : Set.of());
		}
		awaitKnown(direct, near, far);
		awaitKnown(cutOff, near, far);
		awaitKnown(listening(channel()), near, far);
	}

	@Test
	void nothingIsLostWhenTheBrokerIsRestarted() throws Exception {
		InterestRecorder recorder = listening(channel());
		InterestedNode quiet = new InterestedNode(FEED, channel()).want("prices/quiet");
		InterestedNode busy = new InterestedNode(FEED, channel()).want("prices/a");
		awaitKnown(recorder, quiet, busy);
		restartBroker();
		busy.want("prices/b");
		awaitKnown(recorder, quiet, busy);
		busy.want("prices/c");
		awaitKnown(recorder, quiet, busy);
		// A broker without persistence learns again of a node that changes nothing
		MachineTime.await(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
			InterestRecorder later = listening(channel());
			assertThat(later.of(FEED, quiet.id())).isEqualTo(quiet.interest());
			assertThat(later.of(FEED, busy.id())).isEqualTo(busy.interest());
		});
	}

	@Test
	void whatIsOpenFailsWhenTheBackChannelStops() throws Exception {
		BackChannel channel = channelBehindProxy();
		InterestRecorder recorder = listening(channel);
		InterestedNode node = new InterestedNode(FEED, channel).want("prices/a");
		awaitKnown(recorder, node);
		proxy().stall();
		try {
			Future<?> open = channel.publish(new InterestChange(FEED, node.id(), 2, Set.of("prices/b"), Set.of()));
			Future<?> alsoOpen = channel.publish(new InterestChange("orders", node.id(), 1, Set.of("x"), Set.of()));
			channel.stop();
			recorder.close();
			assertFails(open);
			assertFails(alsoOpen);
			assertFails(channel.publish(new InterestChange(FEED, node.id(), 3, Set.of("prices/c"), Set.of())));
			assertFails(channel.replace(FEED, node.id(), 4, Set.of()));
			assertFails(channel.forget(node.id()));
			assertFails(channel.listen(new InterestRecorder()));
		}
		finally {
			proxy().resume();
		}
		InterestedNode other = new InterestedNode(FEED, channel()).want("prices/x");
		awaitKnown(listening(channel()), other);
	}

	private static void assertFails(Future<?> future) throws InterruptedException, TimeoutException {
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> future.get(1, TimeUnit.SECONDS));
	}

}
