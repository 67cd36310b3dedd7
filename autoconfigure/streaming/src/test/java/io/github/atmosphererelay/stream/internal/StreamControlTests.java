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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.stream.internal.ProcessAcks.Ack;
import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;
import io.github.atmosphererelay.stream.internal.Tally.ByGroup;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link StreamControl}.
 */
class StreamControlTests {

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final StreamTable table = new StreamTable(
			List.of(new ReducerFunctions<>(Tally.reducer(false), this.mapper, new ReducerStatistics())),
			new StreamTable.Limits(10, 5, 50));

	private final CommandCodec codec = new CommandCodec(this.mapper);

	private final ProcessAcks acks = new ProcessAcks(System::nanoTime);

	private final Map<String, StreamDefinition> written = new LinkedHashMap<>();

	/** What other nodes write just before this one. */
	private final Queue<UnaryOperator<StreamDefinition>> overtaking = new ArrayDeque<>();

	private boolean brokerFails;

	private long offset;

	private final StreamRefusals refusals = new StreamRefusals();

	private final StreamControl control = new StreamControl(this.table, this.codec, this::write, this.acks, "node-1", 3,
			this.refusals, snapshots());

	private QuerySnapshots snapshots() {
		return new QuerySnapshots(new MemoryChannels(), new StreamWire(this.mapper), this.mapper,
				new StreamLanes(Guards.UNREPORTED.of(Part.FEEDS)),
				new QuerySnapshots.Settings(1000, Duration.ofSeconds(1), Duration.ofSeconds(1)), System::nanoTime);
	}

	private CompletableFuture<Long> write(String key, byte[] value) {
		if (this.brokerFails) {
			return CompletableFuture.failedFuture(new IllegalStateException("No broker"));
		}
		UnaryOperator<StreamDefinition> other = this.overtaking.poll();
		if (other != null) {
			apply(key, other.apply(this.table.get(key)));
		}
		StreamDefinition definition = (value != null) ? this.codec.read(value) : null;
		this.written.put(key, definition);
		apply(key, definition);
		this.acks.received(new Ack("process", this.offset, Set.of("tally")));
		return CompletableFuture.completedFuture(this.offset - 1);
	}

	private void apply(String key, StreamDefinition definition) {
		StreamDefinition before = this.table.get(key);
		this.table.apply(key, definition);
		this.control.applied(key, before, definition, this.offset);
		this.offset++;
	}

	/**
	 * Two nodes read the same keys of a stream, and each wrote its own change of them:
	 * the first one was answered, and lost.
	 */
	@Test
	void changesByTwoNodesAtOnceAreBothKept() throws Exception {
		String id = get(this.control.create(keys("a", "b"), null));
		this.overtaking.add((present) -> present.with(new Selection.Keys(Set.of("a", "b", "c"))));
		this.overtaking.add((present) -> present.with(true, "node-2"));
		get(this.control.change(id, null, Set.of("d"), Set.of("a")));
		StreamDefinition stream = this.table.get(id);
		assertThat(stream.selection()).isEqualTo(new Selection.Keys(Set.of("b", "c", "d")));
		assertThat(stream.begun()).isTrue();
		assertThat(stream.holder()).isEqualTo("node-2");
	}

	/**
	 * A change that was under way when the stream was freed made it again, for nobody.
	 */
	@Test
	void aFreedStreamIsNotMadeAgainByAChangeThatWasUnderWay() throws Exception {
		String id = get(this.control.create(keys("a"), null));
		this.overtaking.add((present) -> null);
		assertRefused(this.control.change(id, null, Set.of("d"), Set.of()), Reason.UNKNOWN, "no such stream");
		assertThat(this.table.get(id)).isNull();
	}

	@Test
	void aStreamIsMadeChangedBegunAndFreed() throws Exception {
		String id = get(this.control.create(keys("a", "b"), "ann"));
		assertThat(id).hasSize(22);
		assertThat(this.table.get(id).begun()).isFalse();
		assertThat(this.table.get(id).holder()).isEqualTo("node-1");
		assertThat(this.table.get(id).subscription().user()).isEqualTo("ann");
		get(this.control.change(id, "ann", Set.of("c"), Set.of("a", "unknown")));
		assertThat(this.table.get(id).selection()).isEqualTo(new Selection.Keys(Set.of("b", "c")));
		get(this.control.begin(id, "ann"));
		get(this.control.begin(id, "ann"));
		assertThat(this.table.get(id).begun()).isTrue();
		get(this.control.change(id, "ann", Set.of("d"), Set.of("b")));
		assertThat(this.table.get(id).begun()).isTrue();
		get(this.control.delete(id, "ann"));
		assertThat(this.table.get(id)).isNull();
		assertThat(this.table.streamsOf("ann")).isZero();
		assertRefused(this.control.delete(id, "ann"), Reason.UNKNOWN, "no such stream");
		assertRefused(this.control.begin(id, "ann"), Reason.UNKNOWN, "no such stream");
		assertRefused(this.control.change(id, "ann", Set.of("d"), Set.of()), Reason.UNKNOWN, "no such stream");
		assertThat(this.refusals.of(Reason.UNKNOWN)).isEqualTo(3);
		assertThat(this.table.streams()).isZero();
	}

	@Test
	void aFirstSubscriptionBeginsAStreamAndTakesIt() throws Exception {
		String id = get(this.control.create(keys("a"), null));
		assertThat(this.control.subscribed(id, false)).isFalse();
		assertThat(this.control.subscribed(id, true)).isTrue();
		assertThat(this.table.get(id).begun()).isTrue();
		assertThat(this.control.subscribed(id, true)).isFalse();
		this.table.apply(id, this.table.get(id).with(true, "node-2"));
		assertThat(this.control.subscribed(id, true)).isTrue();
		assertThat(this.table.get(id).holder()).isEqualTo("node-1");
		assertThat(this.control.subscribed("unknown", true)).isFalse();
	}

	@Test
	void aForeignStreamIsUnknown() throws Exception {
		String id = get(this.control.create(keys("a"), "ann"));
		for (String user : new String[] { "bob", null }) {
			assertRefused(this.control.begin(id, user), Reason.UNKNOWN, "no such stream");
			assertRefused(this.control.change(id, user, Set.of("b"), Set.of()), Reason.UNKNOWN, "no such stream");
			assertRefused(this.control.delete(id, user), Reason.UNKNOWN, "no such stream");
		}
		assertThat(this.refusals.of(Reason.UNKNOWN)).isEqualTo(6);
		assertThat(this.written).hasSize(1);
	}

	@Test
	void whatIsNotValidIsRefusedAndSaysWhy() {
		JsonNode params = this.mapper.valueToTree(new ByGroup(1));
		assertInvalid(request("other", Set.of("a"), null, null), "tally");
		assertInvalid(request(null, Set.of("a"), null, null), "tally");
		assertInvalid(request("tally", null, null, null), "either 'keys' or a 'query'");
		assertInvalid(request("tally", Set.of("a"), "by-group", params), "either 'keys' or a 'query'");
		assertInvalid(request("tally", null, "by-color", params), "by-group");
		assertInvalid(request("tally", null, "by-group", this.mapper.readTree("{\"group\":\"red\"}")), "'params'");
		assertInvalid(request("tally", null, "by-group", this.mapper.readTree("null")), "'params'");
		assertInvalid(request("tally", Set.of(""), null, null), "1 to 254");
		assertInvalid(request("tally", Set.of("x".repeat(255)), null, null), "1 to 254");
		assertInvalid(request("tally", Set.of("\0a"), null, null), "1 to 254");
		assertInvalid(new StreamRequest("tally", Set.of("a"), null, null, Map.of("format", "x".repeat(256)), null),
				"options");
		assertThat(this.refusals.of(Reason.INVALID)).isEqualTo(11);
		assertThat(this.written).isEmpty();
	}

	@Test
	void limitsAreKept() throws Exception {
		assertRefused(this.control.create(keys("a", "b", "c", "d", "e", "f"), null), Reason.LIMIT, "5 keys");
		for (int i = 0; i < 3; i++) {
			get(this.control.create(keys("a"), "ann"));
		}
		for (int i = 0; i < 10_000; i++) {
			assertRefused(this.control.create(keys("a"), "ann"), Reason.LIMIT, "3 streams");
		}
		String id = get(this.control.create(keys("a", "b", "c"), "bob"));
		assertRefused(this.control.change(id, "bob", Set.of("d", "e", "f"), Set.of()), Reason.LIMIT, "5 keys");
		get(this.control.change(id, "bob", Set.of("d", "e", "f"), Set.of("a")));
		for (int i = 0; i < 6; i++) {
			get(this.control.create(keys("a"), null));
		}
		assertRefused(this.control.create(keys("a"), null), Reason.LIMIT, "too many streams");
		get(this.control.delete(id, "bob"));
		get(this.control.create(keys("a"), null));
		assertThat(this.refusals.of(Reason.LIMIT)).isEqualTo(10_003);
	}

	@Test
	void aStreamOfAQueryHasNoKeysToChange() throws Exception {
		String id = get(
				this.control.create(request("tally", null, "by-group", this.mapper.readTree("{\"group\":1}")), null));
		assertRefused(this.control.change(id, null, Set.of("a"), Set.of()), Reason.INVALID, "query");
	}

	@Test
	void whatTheBrokerDoesNotTakeIsRefusedForNow() throws Exception {
		String id = get(this.control.create(keys("a"), "ann"));
		this.brokerFails = true;
		assertRefused(this.control.create(keys("a"), "ann"), Reason.UNAVAILABLE, "try again");
		assertRefused(this.control.begin(id, "ann"), Reason.UNAVAILABLE, "try again");
		assertRefused(this.control.delete(id, "ann"), Reason.UNAVAILABLE, "try again");
		this.brokerFails = false;
		get(this.control.create(keys("a"), "ann"));
		get(this.control.create(keys("a"), "ann"));
		assertThat(this.table.streamsOf("ann")).isEqualTo(3);
	}

	private static StreamRequest keys(String... keys) {
		return request("tally", Set.of(keys), null, null);
	}

	private static StreamRequest request(String reducer, Set<String> keys, String query, JsonNode parameters) {
		return new StreamRequest(reducer, keys, query, parameters, Map.of("format", "short"), null);
	}

	private void assertInvalid(StreamRequest request, String message) {
		assertRefused(this.control.create(request, null), Reason.INVALID, message);
	}

	private static void assertRefused(CompletableFuture<?> answer, Reason reason, String message) {
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
			.havingRootCause()
			.isInstanceOfSatisfying(StreamRefusedException.class,
					(refusal) -> assertThat(refusal.reason()).isEqualTo(reason))
			.withMessageContaining(message);
	}

	private static <T> T get(CompletableFuture<T> answer) throws Exception {
		return answer.get(10, TimeUnit.SECONDS);
	}

}
