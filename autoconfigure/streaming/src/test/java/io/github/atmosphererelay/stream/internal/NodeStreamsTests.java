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

package io.github.atmosphererelay.stream.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.stream.StreamSubscription;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link NodeStreams}.
 */
class NodeStreamsTests {

	private static final Variant PLAIN = new Variant("\"plain\"", "plain");

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final MemoryChannels channels = new MemoryChannels();

	private final StreamTable table = new StreamTable(
			List.of(new ReducerFunctions<>(Tally.reducer(false), this.mapper, new ReducerStatistics())),
			new StreamTable.Limits(100, 100, 1000));

	private final StreamLanes lanes = new StreamLanes(Guards.UNREPORTED.of(Part.FEEDS));

	private final StreamRefreshes refreshes = new StreamRefreshes(this.channels, this.mapper);

	private final StreamWire wire = new StreamWire(this.mapper);

	private final List<String> delivered = new CopyOnWriteArrayList<>();

	private final AbsentReducers absent = new AbsentReducers(Set.of("tally"), Duration.ofSeconds(3));

	private final NodeStreams streams = new NodeStreams(this.channels, this.table, this.wire, this.mapper, this.lanes,
			this.refreshes,
			(stream, headers, json) -> this.delivered.add(stream + " " + new String(json, StandardCharsets.UTF_8)),
			this.absent, (channel, cause) -> this.delivered.add(channel + " " + cause));

	private final StreamOutlet outlet = new StreamOutlet(this.channels, this.wire, 10_000);

	@AfterEach
	void stop() {
		this.lanes.stop();
	}

	@Test
	void manyStreamsOfAKeyListenOnceAndEachGetsItsMessages() {
		define("one", true, "a", "b");
		define("two", true, "a");
		this.streams.subscribe("streams/one");
		this.streams.subscribe("streams/two");
		assertThat(this.streams.interests()).isEqualTo(2);
		publish("a", 5, "1");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"view\":1}",
				"two {\"key\":\"a\",\"version\":\"1/5\",\"view\":1}");
		publish("a", 5, "1");
		publish("a", 4, "0");
		publish("a", 6, null);
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/6\",\"removed\":true}",
				"two {\"key\":\"a\",\"version\":\"1/6\",\"removed\":true}");
		this.streams.unsubscribe("streams/one");
		assertThat(this.streams.interests()).isEqualTo(1);
		this.streams.unsubscribe("streams/two");
		assertThat(this.streams.interests()).isZero();
		assertThat(this.channels.listened()).isEmpty();
	}

	/**
	 * The subscribers of a freed stream got nothing more, and could not tell that from a
	 * stream in which nothing happens.
	 */
	@Test
	void theSubscribersOfAFreedStreamAreToldThatItHasEnded() {
		define("one", true, "a", "b");
		this.streams.subscribe("streams/one");
		this.table.apply("one", null);
		this.streams.changed("one", null);
		awaitDelivered("streams/one ENDED");
		this.streams.subscribe("streams/one");
		awaitDelivered("streams/one ENDED");
	}

	@Test
	void subscribersAreToldThatNoProcessHasTheReducerForLong() {
		define("one", true, "a");
		this.streams.subscribe("streams/one");
		long second = Duration.ofSeconds(1).toNanos();
		for (int i = 0; i < 3; i++) {
			assertThat(this.absent.look(Set.of(), i * second)).isEmpty();
		}
		assertThat(this.streams.authorize(null, "streams/one").isGranted()).isTrue();
		this.absent.look(Set.of(), 3 * second).forEach(this.streams::away);
		awaitDelivered("streams/one AWAY");
		assertThat(this.streams.authorize(null, "streams/one").refusal()).isEqualTo(ErrorCode.INTERNAL);
		assertThat(this.absent.look(Set.of("tally"), 4 * second)).isEmpty();
		assertThat(this.streams.authorize(null, "streams/one").isGranted()).isTrue();
	}

	@Test
	void nobodyListensForAFreedStreamThoughItHasSubscribers() {
		define("one", true, "a", "b");
		this.streams.subscribe("streams/one");
		this.table.apply("one", null);
		this.streams.changed("one", null);
		assertThat(this.streams.interests()).isZero();
		assertThat(this.streams.size()).isZero();
		assertThat(this.channels.listened()).isEmpty();
		this.streams.unsubscribe("streams/one");
		assertThat(this.streams.interests()).isZero();
	}

	@Test
	void aSubscriberThatComesLaterGetsWhatOthersHave() {
		define("one", true, "a", "b");
		this.streams.subscribe("streams/one");
		publish("a", 5, "1");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"view\":1}");
		this.streams.again("one");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"snapshot\":true,\"view\":1}");
	}

	@Test
	void aSnapshotBringsWhatIsNewerAndTakesWhatIsNotThere() {
		define("one", true, "a", "b", "c");
		this.streams.subscribe("streams/one");
		publish("a", 5, "1");
		publish("b", 6, "2");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"view\":1}",
				"one {\"key\":\"b\",\"version\":\"1/6\",\"view\":2}");
		this.outlet.publish("one", snapshot(9, Set.of("a", "b", "c"), message("b", 6, "2"), message("c", 8, "3")));
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/9\",\"snapshot\":true,\"removed\":true}",
				"one {\"key\":\"c\",\"version\":\"1/8\",\"snapshot\":true,\"view\":3}");
	}

	@Test
	void keysAreAddedAndRemoved() {
		define("one", true, "a", "b");
		this.streams.subscribe("streams/one");
		publish("a", 5, "1");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"view\":1}");
		this.refreshes.flush();
		define("one", true, "b", "c");
		assertThat(this.streams.interests()).isEqualTo(2);
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"removed\":true}");
		publish("a", 6, "2");
		publish("c", 7, "3");
		awaitDelivered("one {\"key\":\"c\",\"version\":\"1/7\",\"view\":3}");
		assertThat(asked()).isOne();
		this.refreshes.flush();
		assertThat(asked()).isEqualTo(2);
	}

	/**
	 * The version of a removed key was forgotten, so that a late process took the client
	 * back when the key was added again.
	 */
	@Test
	void aKeyThatIsRemovedAndAddedAgainDoesNotGoBack() throws Exception {
		define("one", true, "a", "b");
		this.streams.subscribe("streams/one");
		publish("a", 5, "1");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"view\":1}");
		define("one", true, "b");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"removed\":true}");
		define("one", true, "a", "b");
		publish("a", 4, "0");
		awaitLanes();
		assertThat(this.delivered).isEmpty();
		this.outlet.publish("one", snapshot(9, Set.of("a", "b"), message("a", 5, "1")));
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/5\",\"snapshot\":true,\"view\":1}");
	}

	/**
	 * A member that did not know of an added key yet sent the states of the others. That
	 * took the key away at a version that its state did not reach.
	 */
	@Test
	void theStatesOfFormerKeysTakeNoAddedKeyAway() throws Exception {
		define("one", true, "a");
		this.streams.subscribe("streams/one");
		define("one", true, "a", "b");
		publish("b", 5, "1");
		awaitDelivered("one {\"key\":\"b\",\"version\":\"1/5\",\"view\":1}");
		this.refreshes.flush();
		long asked = asked();
		this.outlet.publish("one", snapshot(9, Set.of("a"), message("a", 3, "0")));
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/3\",\"snapshot\":true,\"view\":0}");
		this.refreshes.flush();
		assertThat(asked()).isEqualTo(asked + 1);
		publish("b", 6, "2");
		awaitDelivered("one {\"key\":\"b\",\"version\":\"1/6\",\"view\":2}");
	}

	/**
	 * The client has the keys up to offset 7 from a snapshot, and key d, which was
	 * removed meanwhile: it is neither sent nor named.
	 */
	@Test
	void aClientWithASnapshotGetsWhatIsNewerAndTheNamesOfTheOthers() throws Exception {
		long generation = TopicGenerations.number(0, 1);
		StreamDefinition definition = new StreamDefinition("tally", new StreamSubscription(null, Map.of()),
				PLAIN.name(), new Selection.Keys(Set.of("a", "b", "c", "d")), true, null,
				StreamPositions.parse(generation + "/7"));
		this.table.apply("one", definition);
		this.streams.subscribe("streams/one");
		publish("a", generation, 5, "0");
		awaitLanes();
		assertThat(this.delivered).isEmpty();
		this.outlet.publish("one",
				new StreamSnapshot(definition.selection().fingerprint(), 0, new StateVersion(generation, 9), true,
						List.of(message("a", generation, 6, "1"), message("b", generation, 8, "2"),
								message("c", generation, 7, "3"))));
		awaitDelivered("one {\"key\":\"b\",\"version\":\"1/8\",\"snapshot\":true,\"view\":2}",
				"one {\"unchanged\":[\"a\",\"c\"]}", "one {\"current\":true}");
		publish("a", generation, 10, "4");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/10\",\"view\":4}");
		this.streams.again("one");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/10\",\"snapshot\":true,\"view\":4}",
				"one {\"key\":\"b\",\"version\":\"1/8\",\"snapshot\":true,\"view\":2}",
				"one {\"key\":\"c\",\"version\":\"1/7\",\"snapshot\":true,\"view\":3}");
	}

	private static StreamSnapshot snapshot(long asOf, Set<String> keys, StreamMessage... messages) {
		return new StreamSnapshot(new Selection.Keys(keys).fingerprint(), 0, new StateVersion(1, asOf), true,
				List.of(messages));
	}

	@Test
	void whatMayBeMissingIsAskedForOnce() {
		define("one", true, "a");
		define("two", true, "a");
		this.streams.subscribe("streams/one");
		this.streams.subscribe("streams/two");
		this.refreshes.flush();
		assertThat(asked()).isOne();
		this.refreshes.flush();
		assertThat(asked()).isOne();
		this.channels.missed(InterestId.ofKey("tally", "a", PLAIN).channel());
		this.refreshes.flush();
		assertThat(asked()).isEqualTo(2);
	}

	@Test
	void aStreamThatHasNotBegunGetsNothingAndAsksWhenItBegins() throws Exception {
		define("one", false, "a");
		this.streams.subscribe("streams/one");
		publish("a", 5, "1");
		awaitLanes();
		assertThat(this.delivered).isEmpty();
		this.refreshes.flush();
		assertThat(asked()).isZero();
		define("one", true, "a");
		publish("a", 6, "2");
		awaitDelivered("one {\"key\":\"a\",\"version\":\"1/6\",\"view\":2}");
		this.refreshes.flush();
		assertThat(asked()).isOne();
	}

	@Test
	void onlyTheOwnerMaySubscribe() {
		StreamDefinition definition = definition("ann", true, "a");
		this.table.apply("one", definition);
		define("free", true, "a");
		assertThat(this.streams.authorize(() -> "ann", "streams/one").isGranted()).isTrue();
		assertThat(this.streams.authorize(() -> "bob", "streams/one").isGranted()).isFalse();
		assertThat(this.streams.authorize(null, "streams/one"))
			.isEqualTo(this.streams.authorize(null, "streams/unknown"));
		assertThat(this.streams.authorize(null, "streams/free").isGranted()).isTrue();
	}

	private long asked() {
		return this.channels.published().stream().filter(StreamRefreshes.CHANNEL::equals).count();
	}

	private void define(String id, boolean begun, String... keys) {
		StreamDefinition definition = definition(null, begun, keys);
		assertThat(this.table.apply(id, definition)).isNull();
		this.streams.changed(id, definition);
	}

	private static StreamDefinition definition(String user, boolean begun, String... keys) {
		return new StreamDefinition("tally", new StreamSubscription(user, Map.of()), PLAIN.name(),
				new Selection.Keys(Set.of(keys)), begun);
	}

	private void publish(String key, long offset, String view) {
		publish(key, 1, offset, view);
	}

	private void publish(String key, long generation, long offset, String view) {
		this.outlet.publish(message(key, generation, offset, view)).join();
	}

	private static StreamMessage message(String key, long offset, String view) {
		return message(key, 1, offset, view);
	}

	private static StreamMessage message(String key, long generation, long offset, String view) {
		return new StreamMessage(InterestId.ofKey("tally", key, PLAIN), 0, key, new StateVersion(generation, offset),
				(view != null) ? view.getBytes(StandardCharsets.UTF_8) : null);
	}

	/**
	 * Wait until what was published has been dealt with.
	 */
	private void awaitLanes() throws InterruptedException {
		CountDownLatch done = new CountDownLatch(100);
		for (int i = 0; i < 100; i++) {
			this.lanes.execute("lane-" + i, done::countDown);
		}
		assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
	}

	private void awaitDelivered(String... messages) {
		MachineTime.await(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.delivered).containsExactlyInAnyOrder(messages));
		this.delivered.clear();
	}

}
