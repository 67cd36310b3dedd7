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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClusterIndex} with a server whose answers the test chooses.
 */
class ClusterIndexTests {

	private final RedisRelaySettings settings = new RedisRelaySettings("atmosphere:test:", new EnvelopeCodec(1000), 10,
			Duration.ofSeconds(1));

	private final ClusterIndex index = new ClusterIndex(this.settings, new RedisLanes(this.settings.keyPrefix()),
			new IndexedChannels());

	private final Server server = new Server();

	private CompletableFuture<@Nullable Object> append(RedisLink link) {
		return this.index.append(link, "orders/1", 1000, 100, (at) -> CompletableFuture.completedFuture(at));
	}

	@Test
	void aChannelIsAddedBeforeItsFirstMessageOnly() {
		assertThat(append(this.server)).isCompletedWithValue("f");
		assertThat(append(this.server)).isCompletedWithValue("5000");
		assertThat(this.server.added).containsExactly("orders/1");
	}

	@Test
	void aLinkThatThrowsFailsTheMessageAndNoOther() {
		this.server.thrown = new OutOfMemoryError("expected");
		assertThat(append(this.server)).isCompletedExceptionally();
		assertThat(append(this.server)).isCompletedWithValue("f");
	}

	/**
	 * The mark contains the server's replication id, which a fail-over changes.
	 */
	@Test
	void channelsAreAddedAgainUntilThatSucceedsIfTheMarkChanges() {
		append(this.server);
		this.server.mark = "one-22222222";
		this.server.refused = true;
		this.index.check(this.server);
		this.index.check(this.server);
		assertThat(this.server.added).containsExactly("orders/1");
		this.server.refused = false;
		this.index.check(this.server);
		assertThat(this.server.added).containsExactly("orders/1", "orders/1");
		this.index.check(this.server);
		assertThat(this.server.added).hasSize(2);
	}

	@Test
	void channelsThatWereAddedThroughAFormerLinkAreAddedAgainIfTheMarkChanges() {
		append(this.server);
		Server next = new Server();
		next.mark = "two-11111111";
		this.index.append(next, "orders/1", 1000, 100, (at) -> CompletableFuture.completedFuture(at));
		assertThat(next.added).contains("orders/1");
		String other = sameLane();
		this.index.append(this.server, other, 1000, 100, (at) -> CompletableFuture.completedFuture(at));
		next.added.clear();
		next.mark = "three-11111111";
		this.index.check(next);
		assertThat(next.added).containsExactlyInAnyOrder("orders/1", other);
	}

	private static String sameLane() {
		int number = 2;
		while (RedisLanes.of("orders/" + number) != RedisLanes.of("orders/1")) {
			number++;
		}
		return "orders/" + number;
	}

	@Test
	void messagesThatWaitForTheIndexAreLimitedInBytes() {
		CompletableFuture<@Nullable Object> silent = new CompletableFuture<>();
		this.server.silent = silent;
		List<CompletableFuture<@Nullable Object>> sent = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			sent.add(this.index.append(this.server, "orders/1", 1000, 16 * 1024 * 1024,
					(at) -> CompletableFuture.completedFuture(at)));
		}
		assertThat(sent.subList(0, 4)).noneMatch(CompletableFuture::isDone);
		assertThat(sent.get(4)).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RelayOverloadedException.class);
		silent.complete(this.server.answer());
		assertThat(sent.subList(0, 4)).allSatisfy((each) -> assertThat(each).isCompletedWithValue("f"));
		assertThat(append(this.server)).isCompletedWithValue("5000");
	}

	@Test
	void aCallThatThrowsFailsItsFuture() {
		GroupCalls calls = new GroupCalls(() -> {
			throw new OutOfMemoryError("expected");
		}, this.settings);
		assertThat(calls.run(RedisScript.group("group-load.lua"), List.of(), "orders/1")).isCompletedExceptionally();
	}

	private static final class Server implements RedisLink {

		private final List<String> added = new ArrayList<>();

		private String mark = "one-11111111";

		private @Nullable Error thrown;

		private boolean refused;

		private @Nullable CompletableFuture<@Nullable Object> silent;

		@Override
		public CompletableFuture<@Nullable Object> run(RedisCall call) {
			Error thrown = this.thrown;
			if (thrown != null) {
				this.thrown = null;
				throw thrown;
			}
			byte[][] arguments = call.arguments(true);
			// The script, the number of keys, three keys, a new mark
			boolean adds = arguments.length > 6;
			if (adds && this.refused) {
				return CompletableFuture.failedFuture(new RelayUnavailableException("redis", null));
			}
			for (int i = 6; i < arguments.length; i += 2) {
				this.added.add(new String(arguments[i], StandardCharsets.UTF_8));
			}
			return (this.silent != null) ? this.silent : CompletableFuture.completedFuture(answer());
		}

		private List<Object> answer() {
			return List.of(5000L, this.mark.getBytes(StandardCharsets.UTF_8));
		}

		@Override
		public CompletableFuture<Outcome> publish(byte[] channel, byte[] message) {
			throw new UnsupportedOperationException();
		}

		@Override
		public RedisServerInfo server() {
			throw new UnsupportedOperationException();
		}

		@Override
		public void subscribe(List<byte[]> channels) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void unsubscribe(List<byte[]> channels) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void close() {
		}

	}

}
