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

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests of what every relay with consumer groups has to guarantee, against a real broker.
 */
@Reconciles
@Timeout(240)
public abstract class GroupContractTests extends RelayNodesTests {

	private static final LogOptions LONG = new LogOptions(10_000, Duration.ofHours(1), null, Duration.ofMinutes(5));

	private static final LogOptions SHORT = new LogOptions(3, Duration.ofHours(1), null, Duration.ofMinutes(5));

	/**
	 * What anything may take on a busy machine. It checks no bound: only a lease has one.
	 */
	private static final Duration LIMIT = Duration.ofSeconds(45);

	/**
	 * Return whether several nodes can share the broker.
	 * @return whether there is more than one node
	 */
	protected boolean isClustered() {
		return true;
	}

	/**
	 * Return whether the relay trims a log to its size at once, and offsets are
	 * consecutive.
	 * @return whether the number of messages that are missing is known
	 */
	protected boolean trimsBySize() {
		return true;
	}

	/**
	 * Return whether nodes reach the broker over a network that the broker's proxy can
	 * stall, so that members need leases.
	 * @return whether a member can stand still
	 */
	protected boolean hasLeases() {
		return isClustered();
	}

	/**
	 * Return how long a member that does not report keeps its lanes.
	 * @return the time of a lease
	 */
	protected Duration leaseTime() {
		return Duration.ofSeconds(10);
	}

	private RelayNode otherNode(RelayNode first) {
		return isClustered() ? startedNode() : first;
	}

	private static GroupOptions group(String name, GroupOptions.Start start) {
		return group(name, start, (channel) -> channel.startsWith("orders/"));
	}

	private static GroupOptions group(String name, GroupOptions.Start start, Predicate<String> channels) {
		return new GroupOptions(name, channels, start);
	}

	private static GroupOptions earliest() {
		return group("billing", GroupOptions.Start.EARLIEST);
	}

	private static List<String> append(RelayNode node, String channel, int first, int count, LogOptions options) {
		List<String> texts = new ArrayList<>();
		for (int i = first; i < first + count; i++) {
			node.relay().publish(node.recorded(channel, "text " + i, options)).orTimeout(30, TimeUnit.SECONDS).join();
			texts.add("text " + i);
		}
		return texts;
	}

	private static List<String> append(RelayNode node, String channel, int first, int count) {
		return append(node, channel, first, count, LONG);
	}

	@Test
	void anEarlyGroupGetsEachMessageOnceInTheOrderOfItsChannel() {
		RelayNode node = startedNode();
		List<String> first = append(node, "orders/1", 0, 30);
		append(node, "others/1", 0, 5);
		GroupMember member = GroupMember.join(node, earliest()).read(30);
		// Later, and in channels that nobody follows
		List<String> second = append(otherNode(node), "orders/2", 0, 10);
		List<String> third = append(node, "orders/1", 30, 10);
		member.read(50);
		first.addAll(third);
		assertThat(member.texts("orders/1")).isEqualTo(first);
		assertThat(member.texts("orders/2")).isEqualTo(second);
		assertThat(member.items()).hasSize(50);
		assertThat(member.publications("orders/1")).allSatisfy((publication) -> {
			assertThat(publication.position()).isNotNull();
			assertThat(publication.channel()).isEqualTo("orders/1");
		});
	}

	@Test
	void aLateGroupGetsWhatIsPublishedAfterItsFirstMemberHasJoined() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 5);
		GroupMember member = GroupMember.join(node, group("late", GroupOptions.Start.LATEST));
		MachineTime.await(LIMIT).until(() -> !member.lanes().isEmpty());
		List<String> texts = append(node, "orders/1", 5, 5);
		List<String> others = append(node, "orders/2", 0, 5);
		member.read(10);
		assertThat(member.texts("orders/1")).isEqualTo(texts);
		assertThat(member.texts("orders/2")).isEqualTo(others);
		member.leave();
		// The group exists, so its start does not matter any more
		GroupMember next = GroupMember.join(node, group("late", GroupOptions.Start.LATEST)).read(10);
		assertThat(next.texts("orders/1")).isEqualTo(texts);
	}

	@Test
	void progressSurvivesTheMember() {
		RelayNode node = startedNode();
		List<String> texts = append(node, "orders/1", 0, 10);
		append(node, "orders/2", 0, 10);
		GroupMember member = GroupMember.join(node, earliest()).read(20);
		member.commit("orders/1", 4);
		member.commit("orders/2", 10);
		member.leave();
		GroupMember next = GroupMember.join(otherNode(node), earliest()).read(6);
		assertThat(next.texts("orders/1")).isEqualTo(texts.subList(4, 10));
		assertThat(next.texts("orders/2")).isEmpty();
	}

	@Test
	void groupsDoNotShareTheirProgress() {
		RelayNode node = startedNode();
		List<String> texts = append(node, "orders/1", 0, 10);
		GroupMember one = GroupMember.join(node, earliest()).read(10);
		one.commit("orders/1", 10);
		GroupMember two = GroupMember.join(node, group("shipping", GroupOptions.Start.EARLIEST)).read(10);
		assertThat(two.texts("orders/1")).isEqualTo(texts);
		assertThat(one.lag()).isZero();
		assertThat(two.lag()).isEqualTo(10);
	}

	@Test
	void membersHaveEachLaneOnceAndEachASimilarNumber() {
		RelayNode node = startedNode();
		GroupMember one = GroupMember.join(node, earliest());
		MachineTime.await(LIMIT).until(() -> one.lanes().size() > 1);
		GroupMember two = GroupMember.join(otherNode(node), earliest());
		MachineTime.await(LIMIT).until(() -> {
			one.releaseRevoked();
			two.releaseRevoked();
			return Math.abs(one.lanes().size() - two.lanes().size()) <= 1;
		});
		Set<Integer> numbers = new HashSet<>();
		one.lanes().forEach((lane) -> assertThat(numbers.add(lane.number())).isTrue());
		two.lanes().forEach((lane) -> assertThat(numbers.add(lane.number())).isTrue());
		List<String> channels = IntStream.range(0, 40).mapToObj((i) -> "orders/" + i).toList();
		channels.forEach((channel) -> append(node, channel, 0, 3));
		MachineTime.await(LIMIT).until(() -> {
			one.readOnce();
			two.readOnce();
			return one.items().size() + two.items().size() >= 120;
		});
		for (String channel : channels) {
			GroupMember owner = one.texts(channel).isEmpty() ? two : one;
			assertThat(owner.texts(channel)).containsExactly("text 0", "text 1", "text 2");
		}
		assertThat(one.items().size() + two.items().size()).isEqualTo(120);
		assertThat(one.items()).isNotEmpty();
		assertThat(two.items()).isNotEmpty();
	}

	@Test
	void nothingIsStoredForAFormerOwnerOfALane() {
		RelayNode node = startedNode();
		List<String> texts = append(node, "orders/1", 0, 5);
		GroupMember zombie = GroupMember.join(node, earliest()).read(5);
		GroupLane former = zombie.laneOf("orders/1");
		Publication last = zombie.publications("orders/1").get(4);
		Position position = Objects.requireNonNull(last.position());
		zombie.leave();
		GroupMember next = GroupMember.join(otherNode(node), earliest()).read(5);
		assertThat(next.laneOf("orders/1").number()).isEqualTo(former.number());
		assertThat(next.laneOf("orders/1").token()).isGreaterThan(former.token());
		assertThatThrownBy(() -> GroupMember.get(former.commit(Map.of("orders/1", position))))
			.isInstanceOf(LaneLostException.class);
		assertThatThrownBy(() -> GroupMember
			.get(former.setAside(new SetAsideMessage("billing", last, 1, "expected", Instant.now()))))
			.isInstanceOf(LaneLostException.class);
		next.commit("orders/1", 2);
		next.leave();
		assertThat(GroupMember.join(node, earliest()).read(3).texts("orders/1")).isEqualTo(texts.subList(2, 5));
		assertThat(GroupMember.get(setAside(node).count("billing"))).isZero();
	}

	@Test
	void aMemberThatStandsStillBeyondItsLeaseLosesItsLanesAndCannotCommit() {
		Assumptions.assumeTrue(hasLeases());
		RelayNode still = node(broker().proxiedRelay(cluster(), new EnvelopeCodec(MAX_PAYLOAD))).start()
			.awaitRoundTrip(START_TIME);
		List<String> texts = append(still, "orders/1", 0, 5);
		GroupMember zombie = GroupMember.join(still, earliest()).read(5);
		zombie.commit("orders/1", 1);
		GroupLane former = zombie.laneOf("orders/1");
		Position last = Objects.requireNonNull(zombie.publications("orders/1").get(4).position());
		RelayNode node = startedNode();
		broker().proxy().stall();
		try {
			GroupMember next = GroupMember.join(node, earliest()).read(4, leaseTime().plus(LIMIT));
			assertThat(next.texts("orders/1")).isEqualTo(texts.subList(1, 5));
			assertThat(next.laneOf("orders/1").token()).isGreaterThan(former.token());
			next.commit("orders/1", 1);
		}
		finally {
			broker().proxy().resume();
		}
		still.awaitRoundTrip(leaseTime().plus(LIMIT));
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThatThrownBy(() -> GroupMember.get(former.commit(Map.of("orders/1", last))))
				.isInstanceOf(LaneLostException.class));
		MachineTime.await(LIMIT).until(() -> !zombie.lanes().contains(former));
	}

	@Test
	void aChannelThatIsPausedComesAgainFromWhereItWasPaused() {
		RelayNode node = startedNode();
		List<String> texts = append(node, "orders/1", 0, 10);
		GroupMember member = GroupMember.join(node, earliest()).read(10);
		GroupLane lane = member.laneOf("orders/1");
		lane.pause("orders/1", Objects.requireNonNull(member.publications("orders/1").get(3).position()));
		texts.addAll(append(node, "orders/1", 10, 2));
		append(node, "orders/2", 0, 4);
		member.read(14);
		assertThat(member.texts("orders/1")).hasSize(10);
		lane.pause("orders/1", Objects.requireNonNull(member.publications("orders/1").get(1).position()));
		lane.resume("orders/1");
		member.read(24);
		assertThat(member.texts("orders/1").subList(10, 20)).isEqualTo(texts.subList(2, 12));
		assertThat(member.texts("orders/2")).hasSize(4);
	}

	@Test
	void messagesThatTheLogDoesNotHaveAnyMoreAreReportedOnce() {
		Assumptions.assumeTrue(trimsBySize());
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 2, SHORT);
		GroupMember member = GroupMember.join(node, earliest()).read(2);
		member.commit("orders/1", 1);
		member.leave();
		append(node, "orders/1", 2, 6, SHORT);
		append(node, "orders/2", 0, 5, SHORT);
		GroupMember next = GroupMember.join(node, earliest()).read(8);
		assertThat(next.texts("orders/1")).containsExactly("text 5", "text 6", "text 7");
		assertThat(next.texts("orders/2")).containsExactly("text 2", "text 3", "text 4");
		assertThat(next.items()).hasSize(8)
			.filteredOn(Discontinuity.class::isInstance)
			.extracting((item) -> (Discontinuity) item)
			.allSatisfy((item) -> {
				assertThat(item.reason()).isEqualTo(Discontinuity.Reason.LOG_TRIMMED);
				assertThat(item.position()).isNotNull();
				assertThat(item.missing()).isEqualTo(item.channel().equals("orders/1") ? 4 : 2);
			})
			.hasSize(2);
	}

	@Test
	void aMemberIsWokenWhenThereIsSomethingToRead() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 1);
		GroupMember member = GroupMember.join(node, earliest()).read(1);
		GroupLane lane = member.laneOf("orders/1");
		member.readOnce();
		append(otherNode(node), "orders/1", 1, 1);
		MachineTime.await(LIMIT).until(() -> member.isAvailable(lane));
		member.read(2);
		assertThat(member.texts("orders/1")).containsExactly("text 0", "text 1");
	}

	@Test
	void aLaneThatIsReleasedBelongsToAMemberAgainWhichReadsFromWhatIsCommitted() {
		RelayNode node = startedNode();
		List<String> texts = append(node, "orders/1", 0, 6);
		GroupMember member = GroupMember.join(node, earliest()).read(6);
		member.commit("orders/1", 2);
		GroupLane former = member.laneOf("orders/1");
		member.release(former);
		member.read(10);
		assertThat(member.texts("orders/1").subList(6, 10)).isEqualTo(texts.subList(2, 6));
		assertThat(member.laneOf("orders/1").token()).isGreaterThan(former.token());
		// As after a failure of the first call
		former.release();
		member.commit("orders/1", 10);
		assertThat(member.lag()).isZero();
	}

	@Test
	void messagesAreSetAsideUntilTheyAreRemoved() {
		RelayNode node = startedNode();
		append(node, "orders/1", 0, 3);
		GroupMember member = GroupMember.join(node, earliest()).read(3);
		List<Publication> publications = member.publications("orders/1");
		GroupLane lane = member.laneOf("orders/1");
		for (Publication publication : publications) {
			GroupMember.get(lane.setAside(aside(publication, 1)));
		}
		GroupMember.get(lane.setAside(aside(publications.get(0), 5)));
		SetAsideMessages store = setAside(otherNode(node));
		assertThat(GroupMember.get(store.count("billing"))).isEqualTo(3);
		assertThat(GroupMember.get(store.count("another"))).isZero();
		assertThat(GroupMember.get(store.list("billing", 1, 1))).hasSize(1);
		SetAsideMessage found = GroupMember.get(store.find("billing", publications.get(0).id()));
		assertThat(found).isNotNull();
		assertThat(found.attempts()).isEqualTo(5);
		assertThat(found.reason()).isEqualTo("expected");
		assertThat(found.publication()).isEqualTo(publications.get(0));
		assertThat(GroupMember.get(store.find("another", publications.get(0).id()))).isNull();
		assertThat(GroupMember.get(store.remove("billing", publications.get(0).id()))).isTrue();
		assertThat(GroupMember.get(store.remove("billing", publications.get(0).id()))).isFalse();
		assertThat(GroupMember.get(store.list("billing", 0, 10))).extracting((message) -> message.publication().id())
			.containsExactlyInAnyOrder(publications.get(1).id(), publications.get(2).id());
	}

	@Test
	void aGroupThatIsAddedLaterHandlesWhatTheLogsStillHold() {
		RelayNode node = startedNode();
		GroupMember first = GroupMember.join(node, earliest());
		List<String> texts = append(node, "orders/1", 0, 30);
		append(node, "orders/2", 0, 8, SHORT);
		first.readUntil(() -> first.texts("orders/1").size() == 30 && first.texts("orders/2").contains("text 7"));
		first.commit("orders/1", 30);
		GroupMember later = GroupMember.join(otherNode(node), group("later", GroupOptions.Start.EARLIEST));
		later.readUntil(() -> later.texts("orders/1").size() == 30 && later.texts("orders/2").contains("text 7"));
		assertThat(later.texts("orders/1")).isEqualTo(texts);
		assertThat(later.texts("orders/2")).endsWith("text 5", "text 6", "text 7").doesNotHaveDuplicates();
		if (trimsBySize()) {
			assertThat(later.texts("orders/2")).hasSize(3);
		}
	}

	/**
	 * What the machine needs anyway is in the rounds without a failure as in those with
	 * one, and what is due to the failure would be in each of the latter.
	 */
	@Test
	void aHandlerThatAlwaysFailsForOneChannelDelaysNoOther() {
		RelayNode node = startedNode();
		List<String> channels = IntStream.range(0, 100).mapToObj((i) -> "orders/" + i).toList();
		try (GroupWork work = new GroupWork(node, earliest())) {
			handle(node, work, channels, 0);
			List<Duration> without = new ArrayList<>();
			List<Duration> with = new ArrayList<>();
			for (int round = 1; round <= 10; round += 2) {
				without.add(handle(node, work, channels, round));
				long failures = work.failures();
				work.fail("orders/13");
				append(node, "orders/13", round + 1, 1);
				MachineTime.await(LIMIT).until(() -> work.failures() > failures);
				with.add(handle(node, work, channels.stream().filter((each) -> !each.equals("orders/13")).toList(),
						round + 1));
				work.succeed("orders/13");
				int count = round + 2;
				MachineTime.await(LIMIT).until(() -> work.texts("orders/13").size() == count);
			}
			assertThat(median(with)).as("with a failure %s, and without one %s", with, without)
				.isLessThan(median(without).plusSeconds(1));
			List<String> texts = IntStream.range(0, 11).mapToObj((i) -> "text " + i).toList();
			assertThat(channels).allSatisfy((channel) -> assertThat(work.texts(channel)).isEqualTo(texts));
		}
	}

	/**
	 * Publish a message in some channels at once, and wait until all are handled.
	 * @return how long the slowest of them took
	 */
	private static Duration handle(RelayNode node, GroupWork work, List<String> channels, int number) {
		String text = "text " + number;
		Map<String, CompletableFuture<Long>> sent = new HashMap<>();
		for (String channel : channels) {
			sent.put(channel,
					node.relay()
						.publish(node.recorded(channel, text, LONG))
						.thenApply((receipt) -> System.nanoTime())
						.orTimeout(60, TimeUnit.SECONDS));
		}
		CompletableFuture.allOf(sent.values().toArray(CompletableFuture<?>[]::new)).join();
		MachineTime.await(LIMIT).until(() -> channels.stream().allMatch((each) -> work.time(each, text) != null));
		return Duration.ofNanos(channels.stream()
			.mapToLong((each) -> Objects.requireNonNull(work.time(each, text))
					- Objects.requireNonNull(sent.get(each)).join())
			.max()
			.orElseThrow());
	}

	private static Duration median(List<Duration> times) {
		return times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
	}

	private static SetAsideMessages setAside(RelayNode node) {
		return Objects.requireNonNull(node.relay().groups()).setAside();
	}

	private static SetAsideMessage aside(Publication publication, int attempts) {
		return new SetAsideMessage("billing", publication, attempts, "expected", Instant.ofEpochMilli(1_000_000));
	}

}
