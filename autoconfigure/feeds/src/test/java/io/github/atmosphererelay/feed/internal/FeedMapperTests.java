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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.feed.FeedMapping;
import io.github.atmosphererelay.feed.FeedMessage;
import io.github.atmosphererelay.feed.FeedPartitioner;
import io.github.atmosphererelay.message.Payload;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FeedMapper}.
 */
class FeedMapperTests {

	private static final FeedExtensions NONE = new FeedExtensions(null, null, (key, partitions) -> 0);

	private static FeedMapper mapper(String channel, ValueFormat format, String... headers) {
		return mapper(ChannelTemplate.parse(channel), format, NONE, headers);
	}

	private static FeedMapper mapper(@Nullable ChannelTemplate template, ValueFormat format, FeedExtensions extensions,
			String... headers) {
		return new FeedMapper(
				new FeedSettings("feed", "atmosphere.feeds[0]", "topic", "everyone", template, "any/{a}", format,
						List.of(headers), Duration.ofMinutes(2), 1000, Duration.ofSeconds(3), 100, 0, null),
				extensions);
	}

	private static ConsumerRecord<byte[], byte[]> record(@Nullable String key, @Nullable String value,
			String... headers) {
		ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("topic", 3, 17, bytes(key), bytes(value));
		for (String header : headers) {
			record.headers().add(header.replaceAll("=.*", ""), bytes(header.replaceAll(".*=", "")));
		}
		return record;
	}

	private static byte @Nullable [] bytes(@Nullable String text) {
		return (text != null) ? text.getBytes(StandardCharsets.UTF_8) : null;
	}

	private static void assertSkipped(Mapped mapped, SkipReason reason) {
		assertThat(mapped).isInstanceOfSatisfying(Mapped.Skipped.class,
				(skipped) -> assertThat(skipped.reason()).isEqualTo(reason));
	}

	private static void assertMessage(Mapped mapped, String channel, Payload payload, Map<String, String> headers) {
		assertThat(mapped).isInstanceOfSatisfying(Mapped.Message.class, (message) -> {
			assertThat(message.record().channel()).isEqualTo(channel);
			assertThat(message.record().payload()).isEqualTo(payload);
			assertThat(message.record().headers()).isEqualTo(headers);
			assertThat(message.record().offset()).isEqualTo(17);
		});
	}

	@Test
	void aValueStaysAsItIs() {
		assertMessage(mapper("p/{key}", ValueFormat.JSON).map(record("a", " {\"x\" : 1} ")), "p/a",
				Payload.text(" {\"x\" : 1} "), Map.of());
		assertMessage(mapper("p/{key}", ValueFormat.TEXT).map(record("a", "{x")), "p/a", Payload.text("{x"), Map.of());
		assertMessage(mapper("p/{key}", ValueFormat.BYTES).map(record("a", "{x")), "p/a",
				Payload.binary(new byte[] { '{', 'x' }), Map.of());
	}

	@Test
	void aTombstoneIsAnEventOfItsOwn() {
		for (ValueFormat format : ValueFormat.values()) {
			assertMessage(mapper("p/{key}", format).map(record("a", null)), "p/a", Payload.text("null"),
					Map.of("feed-event", "tombstone"));
		}
	}

	@Test
	void onlyHeadersForClientsArePassedOn() {
		String[] headers = { "region=eu", "trace=1", "kafka_x=1", "spring_json=1", "__TypeId__=x", "atmosphere-x=1" };
		assertMessage(mapper("p/{key}", ValueFormat.JSON, "*").map(record("a", "1", headers)), "p/a", Payload.text("1"),
				Map.of("region", "eu", "trace", "1"));
		assertMessage(mapper("p/{key}", ValueFormat.JSON, "reg*").map(record("a", "1", headers)), "p/a",
				Payload.text("1"), Map.of("region", "eu"));
		assertMessage(mapper("p/{key}", ValueFormat.JSON).map(record("a", "1", headers)), "p/a", Payload.text("1"),
				Map.of());
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{", "{\"a\":1}}", "1 2", "nul", "{'a':1}", "NaN" })
	void whatIsNoJsonIsSkipped(String value) {
		assertSkipped(mapper("p/{key}", ValueFormat.JSON).map(record("a", value)), SkipReason.INVALID_VALUE);
	}

	@Test
	void jsonThatIsNestedWithoutEndIsSkipped() {
		FeedMapper mapper = new FeedMapper(new FeedSettings("feed", "atmosphere.feeds[0]", "topic", "everyone",
				ChannelTemplate.parse("p/{key}"), "p/{a}", ValueFormat.JSON, List.of(), Duration.ofMinutes(2), 1000,
				Duration.ofSeconds(3), 1_000_000, 0, null), NONE);
		assertSkipped(mapper.map(record("a", "[".repeat(900_000))), SkipReason.INVALID_VALUE);
	}

	@Test
	void bytesThatAreNoUtf8AreNoText() {
		byte[] broken = { (byte) 0xC3, 0x28 };
		for (ValueFormat format : List.of(ValueFormat.JSON, ValueFormat.TEXT)) {
			assertSkipped(mapper("p/{key}", format).map(new ConsumerRecord<>("topic", 3, 17, "a".getBytes(), broken)),
					SkipReason.INVALID_VALUE);
		}
		assertSkipped(
				mapper("p/{key}", ValueFormat.JSON).map(new ConsumerRecord<>("topic", 3, 17, broken, "1".getBytes())),
				SkipReason.NO_CHANNEL);
	}

	@Test
	void whatDoesNotFitIsSkipped() {
		assertSkipped(mapper("p/{key}", ValueFormat.JSON).map(record("a", "\"" + "x".repeat(100) + "\"")),
				SkipReason.TOO_LARGE);
		assertSkipped(mapper("p/{key}", ValueFormat.JSON).map(record("x".repeat(300), "1")),
				SkipReason.INVALID_CHANNEL);
	}

	@Test
	void aRecordThatLacksWhatNamesTheChannelIsSkipped() {
		assertSkipped(mapper("p/{key}", ValueFormat.JSON).map(record(null, "1")), SkipReason.NO_KEY);
		assertSkipped(mapper("p/{header:id}", ValueFormat.JSON).map(record("a", "1", "other=1")),
				SkipReason.NO_CHANNEL);
		FeedMapper byValue = mapper("p/{json:/id}", ValueFormat.JSON);
		for (String value : List.of("{}", "{\"id\":{}}", "{\"id\":null}", "[", "7")) {
			assertSkipped(byValue.map(record("a", value)), SkipReason.NO_CHANNEL);
		}
		assertSkipped(byValue.map(record("a", null)), SkipReason.NO_CHANNEL);
		assertMessage(byValue.map(record("a", "{\"id\":7}")), "p/7", Payload.text("{\"id\":7}"), Map.of());
	}

	@Test
	void whatTheApplicationContributesMayFailOrLeaveRecordsOut() {
		assertSkipped(byBean((record) -> {
			throw new IllegalStateException("poison");
		}).map(record("a", "1")), SkipReason.MAPPING_FAILED);
		assertSkipped(byBean((record) -> null).map(record("a", "1")), SkipReason.LEFT_OUT);
		assertSkipped(byBean((record) -> new FeedMessage("p/a b", Payload.text("1"))).map(record("a", "1")),
				SkipReason.INVALID_CHANNEL);
		assertSkipped(byBean((record) -> new FeedMessage("p/a", Payload.text("x".repeat(101)))).map(record("a", "1")),
				SkipReason.TOO_LARGE);
		assertMessage(
				byBean((record) -> new FeedMessage("p/" + record.partition(), Payload.text("x"), Map.of("a", "b")))
					.map(record("a", "1")),
				"p/3", Payload.text("x"), Map.of("a", "b"));
		FeedExtensions values = new FeedExtensions(null, (topic, headers, value) -> {
			if (value.length == 1) {
				throw new IllegalStateException("poison");
			}
			return (value.length == 2) ? null : Payload.text("x");
		}, NONE.partitioner());
		FeedMapper reading = mapper(ChannelTemplate.parse("p/{key}"), ValueFormat.JSON, values);
		assertSkipped(reading.map(record("a", "1")), SkipReason.MAPPING_FAILED);
		assertMessage(reading.map(record("a", "12")), "p/a", Payload.text("null"), Map.of("feed-event", "tombstone"));
		assertMessage(reading.map(record("a", "123")), "p/a", Payload.text("x"), Map.of());
	}

	/**
	 * Whatever a poison record makes the application throw, the next attempt would throw
	 * it again, and the feed would never come past it.
	 */
	@Test
	void whateverTheApplicationThrowsIsCountedAndSkipped() {
		List<Throwable> failures = List.of(new IOException("checked"), new OutOfMemoryError("a length that is none"),
				new Error("its own"), new InterruptedException(), new IllegalStateException() {

					@Override
					public String getMessage() {
						throw new IllegalStateException("even its message fails");
					}

				});
		for (Throwable failure : failures) {
			FeedExtensions values = new FeedExtensions(null, (topic, headers, value) -> {
				throw FeedMapperTests.<RuntimeException>sneaky(failure);
			}, NONE.partitioner());
			assertSkipped(mapper(ChannelTemplate.parse("p/{key}"), ValueFormat.JSON, values).map(record("a", "1")),
					SkipReason.MAPPING_FAILED);
			assertSkipped(byBean((record) -> {
				throw FeedMapperTests.<RuntimeException>sneaky(failure);
			}).map(record("a", "1")), SkipReason.MAPPING_FAILED);
		}
	}

	@SuppressWarnings("unchecked")
	private static <T extends Throwable> T sneaky(Throwable failure) throws T {
		throw (T) failure;
	}

	/**
	 * The next poll of the feed's thread would end as if the feed was stopped.
	 */
	@Test
	void anApplicationThatLeavesTheThreadInterruptedDoesNotStopTheFeed() {
		byBean((record) -> {
			Thread.currentThread().interrupt();
			return new FeedMessage("p/a", Payload.text("1"));
		}).map(record("a", "1"));
		assertThat(Thread.interrupted()).isFalse();
	}

	/**
	 * As with the usual {@code hash % partitions}, which is negative for half of all
	 * keys.
	 */
	@ParameterizedTest
	@ValueSource(ints = { -1, 3 })
	void aPartitionerThatReturnsWhatIsNoPartitionHasFailedForThatKeyOnly(int number) {
		FeedPartitioner partitioner = CheckedPartitioner.of((key, partitions) -> (key[0] == 'x') ? number : 1);
		ChannelPartitions partitions = new ChannelPartitions(ChannelTemplate.parse("p/{key}"), partitioner,
				() -> TopicInfo.of(Uuid.randomUuid(), 3));
		assertThat(partitions.of("p/x")).isNull();
		assertThat(partitions.of("p/a")).isEqualTo(1);
	}

	private static FeedMapper byBean(FeedMapping mapping) {
		return mapper((ChannelTemplate) null, ValueFormat.JSON, new FeedExtensions(mapping, null, NONE.partitioner()));
	}

}
