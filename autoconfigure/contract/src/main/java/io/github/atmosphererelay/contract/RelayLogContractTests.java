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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what every relay with logs has to guarantee for recorded channels, against a
 * real broker.
 */
@Reconciles
public abstract class RelayLogContractTests extends RelayNodesTests {

	protected static final LogOptions LONG = new LogOptions(10_000, Duration.ofHours(1), null, Duration.ofMinutes(5));

	/**
	 * Return whether the relay trims a log to its size.
	 * @return whether older publications are removed at once
	 */
	protected boolean trimsBySize() {
		return true;
	}

	/**
	 * Return whether several nodes can share the broker.
	 * @return whether there is more than one node
	 */
	protected boolean isClustered() {
		return true;
	}

	protected RelayNode otherNode(RelayNode first) {
		return isClustered() ? startedNode() : first;
	}

	protected static Receipt append(RelayNode node, String channel, String text, LogOptions options) {
		return node.relay().publish(node.recorded(channel, text, options)).orTimeout(10, TimeUnit.SECONDS).join();
	}

	protected static List<Receipt> appendMany(RelayNode node, String channel, int count, LogOptions options) {
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			receipts.add(node.relay().publish(node.recorded(channel, "message " + i, options)));
		}
		return receipts.stream().map((receipt) -> receipt.orTimeout(20, TimeUnit.SECONDS).join()).toList();
	}

	protected static LogPage read(RelayNode node, String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		return node.log().read(channel, since, limit, direction).orTimeout(10, TimeUnit.SECONDS).join();
	}

	protected static LogPage readForward(RelayNode node, String channel, @Nullable Position since, int limit) {
		return read(node, channel, since, limit, ReadDirection.FORWARD);
	}

	protected static Position position(RelayNode node, String channel) {
		return node.log().position(channel).orTimeout(10, TimeUnit.SECONDS).join();
	}

	protected static Position positionOf(Receipt receipt) {
		Position position = receipt.position();
		assertThat(position).isNotNull();
		return position;
	}

	private static List<UUID> ids(LogPage page) {
		return page.publications().stream().map(Publication::id).toList();
	}

	private static LogOptions keyed(String key, Duration window) {
		return new LogOptions(10_000, Duration.ofHours(1), key, window);
	}

	@Test
	void aReceiptThePublicationAndTheLogTellTheSamePosition() {
		RelayNode one = startedNode();
		RelayNode two = otherNode(one);
		one.subscribe(new Address.Channel("log"));
		two.subscribe(new Address.Channel("log"));
		assertThat(one.relay().log()).isNotNull();
		for (int i = 0; i < 5; i++) {
			Receipt receipt = append((i % 2 == 0) ? one : two, "log", "text " + i, LONG);
			assertThat(receipt.outcome()).isEqualTo(one.sent());
			Position position = positionOf(receipt);
			await().untilAsserted(() -> assertThat(one.position(receipt.messageId())).isEqualTo(position));
			await().untilAsserted(() -> assertThat(two.position(receipt.messageId())).isEqualTo(position));
			LogPage last = read(one, "log", null, 1, ReadDirection.BACKWARD);
			assertThat(last.publications()).hasSize(1);
			assertThat(last.publications().get(0).position()).isEqualTo(position);
			assertThat(last.end().epoch()).isEqualTo(position.epoch());
			assertThat(last.end().offset()).isGreaterThanOrEqualTo(position.offset());
		}
	}

	@Test
	void whatFollowsAnAnswerNeverRunsWithinACallOfTheRelay() {
		RelayNode node = startedNode();
		ThreadLocal<Boolean> within = ThreadLocal.withInitial(() -> false);
		AtomicInteger answered = new AtomicInteger();
		AtomicInteger nested = new AtomicInteger();
		int callers = 4;
		int calls = 2_000;
		List<CompletableFuture<Void>> ends = new ArrayList<>();
		for (int i = 0; i < callers; i++) {
			ends.add(CompletableFuture.runAsync(() -> {
				for (int n = 0; n < calls; n++) {
					CompletableFuture<?> answer;
					within.set(true);
					try {
						answer = switch (n % 10) {
							case 0 -> node.log().position("calls");
							case 1 -> node.log().read("calls", null, 10, ReadDirection.BACKWARD);
							case 2 -> node.relay().publish(node.envelope("calls", "ephemeral"));
							default -> node.relay().publish(node.recorded("calls", "text", LONG));
						};
					}
					finally {
						within.set(false);
					}
					answer.whenComplete((result, ex) -> {
						answered.incrementAndGet();
						if (within.get()) {
							nested.incrementAndGet();
						}
					});
				}
			}, (task) -> new Thread(task).start()));
		}
		ends.forEach(CompletableFuture::join);
		await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(answered).hasValue(callers * calls));
		assertThat(nested).hasValue(0);
	}

	@Test
	void allNodesHearOneOrderAndItIsTheLogs() {
		RelayNode one = startedNode();
		RelayNode two = otherNode(one);
		one.subscribe(new Address.Channel("busy"));
		two.subscribe(new Address.Channel("busy"));
		CompletableFuture<List<Receipt>> byOne = CompletableFuture
			.supplyAsync(() -> appendMany(one, "busy", 1000, LONG));
		List<Receipt> byTwo = appendMany(two, "busy", 1000, LONG);
		List<Receipt> all = new ArrayList<>(byOne.join());
		all.addAll(byTwo);
		all.sort((left, right) -> Long.compare(positionOf(left).offset(), positionOf(right).offset()));
		List<UUID> log = all.stream().map(Receipt::messageId).toList();
		assertThat(all).extracting(RelayLogContractTests::positionOf).doesNotHaveDuplicates();
		MachineTime.await(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(one.receivedIds()).isEqualTo(log));
		MachineTime.await(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(two.receivedIds()).isEqualTo(log));
		assertThat(ids(readForward(two, "busy", null, 3000))).isEqualTo(log);
		// Each publisher's own order is kept, too.
		assertThat(byTwo).extracting((receipt) -> positionOf(receipt).offset()).isSorted();
	}

	@Test
	void aLogIsReadInPagesInBothDirections() {
		RelayNode one = startedNode();
		RelayNode two = otherNode(one);
		List<UUID> log = new ArrayList<>(appendMany(one, "pages", 95, LONG).stream().map(Receipt::messageId).toList());
		List<UUID> forward = new ArrayList<>();
		Position since = null;
		LogPage page;
		do {
			page = readForward(two, "pages", since, 10);
			assertThat(page.complete()).isTrue();
			forward.addAll(ids(page));
			since = page.publications().isEmpty() ? since
					: page.publications().get(page.publications().size() - 1).position();
		}
		while (page.publications().size() == 10);
		assertThat(forward).isEqualTo(log);
		assertThat(readForward(two, "pages", since, 10).publications()).isEmpty();
		List<UUID> backward = new ArrayList<>();
		since = null;
		do {
			page = read(two, "pages", since, 10, ReadDirection.BACKWARD);
			backward.addAll(ids(page));
			since = page.publications().isEmpty() ? since
					: page.publications().get(page.publications().size() - 1).position();
		}
		while (page.publications().size() == 10);
		Collections.reverse(log);
		assertThat(backward).isEqualTo(log);
	}

	@Test
	void whatWasAppendedIsReadAsItWas() {
		RelayNode one = startedNode();
		Envelope text = new Envelope(UUID.randomUUID(), one.id(), Kind.MESSAGE, 1234567890123L,
				new Audience.Channel("log/é", "session-1"), Map.of("traceparent", "00-ab", "ключ", "значение"),
				Payload.text("Grüße 👋"), null, LONG);
		Envelope binary = new Envelope(UUID.randomUUID(), one.id(), Kind.MESSAGE, 5,
				new Audience.Channel("log/é", null), Map.of(), Payload.binary(new byte[] { 0, -1, 10, 13 }), null,
				LONG);
		one.relay().publish(text).join();
		one.relay().publish(binary).join();
		List<Publication> log = readForward(one, "log/é", null, 10).publications();
		assertThat(log).hasSize(2);
		for (int i = 0; i < 2; i++) {
			Envelope envelope = (i == 0) ? text : binary;
			Publication publication = log.get(i);
			assertThat(publication)
				.isEqualTo(new Publication(envelope.id(), one.id(), "log/é", envelope.time(), envelope.headers(),
						envelope.payload(), publication.position(), envelope.audience().exceptSession()));
		}
	}

	@Test
	void anEmptyLogHasAPositionToRecoverFrom() {
		RelayNode one = startedNode();
		RelayNode two = otherNode(one);
		Position before = position(two, "fresh");
		LogPage nothing = readForward(one, "fresh", before, 10);
		assertThat(nothing.complete()).isTrue();
		assertThat(nothing.publications()).isEmpty();
		Receipt receipt = append(one, "fresh", "first", LONG);
		LogPage page = readForward(two, "fresh", before, 10);
		assertThat(page.complete()).isTrue();
		assertThat(ids(page)).containsExactly(receipt.messageId());
		assertThat(position(two, "fresh").epoch()).isEqualTo(before.epoch());
		assertThat(position(two, "fresh").offset()).isGreaterThan(before.offset());
	}

	@Test
	void channelsHaveLogsOfTheirOwn() {
		RelayNode one = startedNode();
		List<String> names = List.of("a", "a/b", "a*", "{tag}", "日本語", "😀", "x".repeat(255), "a%20b", "a:b", "}{");
		for (String name : names) {
			append(one, name, name, LONG);
		}
		for (String name : names) {
			assertThat(readForward(one, name, null, 10).publications()).as(name)
				.extracting((publication) -> publication.payload().asText())
				.containsExactly(name);
		}
	}

	@Test
	void anotherEpochAndAPositionAfterTheEndAreNotComplete() {
		RelayNode one = startedNode();
		Position last = positionOf(append(one, "log", "x", LONG));
		for (Position wrong : List.of(new Position("another", last.offset()), new Position("", 0),
				new Position(last.epoch(), last.offset() + 1000))) {
			LogPage page = readForward(one, "log", wrong, 10);
			assertThat(page.complete()).as(wrong.toString()).isFalse();
			assertThat(page.publications()).isEmpty();
			assertThat(page.end().epoch()).isEqualTo(last.epoch());
		}
	}

	@Test
	void whatWasTrimmedBySizeIsNotPassedOver() {
		RelayNode one = startedNode();
		Assumptions.assumeTrue(trimsBySize());
		LogOptions small = new LogOptions(10, Duration.ofHours(1), null, Duration.ofMinutes(5));
		List<Receipt> receipts = appendMany(one, "small", 25, small);
		LogPage gone = readForward(one, "small", positionOf(receipts.get(13)), 100);
		assertThat(gone.complete()).isFalse();
		assertThat(gone.publications()).isEmpty();
		LogPage there = readForward(one, "small", positionOf(receipts.get(14)), 100);
		assertThat(there.complete()).isTrue();
		assertThat(ids(there)).isEqualTo(receipts.subList(15, 25).stream().map(Receipt::messageId).toList());
		assertThat(readForward(one, "small", null, 100).publications()).hasSize(10);
	}

	@Test
	void whatHasExpiredIsNotReadAndNotPassedOver() {
		RelayNode one = startedNode();
		LogOptions brief = new LogOptions(100, Duration.ofMillis(300), null, Duration.ofMinutes(5));
		Position before = position(one, "brief");
		Position first = positionOf(append(one, "brief", "first", brief));
		await().until(() -> readForward(one, "brief", null, 100).publications().isEmpty());
		assertThat(readForward(one, "brief", before, 100).complete()).isFalse();
		Receipt second = append(one, "brief", "second", LONG);
		LogPage page = readForward(one, "brief", first, 100);
		assertThat(page.complete()).isTrue();
		assertThat(ids(page)).containsExactly(second.messageId());
		assertThat(position(one, "brief").epoch()).isEqualTo(first.epoch());
	}

	@Test
	void theSameIdempotencyKeyIsAppendedAndHeardOnce() {
		RelayNode one = startedNode();
		RelayNode two = otherNode(one);
		one.subscribe(new Address.Channel("orders"));
		two.subscribe(new Address.Channel("orders"));
		LogOptions key = keyed("order 7 é", Duration.ofMinutes(5));
		List<CompletableFuture<Receipt>> open = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			RelayNode node = (i % 2 == 0) ? one : two;
			open.add(node.relay().publish(node.recorded("orders", "attempt " + i, key)));
		}
		List<Receipt> receipts = open.stream().map((each) -> each.orTimeout(10, TimeUnit.SECONDS).join()).toList();
		assertThat(receipts).extracting(Receipt::outcome).containsOnlyOnce(one.sent());
		Receipt first = receipts.stream().filter((each) -> each.outcome() == one.sent()).findFirst().orElseThrow();
		assertThat(receipts).allSatisfy((each) -> {
			assertThat(each.outcome()).isIn(one.sent(), Outcome.DUPLICATE);
			assertThat(each.messageId()).isEqualTo(first.messageId());
			assertThat(each.position()).isEqualTo(first.position());
		});
		// Another key, and the same key in another channel, are no duplicates.
		Receipt other = append(one, "orders", "other", keyed("order 8", Duration.ofMinutes(5)));
		assertThat(other.outcome()).isEqualTo(one.sent());
		assertThat(append(one, "refunds", "same key", key).outcome()).isEqualTo(one.sent());
		for (RelayNode node : List.of(one, two)) {
			await().untilAsserted(() -> assertThat(node.received())
				.filteredOn((envelope) -> envelope.address().equals(new Address.Channel("orders")))
				.extracting(Envelope::id)
				.containsExactly(first.messageId(), other.messageId()));
		}
		assertThat(ids(readForward(two, "orders", null, 100))).containsExactly(first.messageId(), other.messageId());
	}

	@Test
	void aPageEndsBeforeItExceedsItsLimitInBytes() {
		RelayNode node = startedNode();
		List<UUID> appended = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			// More in all than any relay keeps in memory or reads at once
			appended.add(append(node, "log", "x".repeat(1000 * (i % 10 + 50)), LONG).messageId());
		}
		for (ReadDirection direction : ReadDirection.values()) {
			List<UUID> expected = new ArrayList<>(appended);
			if (direction == ReadDirection.BACKWARD) {
				Collections.reverse(expected);
			}
			List<LogPage> pages = readAll(node, new PageLimit(1000, 700_000), direction);
			assertThat(pages.stream().flatMap((page) -> ids(page).stream()).toList()).isEqualTo(expected);
			assertThat(pages).hasSizeBetween(5, 10).allSatisfy((page) -> assertThat(size(page)).isLessThan(700_000));
			List<LogPage> single = readAll(node, new PageLimit(1000, 40_000), direction);
			assertThat(single).hasSize(60).allSatisfy((page) -> assertThat(page.publications()).hasSize(1));
			assertThat(single.stream().flatMap((page) -> ids(page).stream()).toList()).isEqualTo(expected);
		}
	}

	/**
	 * Read a log page by page until a page says that there is no more.
	 */
	private static List<LogPage> readAll(RelayNode node, PageLimit limit, ReadDirection direction) {
		List<LogPage> pages = new ArrayList<>();
		Position since = null;
		boolean more = true;
		while (more) {
			LogPage page = node.log().read("log", since, limit, direction).orTimeout(10, TimeUnit.SECONDS).join();
			assertThat(page.complete()).isTrue();
			more = page.more();
			if (!page.publications().isEmpty()) {
				pages.add(page);
				since = page.publications().get(page.publications().size() - 1).position();
			}
		}
		return pages;
	}

	private static long size(LogPage page) {
		return page.publications().stream().mapToLong((publication) -> publication.payload().size()).sum();
	}

	@Test
	void anIdempotencyKeyCanBeUsedAgainAfterItsWindow() {
		RelayNode one = startedNode();
		LogOptions key = keyed("k", Duration.ofMillis(400));
		Receipt first = append(one, "orders", "first", key);
		assertThat(append(one, "orders", "double", key).messageId()).isEqualTo(first.messageId());
		await().until(() -> append(one, "orders", "later", key).outcome() == one.sent());
		assertThat(readForward(one, "orders", null, 100).publications()).extracting((each) -> each.payload().asText())
			.containsExactly("first", "later");
	}

}
