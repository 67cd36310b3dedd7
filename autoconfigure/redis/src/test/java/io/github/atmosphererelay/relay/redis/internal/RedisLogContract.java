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

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.LongStream;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayLogContractTests;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of every relay with logs over a Redis server, and what is Redis's own.
 */
abstract class RedisLogContract extends RelayLogContractTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	private final RedisTestBroker broker;

	private final RedisServers.Standalone server;

	RedisLogContract(RedisTestBroker broker, RedisServers.Standalone server) {
		this.broker = broker;
		this.server = server;
	}

	@Override
	protected RelayBroker broker() {
		return this.broker;
	}

	@AfterAll
	void closeBroker() {
		this.broker.close();
	}

	private Jedis admin() {
		return new Jedis(RedisServers.HOST, this.server.port());
	}

	private String key(String channel, String part) {
		return "atmosphere:" + cluster() + ":log:{" + channel + "}:" + part;
	}

	@Test
	void offsetsAreConsecutiveAndTheirKeysLiveNoLongerThanNeeded() {
		RelayNode one = startedNode();
		assertThat(one.relay().capabilities()).containsExactly(RelayCapability.CLUSTERED);
		assertThat(one.log().hasConsecutiveOffsets()).isTrue();
		assertThat(position(one, "lives").offset()).isZero();
		assertThat(appendMany(one, "lives", 100, LONG)).extracting((receipt) -> positionOf(receipt).offset())
			.containsExactlyElementsOf(LongStream.rangeClosed(1, 100).boxed().toList());
		append(one, "lives", "keyed", new LogOptions(10, Duration.ofHours(1), "order", Duration.ofMinutes(5)));
		try (Jedis admin = admin()) {
			assertThat(admin.keys(key("lives", "*"))).containsExactlyInAnyOrder(key("lives", "stream"),
					key("lives", "state"), key("lives", "key:order"));
			assertThat(admin.pttl(key("lives", "stream"))).isBetween(3_500_000L, 3_601_000L);
			assertThat(admin.pttl(key("lives", "state"))).isBetween(3_500_000L + 86_400_000, 3_601_000L + 86_400_000);
			assertThat(admin.pttl(key("lives", "key:order"))).isBetween(290_000L, 300_000L);
			assertThat(readForward(one, "lives", null, 100).publications()).hasSize(10);
			// Trimmed in batches, and never read beyond
			LogOptions ten = new LogOptions(10, Duration.ofHours(1), null, Duration.ofMinutes(5));
			appendMany(one, "lives", 24, ten);
			assertThat(admin.xlen(key("lives", "stream"))).isEqualTo(10 + 125 % 16);
			assertThat(readForward(one, "lives", null, 100).publications()).hasSize(10);
			readForward(one, "lives", null, 100);
			assertThat(admin.pttl(key("lives", "state"))).isBetween(3_500_000L + 86_400_000, 3_601_000L + 86_400_000);
		}
	}

	@Test
	void readingWhatDoesNotExistWritesNoKey() {
		RelayNode one = startedNode();
		append(one, "log", "exists", LONG);
		try (Jedis admin = admin()) {
			Set<String> before = admin.keys("atmosphere:" + cluster() + ":*");
			for (int i = 0; i < 100; i++) {
				String channel = "log/" + i;
				Position position = position(one, channel);
				assertThat(position.offset()).isZero();
				assertThat(readForward(one, channel, null, 10)).isEqualTo(new LogPage(List.of(), position, true));
				assertThat(read(one, channel, position, 10, ReadDirection.BACKWARD).complete()).isTrue();
				assertThat(readForward(one, channel, position, 10).complete()).isTrue();
				assertThat(readForward(one, channel, new Position("another", 0), 10).complete()).isFalse();
				assertThat(readForward(one, channel, new Position(position.epoch(), 1), 10).complete()).isFalse();
			}
			assertThat(admin.keys("atmosphere:" + cluster() + ":*")).isEqualTo(before).hasSize(6);
		}
	}

	/**
	 * The epoch of a log without a state follows from the half day, so that no life of a
	 * log that has ended by itself has it.
	 */
	@Test
	void aPositionOfAnUnbornLogIsGoodForTheHalfDayAndTheNext() {
		RelayNode one = startedNode();
		String now = position(one, "log").epoch();
		assertThat(now).isEqualTo(unborn("log", 0) + now.substring(12));
		Position last = new Position(unborn("log", 1) + now.substring(12), 0);
		Position older = new Position(unborn("log", 2) + now.substring(12), 0);
		assertThat(readForward(one, "log", last, 10)).isEqualTo(new LogPage(List.of(), new Position(now, 0), true));
		assertThat(readForward(one, "log", older, 10).complete()).isFalse();
		assertThat(positionOf(append(one, "log", "first", LONG))).isEqualTo(new Position(now, 1));
		assertThat(readForward(one, "log", last, 10).publications()).hasSize(1);
		assertThat(readForward(one, "log", new Position(now, 0), 10).publications()).hasSize(1);
		assertThat(readForward(one, "log", new Position(last.epoch(), 1), 10).complete()).isFalse();
		assertThat(readForward(one, "log", older, 10).complete()).isFalse();
	}

	private String unborn(String channel, int ago) {
		try (Jedis admin = admin()) {
			String stream = key(channel, "stream");
			double phase = Long.parseLong(sha1(stream).substring(0, 8), 16) / 4294967296d;
			long half = (long) Math.floor(Long.parseLong(admin.time().get(0)) / 43_200d + phase) - ago;
			String mark = admin.get("atmosphere:" + cluster() + ":births");
			return sha1(String.join(" ", mark, "0", Long.toString(half), stream, "")).substring(0, 12);
		}
	}

	private static String sha1(String text) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void aFlushIsANewEpochOfLogsThatDidNotExist() {
		RelayNode one = startedNode();
		Position before = position(one, "log");
		append(one, "log", "lost", LONG);
		try (Jedis admin = admin()) {
			admin.flushAll();
		}
		append(one, "log", "another", LONG);
		assertThat(readForward(one, "log", before, 10).complete()).isFalse();
	}

	@Test
	void aFullServerStillAnswersReadsOfWhatItHas() {
		RelayNode one = startedNode();
		Position before = positionOf(
				append(one, "log", "before", new LogOptions(10, Duration.ofMillis(1), null, Duration.ofMinutes(5))));
		Position unborn = position(one, "unborn");
		try (Jedis admin = admin()) {
			admin.configSet("maxmemory", "1");
			try {
				// Longer than the log's stream is kept, so that reading would extend it
				MachineTime.await(TEN_SECONDS).until(() -> !admin.exists(key("log", "stream")));
				assertThat(readForward(one, "log", before, 10).complete()).isTrue();
				assertThat(position(one, "log")).isEqualTo(before);
				assertThat(position(one, "unborn")).isEqualTo(unborn);
			}
			finally {
				admin.configSet("maxmemory", "0");
			}
		}
	}

	@Test
	void aFlushIsANewEpoch() {
		RelayNode one = startedNode();
		one.subscribe(new Address.Channel("log"));
		Position before = positionOf(appendMany(one, "log", 3, LONG).get(1));
		try (Jedis admin = admin()) {
			admin.flushAll();
		}
		LogPage page = readForward(one, "log", before, 10);
		assertThat(page.complete()).isFalse();
		assertThat(page.end().epoch()).isNotEqualTo(before.epoch());
		assertThat(page.end().offset()).isZero();
		Receipt after = append(one, "log", "after", LONG);
		assertThat(positionOf(after)).isEqualTo(new Position(page.end().epoch(), 1));
		MachineTime.await(TEN_SECONDS).until(() -> positionOf(after).equals(one.position(after.messageId())));
		assertThat(readForward(one, "log", before, 10).complete()).isFalse();
	}

	@Test
	void aLogThatWasRemovedWithoutItsMarkIsNotPassedOver() {
		RelayNode one = startedNode();
		List<Receipt> receipts = appendMany(one, "log", 5, LONG);
		try (Jedis admin = admin()) {
			admin.del(key("log", "stream"));
		}
		assertThat(readForward(one, "log", positionOf(receipts.get(2)), 10).complete()).isFalse();
		LogPage nothing = readForward(one, "log", positionOf(receipts.get(4)), 10);
		assertThat(nothing.complete()).isTrue();
		assertThat(nothing.publications()).isEmpty();
		Receipt next = append(one, "log", "next", LONG);
		assertThat(positionOf(next)).isEqualTo(new Position(positionOf(receipts.get(0)).epoch(), 6));
		assertThat(readForward(one, "log", positionOf(receipts.get(3)), 10).complete()).isFalse();
		assertThat(readForward(one, "log", positionOf(receipts.get(4)), 10).publications()).hasSize(1);
		try (Jedis admin = admin()) {
			assertThat(admin.pttl(key("log", "stream"))).isPositive();
			admin.del(key("log", "state"));
		}
		LogPage page = readForward(one, "log", positionOf(next), 10);
		assertThat(page.complete()).isFalse();
		assertThat(page.end().epoch()).isNotEqualTo(positionOf(next).epoch());
		assertThat(positionOf(append(one, "log", "again", LONG))).isEqualTo(new Position(page.end().epoch(), 1));
	}

	@Test
	void losingTheScriptsUnderLoadKeepsTheOrderAndLosesNothing() {
		RelayNode one = startedNode();
		RelayNode two = startedNode();
		List<CompletableFuture<Receipt>> open = new ArrayList<>();
		try (Jedis admin = admin()) {
			for (int i = 0; i < 5000; i++) {
				RelayNode node = (i % 2 == 0) ? one : two;
				open.add(node.relay().publish(node.recorded("log", "message " + i, LONG)));
				if (i % 500 == 250) {
					admin.scriptFlush();
				}
			}
		}
		List<Receipt> receipts = open.stream().map((each) -> each.orTimeout(20, TimeUnit.SECONDS).join()).toList();
		assertThat(receipts).extracting(Receipt::outcome).containsOnly(Outcome.RELAYED);
		for (int node = 0; node < 2; node++) {
			List<Long> offsets = new ArrayList<>();
			for (int i = node; i < receipts.size(); i += 2) {
				offsets.add(positionOf(receipts.get(i)).offset());
			}
			assertThat(offsets).isSorted().doesNotHaveDuplicates();
		}
		assertThat(readForward(one, "log", null, 10_000).publications()).hasSize(5000);
	}

	@Test
	void aLargeReadTakesManyShortOnes() {
		RelayNode one = startedNode();
		List<UUID> many = appendMany(one, "many", 2500, LONG).stream().map(Receipt::messageId).toList();
		String large = "x".repeat(60_000);
		List<UUID> heavy = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			heavy.add(append(one, "heavy", large, LONG).messageId());
		}
		for (ReadDirection direction : ReadDirection.values()) {
			assertRead(one, "many", many, direction);
			assertRead(one, "heavy", heavy, direction);
		}
	}

	private static void assertRead(RelayNode node, String channel, List<UUID> log, ReadDirection direction) {
		for (int limit : new int[] { log.size() + 1, log.size(), log.size() - 1 }) {
			LogPage page = read(node, channel, null, limit, direction);
			int expected = Math.min(limit, log.size());
			List<UUID> ids = new ArrayList<>(page.publications().stream().map(Publication::id).toList());
			if (direction == ReadDirection.BACKWARD) {
				Collections.reverse(ids);
				assertThat(ids).isEqualTo(log.subList(log.size() - expected, log.size()));
			}
			else {
				assertThat(ids).isEqualTo(log.subList(0, expected));
			}
		}
	}

	@Test
	void manyReadsAtOnceAreAllAnswered() {
		RelayNode one = startedNode();
		appendMany(one, "log", 100, LONG);
		List<CompletableFuture<LogPage>> pages = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			pages.add(one.log().read("log", null, 20, ReadDirection.FORWARD));
		}
		assertThat(pages)
			.allSatisfy((page) -> assertThat(page.orTimeout(20, TimeUnit.SECONDS).join().publications()).hasSize(20));
	}

	@Test
	void whatIsRememberedOfAKeyOutlivesTheScriptsAndTheEpoch() {
		RelayNode one = startedNode();
		LogOptions key = new LogOptions(10, Duration.ofHours(1), "a}b{c", Duration.ofMinutes(5));
		Receipt first = append(one, "log", "first", key);
		try (Jedis admin = admin()) {
			admin.scriptFlush();
			admin.del(key("log", "state"));
		}
		assertThat(append(one, "log", "double", key))
			.isEqualTo(new Receipt(first.messageId(), Outcome.DUPLICATE, first.position()));
	}

	@Test
	void badFramesAreCountedAndSkipped() {
		RelayNode one = startedNode();
		Address room = new Address.Channel("room");
		one.subscribe(room);
		this.broker.publishRaw(cluster(), room, new byte[] { 'A', 'L', 1, 0 });
		this.broker.publishRaw(cluster(), room, new byte[] { 'A', 'L', 9, 0, 0 });
		this.broker.publishRaw(cluster(), room, new byte[] { 'A', 'L', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
		Receipt receipt = append(one, "room", "good", LONG);
		MachineTime.await(TEN_SECONDS).until(() -> one.receivedIds().contains(receipt.messageId()));
		for (Reason reason : List.of(Reason.TRUNCATED, Reason.UNKNOWN_VERSION, Reason.MALFORMED)) {
			assertThat(one.rejections(reason)).as(reason.name()).isEqualTo(1);
		}
	}

	@Test
	void whatAnAppendBecameIsTrueThoughTheConnectionIsCut() {
		RelayNode one = node(this.broker.proxiedRelay(cluster(), new EnvelopeCodec(MAX_PAYLOAD))).start()
			.awaitRoundTrip(TEN_SECONDS);
		List<Sent> all = new ArrayList<>();
		for (int round = 0; round < 5; round++) {
			for (int i = 0; i < 600; i++) {
				Envelope envelope = one.recorded("log", "message", LONG);
				all.add(new Sent(envelope.id(), one.relay().publish(envelope)));
				if (i == 300) {
					CompletableFuture<Receipt> answered = all.get(all.size() - 250).receipt;
					MachineTime.await(TEN_SECONDS).until(answered::isDone);
					this.broker.proxy().cut();
				}
			}
			this.broker.proxy().resume();
			one.awaitRoundTrip(TEN_SECONDS);
		}
		MachineTime.await(TEN_SECONDS).until(() -> all.stream().allMatch((sent) -> sent.receipt.isDone()));
		List<Publication> log = readForward(one, "log", null, 10_000).publications();
		Set<UUID> refused = new HashSet<>();
		int relayed = 0;
		List<Long> order = new ArrayList<>();
		for (Sent sent : all) {
			Receipt receipt = sent.receiptOrNull();
			if (receipt == null) {
				refused.add(sent.id);
			}
			else if (receipt.outcome() == Outcome.RELAYED) {
				relayed++;
				order.add(positionOf(receipt).offset());
				assertThat(log).filteredOn((each) -> sent.id.equals(each.id()))
					.extracting(Publication::position)
					.containsExactly(receipt.position());
			}
		}
		assertThat(relayed).isPositive();
		assertThat(refused).isNotEmpty();
		assertThat(order).isSorted();
		assertThat(log).extracting(Publication::id).doesNotHaveDuplicates().doesNotContainAnyElementsOf(refused);
	}

	@Test
	void logsFailWithinAboutASecondWhileRedisIsAwayOrFrozen() {
		RelayNode one = node(this.broker.proxiedRelay(cluster(), new EnvelopeCodec(MAX_PAYLOAD))).start()
			.awaitRoundTrip(TEN_SECONDS);
		patiently(() -> one.relay().publish(one.recorded("log", "before", LONG)));
		this.broker.proxy().stall();
		List<CompletableFuture<LogPage>> frozen = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			frozen.add(one.log().read("log", null, 10, ReadDirection.FORWARD));
		}
		CompletableFuture<Position> position = one.log().position("log");
		CompletableFuture<Receipt> receipt = one.relay().publish(one.recorded("log", "frozen", LONG));
		MachineTime.await(Duration.ofMillis(2500))
			.until(() -> receipt.isDone() && position.isDone() && frozen.stream().allMatch(CompletableFuture::isDone));
		// Jedis may not have sent it
		assertThat(receipt.handle((done, ex) -> (ex != null) ? Failures.unwrap(ex) : done.outcome()).join())
			.matches((it) -> it == Outcome.UNCONFIRMED || it instanceof RelayUnavailableException);
		assertThat(failure(position)).isInstanceOf(RelayUnavailableException.class);
		assertThat(failure(frozen.get(99))).hasMessageContaining("took more than 1000 ms");
		assertThat(frozen)
			.allSatisfy((page) -> assertThat(failure(page)).isInstanceOf(RelayUnavailableException.class));
		this.broker.proxy().cut();
		MachineTime.await(TEN_SECONDS).until(() -> one.disconnects() > 0);
		List<CompletableFuture<?>> away = List.of(one.relay().publish(one.recorded("log", "away", LONG)),
				one.log().position("log"), one.log().read("log", null, 10, ReadDirection.FORWARD));
		MachineTime.await(Duration.ofMillis(1500)).until(() -> away.stream().allMatch(CompletableFuture::isDone));
		assertThat(away).allSatisfy((each) -> assertThat(failure(each)).isInstanceOf(RelayUnavailableException.class));
		this.broker.proxy().resume();
		one.awaitRoundTrip(TEN_SECONDS);
		patiently(() -> one.relay().publish(one.recorded("log", "after", LONG)));
		LogPage page = patiently(() -> one.log().read("log", null, 10, ReadDirection.FORWARD));
		assertThat(page.publications()).extracting((each) -> each.payload().asText())
			.startsWith("before")
			.endsWith("after")
			.doesNotContain("away");
	}

	/**
	 * Do as an application does whose relay waits no longer than a second for a server
	 * that a busy machine may hold up for as long: try again.
	 */
	private static <T> T patiently(Supplier<CompletableFuture<T>> call) {
		AtomicReference<T> answer = new AtomicReference<>();
		MachineTime.await(TEN_SECONDS).until(() -> {
			call.get().handle((done, ex) -> {
				if (ex != null) {
					assertThat(Failures.unwrap(ex)).isInstanceOf(RelayUnavailableException.class);
				}
				answer.set(done);
				return null;
			}).orTimeout(10, TimeUnit.SECONDS).join();
			return answer.get() != null;
		});
		return answer.get();
	}

	@Test
	void aRefusalOfTheScriptTellsItsCause() {
		RelayNode one = startedNode();
		append(one, "log", "before", LONG);
		try (Jedis admin = admin()) {
			admin.configSet("maxmemory", "1");
			try {
				Throwable failure = failure(one.relay().publish(one.recorded("log", "full", LONG)));
				assertThat(failure).isInstanceOf(RelayUnavailableException.class);
				assertThat(failure).hasMessageContaining("has refused").hasMessageContaining("OOM");
			}
			finally {
				admin.configSet("maxmemory", "0");
			}
		}
		Receipt after = append(one, "log", "after", LONG);
		assertThat(positionOf(after).offset()).isEqualTo(2);
		assertThat(readForward(one, "log", null, 10).publications()).hasSize(2);
	}

	private static Throwable failure(CompletableFuture<?> future) {
		return future.orTimeout(10, TimeUnit.SECONDS).handle((done, ex) -> {
			assertThat(ex).isNotNull();
			return Failures.unwrap(ex);
		}).join();
	}

	private record Sent(UUID id, CompletableFuture<Receipt> receipt) {

		private @Nullable Receipt receiptOrNull() {
			return this.receipt.handle((receipt, ex) -> {
				if (ex != null) {
					assertThat(Failures.unwrap(ex)).isInstanceOf(RelayException.class);
				}
				return receipt;
			}).join();
		}

	}

}
