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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;

import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.feed.ForwardingOverloadedException;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of what every {@link Forwarding} has to guarantee. The tests of a forwarding
 * extend this class. Each test uses a cluster of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
public abstract class ForwardingContractTests {

	/** The greatest size of a payload that the tests send, in bytes. */
	protected static final int MAX_PAYLOAD = 1024 * 1024;

	private static final String FEED = "prices";

	private static final String EPOCH = "k3YlZ1wZQ0m0b1v0dTq5Zw-12";

	private static final Duration LIMIT = Duration.ofSeconds(20);

	private final List<Forwarding> forwardings = new ArrayList<>();

	private final List<RangeRecorder> recorders = new ArrayList<>();

	private String cluster = "";

	/**
	 * Create the forwarding of one process. It takes payloads of {@value #MAX_PAYLOAD}
	 * bytes at least.
	 * @param cluster the name of the cluster
	 * @return the forwarding
	 */
	protected abstract Forwarding create(String cluster);

	/**
	 * Create the forwarding of one process of which a part of the way is through
	 * {@link #proxy()}: the way to the broker, or where there is none, the way to this
	 * process.
	 * @param cluster the name of the cluster
	 * @return the forwarding
	 */
	protected abstract Forwarding createBehindProxy(String cluster);

	/**
	 * Return the proxy.
	 * @return the proxy
	 */
	protected abstract TcpProxy proxy();

	protected final Forwarding forwarding() {
		return add(create(cluster()));
	}

	protected final Forwarding forwardingBehindProxy() {
		return add(createBehindProxy(cluster()));
	}

	private Forwarding add(Forwarding forwarding) {
		this.forwardings.add(forwarding);
		return forwarding;
	}

	protected final String cluster() {
		if (this.cluster.isEmpty()) {
			this.cluster = "test-" + UUID.randomUUID();
		}
		return this.cluster;
	}

	protected final RangeRecorder receiving(Forwarding forwarding, UUID node) throws Exception {
		RangeRecorder recorder = new RangeRecorder();
		this.recorders.add(recorder);
		forwarding.receive(node, recorder).get(30, TimeUnit.SECONDS);
		return recorder;
	}

	protected static ForwardedRange range(UUID sender, int partition, long from, Payload payload) {
		return new ForwardedRange(FEED, sender, EPOCH, partition, from, from + 1, 1, List
			.of(new ForwardedRecord(from, 1_700_000_000_000L + from, "prices/" + partition, payload, Map.of())));
	}

	protected static ForwardedRange range(UUID sender, int partition, long from) {
		return range(sender, partition, from, Payload.text("{\"price\":" + from + "}"));
	}

	protected static List<Long> offsets(int count) {
		return LongStream.range(0, count).boxed().toList();
	}

	protected static void awaitOffsets(RangeRecorder recorder, int partition, List<Long> offsets) {
		MachineTime.await(LIMIT).untilAsserted(() -> assertThat(recorder.offsets(FEED, partition)).isEqualTo(offsets));
	}

	@AfterEach
	void stopAll() {
		proxy().resume();
		List<Forwarding> stopped = List.copyOf(this.forwardings);
		List<RangeRecorder> recorders = List.copyOf(this.recorders);
		this.forwardings.clear();
		this.recorders.clear();
		this.cluster = "";
		stopped.forEach(Forwarding::stop);
		recorders.forEach(RangeRecorder::close);
		assertThat(recorders).allSatisfy((recorder) -> assertThat(recorder.violations()).isEmpty());
	}

	@Test
	void rangesArriveAsTheyWereSent() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwarding(), node);
		List<ForwardedRange> ranges = List.of(
				new ForwardedRange(FEED, sender, EPOCH, 3, 7, 12, 42,
						List.of(new ForwardedRecord(8, 1_700_000_000_123L, "prices/Zürich",
								Payload.text("grün \uD83D\uDE00"), Map.of("currency", "CHF", "note", "ä=;\n")),
								new ForwardedRecord(11, -1, "prices/b", Payload.binary(new byte[] { 0, -1, 13, 10 }),
										Map.of()))),
				new ForwardedRange("Kurse | ü", sender, EPOCH, 0, 1L << 40, 1L << 40, Long.MAX_VALUE, List.of()),
				new ForwardedRange(FEED, sender, EPOCH, 3, 12, 1L << 41, 0,
						List.of(new ForwardedRecord(12, 0, "prices/empty", Payload.text(""), Map.of("empty", "")))));
		forwarding().send(node, ranges).get(30, TimeUnit.SECONDS);
		MachineTime.await(LIMIT).until(() -> recorder.count() == 3);
		assertThat(recorder.of(FEED, 3)).containsExactly(ranges.get(0), ranges.get(2));
		assertThat(recorder.of("Kurse | ü", 0)).containsExactly(ranges.get(1));
	}

	@Test
	void eachNodeGetsWhatIsSentToItInTheOrderInWhichItWasSent() throws Exception {
		UUID one = UUID.randomUUID();
		UUID two = UUID.randomUUID();
		RangeRecorder first = receiving(forwarding(), one);
		RangeRecorder second = receiving(forwarding(), two);
		List<Future<?>> sent = new ArrayList<>();
		for (int s = 0; s < 2; s++) {
			Forwarding forwarding = forwarding();
			UUID sender = UUID.randomUUID();
			for (long offset = 0; offset < 400; offset++) {
				sent.add(forwarding.send(one, List.of(range(sender, s, offset), range(sender, s + 2, offset))));
				if (offset < 100) {
					sent.add(forwarding.send(two, List.of(range(sender, s + 4, offset))));
				}
			}
		}
		for (Future<?> each : sent) {
			each.get(30, TimeUnit.SECONDS);
		}
		for (int partition = 0; partition < 4; partition++) {
			awaitOffsets(first, partition, offsets(400));
			assertThat(second.of(FEED, partition)).isEmpty();
		}
		for (int partition = 4; partition < 6; partition++) {
			awaitOffsets(second, partition, offsets(100));
			assertThat(first.of(FEED, partition)).isEmpty();
		}
	}

	@Test
	void whatIsSentAfterANodeHasBegunToReceiveArrives() throws Exception {
		Forwarding sending = forwarding();
		UUID sender = UUID.randomUUID();
		for (int i = 0; i < 5; i++) {
			UUID node = UUID.randomUUID();
			RangeRecorder recorder = receiving(forwarding(), node);
			sending.send(node, List.of(range(sender, i, 0))).get(30, TimeUnit.SECONDS);
			awaitOffsets(recorder, i, List.of(0L));
		}
	}

	@Test
	void aLargePayloadAndManyOfThemArrive() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwarding(), node);
		List<ForwardedRange> ranges = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			byte[] large = new byte[MAX_PAYLOAD];
			large[i] = 1;
			ranges.add(range(sender, 0, i, Payload.binary(large)));
		}
		forwarding().send(node, ranges).get(60, TimeUnit.SECONDS);
		MachineTime.await(LIMIT).until(() -> recorder.count() == 4);
		assertThat(recorder.of(FEED, 0)).isEqualTo(ranges);
	}

	@Test
	void oneRangeMayHaveManyRecords() throws Exception {
		UUID node = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwarding(), node);
		List<ForwardedRecord> records = new ArrayList<>();
		for (int i = 0; i < 30; i++) {
			records.add(new ForwardedRecord(2 * i, i, "prices/a", Payload.binary(new byte[100_000]), Map.of()));
		}
		ForwardedRange range = new ForwardedRange(FEED, UUID.randomUUID(), EPOCH, 0, 0, 100, 5, records);
		forwarding().send(node, List.of(range)).get(60, TimeUnit.SECONDS);
		MachineTime.await(LIMIT).until(() -> recorder.offsets(FEED, 0).size() == 30);
		// It may come in parts, which together say the same
		List<ForwardedRange> parts = recorder.of(FEED, 0);
		long from = 0;
		for (ForwardedRange part : parts) {
			assertThat(part.from()).isEqualTo(from);
			assertThat(part.interest()).isEqualTo(5);
			from = part.to();
		}
		assertThat(from).isEqualTo(100);
		assertThat(parts.stream().flatMap((part) -> part.records().stream()).toList()).isEqualTo(records);
	}

	@Test
	void aReceiverThatThrowsGetsWhatFollows() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwarding(), node);
		Forwarding sending = forwarding();
		recorder.fail(true);
		sending.send(node, List.of(range(sender, 0, 0))).handle((done, ex) -> null).get(30, TimeUnit.SECONDS);
		awaitOffsets(recorder, 0, offsets(1));
		recorder.fail(false);
		sending.send(node, List.of(range(sender, 0, 1))).get(30, TimeUnit.SECONDS);
		awaitOffsets(recorder, 0, offsets(2));
	}

	@Test
	void aNodeThatDoesNotAnswerDelaysNoOther() throws Exception {
		UUID slow = UUID.randomUUID();
		UUID fast = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		receiving(forwardingBehindProxy(), slow);
		RangeRecorder recorder = receiving(forwarding(), fast);
		Forwarding sending = forwarding();
		sending.send(slow, List.of(range(sender, 1, 0))).get(30, TimeUnit.SECONDS);
		proxy().stall();
		MachineTime time = MachineTime.start();
		for (long offset = 0; offset < 200; offset++) {
			sending.send(slow, List.of(range(sender, 1, offset + 1, Payload.binary(new byte[10_000]))));
			sending.send(fast, List.of(range(sender, 0, offset))).get(30, TimeUnit.SECONDS);
		}
		awaitOffsets(recorder, 0, offsets(200));
		assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(15));
	}

	@Test
	void whatFindsNoRoomIsRefusedAtOnceAndLaterThereIsRoomAgain() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwardingBehindProxy(), node);
		Forwarding sending = forwardingBehindProxy();
		sending.send(node, List.of(range(sender, 0, 0))).get(30, TimeUnit.SECONDS);
		awaitOffsets(recorder, 0, offsets(1));
		proxy().stall();
		Payload payload = Payload.binary(new byte[MAX_PAYLOAD]);
		int most = (int) (sending.maxInFlight() / MAX_PAYLOAD) + 2;
		List<CompletableFuture<@Nullable Void>> sent = new ArrayList<>();
		MachineTime time = MachineTime.start();
		while (sent.size() < most && sent.stream().noneMatch(ForwardingContractTests::isOverload)) {
			sent.add(sending.send(node, List.of(range(sender, 0, sent.size() + 1, payload))));
		}
		assertThat(sent).as("sent until one is refused").anyMatch(ForwardingContractTests::isOverload);
		assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(10));
		proxy().resume();
		MachineTime.await(Duration.ofSeconds(30)).untilAsserted(() -> {
			CompletableFuture<@Nullable Void> again = sending.send(node, List.of(range(sender, 1, 0)));
			assertThat(again).succeedsWithin(Duration.ofSeconds(5));
		});
		awaitOffsets(recorder, 1, offsets(1));
		assertThat(sent).allSatisfy((each) -> assertThat(each.handle((done, ex) -> "ended")).succeedsWithin(LIMIT));
	}

	private static boolean isOverload(CompletableFuture<@Nullable Void> future) {
		return future.isDone() && future.handle((done, ex) -> ex).join() instanceof ForwardingOverloadedException;
	}

	@Test
	void whatIsAcknowledgedHasArrivedAlthoughConnectionsBreak() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwardingBehindProxy(), node);
		Forwarding sending = forwardingBehindProxy();
		Map<Long, CompletableFuture<@Nullable Void>> sent = new HashMap<>();
		for (long offset = 0; offset < 300; offset++) {
			CompletableFuture<@Nullable Void> future = sending.send(node, List.of(range(sender, 0, offset)));
			sent.put(offset, future);
			if (offset % 100 == 50) {
				proxy().cut();
				future.handle((done, ex) -> null).get(30, TimeUnit.SECONDS);
				proxy().resume();
			}
			if (offset % 10 == 5) {
				MachineTime.await(Duration.ofSeconds(30))
					.until(() -> succeeds(sending.send(node, List.of(range(sender, 1, 0)))));
			}
		}
		for (CompletableFuture<@Nullable Void> each : sent.values()) {
			each.handle((done, ex) -> null).get(30, TimeUnit.SECONDS);
		}
		MachineTime.await(Duration.ofSeconds(30))
			.until(() -> succeeds(sending.send(node, List.of(range(sender, 1, 0)))));
		List<Long> acknowledged = sent.keySet()
			.stream()
			.filter((offset) -> !sent.get(offset).isCompletedExceptionally())
			.sorted()
			.toList();
		assertThat(acknowledged).hasSizeGreaterThan(100);
		MachineTime.await(LIMIT).untilAsserted(() -> assertThat(recorder.offsets(FEED, 0)).containsAll(acknowledged));
	}

	private static boolean succeeds(CompletableFuture<@Nullable Void> future) throws Exception {
		return future.handle((done, ex) -> ex == null).get(30, TimeUnit.SECONDS);
	}

	@Test
	void aNodeThatHasLeftIsForgottenAndTheOthersGoOn() throws Exception {
		UUID gone = UUID.randomUUID();
		UUID stays = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		Forwarding leaving = forwarding();
		receiving(leaving, gone);
		RangeRecorder recorder = receiving(forwarding(), stays);
		Forwarding sending = forwarding();
		sending.send(gone, List.of(range(sender, 1, 0))).get(30, TimeUnit.SECONDS);
		leaving.stop();
		sending.forget(gone);
		for (long offset = 0; offset < 50; offset++) {
			sending.send(stays, List.of(range(sender, 0, offset))).get(30, TimeUnit.SECONDS);
		}
		awaitOffsets(recorder, 0, offsets(50));
	}

	@Test
	void whatIsOpenFailsWhenTheForwardingStops() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		receiving(forwardingBehindProxy(), node);
		Forwarding sending = forwardingBehindProxy();
		sending.send(node, List.of(range(sender, 0, 0))).get(30, TimeUnit.SECONDS);
		proxy().stall();
		List<Future<?>> open = new ArrayList<>();
		for (int i = 1; i < 5; i++) {
			open.add(sending.send(node, List.of(range(sender, 0, i))));
		}
		MachineTime time = MachineTime.start();
		sending.stop();
		assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(5));
		for (Future<?> each : open) {
			assertFails(each);
		}
		assertFails(sending.send(node, List.of(range(sender, 0, 9))));
	}

	@Test
	void aReceiverIsNotCalledAfterTheStop() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		Forwarding receiving = forwarding();
		RangeRecorder recorder = receiving(receiving, node);
		Forwarding sending = forwarding();
		CountDownLatch stopped = new CountDownLatch(1);
		CompletableFuture<Void> flood = CompletableFuture.runAsync(() -> {
			for (long offset = 0; stopped.getCount() > 0 || offset < 100; offset++) {
				sending.send(node, List.of(range(sender, 0, offset))).handle((done, ex) -> null).join();
			}
		});
		MachineTime.await(LIMIT).until(() -> recorder.count() > 20);
		receiving.stop();
		recorder.close();
		stopped.countDown();
		sending.forget(node);
		flood.get(60, TimeUnit.SECONDS);
		assertThat(recorder.violations()).isEmpty();
	}

	private static void assertFails(Future<?> future) throws InterruptedException, TimeoutException {
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> future.get(5, TimeUnit.SECONDS));
	}

}
