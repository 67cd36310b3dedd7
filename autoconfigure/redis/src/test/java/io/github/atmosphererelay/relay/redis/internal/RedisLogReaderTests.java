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

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link RedisLogReader} without a server.
 */
class RedisLogReaderTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private final RedisRelaySettings settings = new RedisRelaySettings("test:", new EnvelopeCodec(1_000), 1_000,
			Duration.ofSeconds(10));

	private final RedisLink link = mock();

	private final RelayListener listener = mock();

	private final Guards guards = new Guards();

	private RedisLogReader reader;

	@BeforeEach
	void create() {
		given(this.link.server()).willReturn(new RedisServerInfo(false, null));
		given(this.listener.guards()).willReturn(this.guards);
		this.reader = new RedisLogReader(new RedisLogScripts(this.settings), this.settings, this.listener);
	}

	private CompletableFuture<LogPage> read() {
		return this.reader.read(this.link, "log", null, PageLimit.of(10), ReadDirection.FORWARD);
	}

	@Test
	void readingGoesOnAfterAnErrorInACall() {
		given(this.link.run(any())).willThrow(new OutOfMemoryError("injected"))
			.willReturn(CompletableFuture.completedFuture(reply()));
		assertThat(read()).failsWithin(SOON);
		assertThat(read()).succeedsWithin(SOON).matches(LogPage::complete);
		assertThat(this.guards.of(Part.LOG_READER).failures()).isOne();
	}

	@Test
	void readingGoesOnAfterErrorsInAllRepliesThatCanBeOpen() {
		for (int i = 0; i < 2 * RedisLogReader.MAX_RUNNING; i++) {
			// No list, and so a ClassCastException where it is taken for one
			given(this.link.run(any())).willReturn(CompletableFuture.completedFuture(List.of("no epoch", 1L, 1L, 0L)));
			assertThat(read()).failsWithin(SOON);
		}
		given(this.link.run(any())).willReturn(CompletableFuture.completedFuture(reply()));
		assertThat(read()).succeedsWithin(SOON).matches(LogPage::complete);
	}

	@Test
	void pagesThatWaitAreReadAlthoughOthersBeforeThemFail() {
		List<CompletableFuture<Object>> replies = new ArrayList<>();
		given(this.link.run(any())).willAnswer((call) -> {
			if (replies.size() >= RedisLogReader.MAX_RUNNING) {
				throw new OutOfMemoryError("injected");
			}
			CompletableFuture<Object> reply = new CompletableFuture<>();
			replies.add(reply);
			return reply;
		});
		List<CompletableFuture<LogPage>> pages = new ArrayList<>();
		for (int i = 0; i < 3 * RedisLogReader.MAX_RUNNING; i++) {
			pages.add(read());
		}
		replies.forEach((reply) -> reply.complete(reply()));
		await().untilAsserted(() -> assertThat(pages).allSatisfy((page) -> assertThat(page).isDone()));
		assertThat(pages.stream().filter((page) -> !page.isCompletedExceptionally()))
			.hasSize(RedisLogReader.MAX_RUNNING);
	}

	private static Object reply() {
		return List.of("epoch".getBytes(StandardCharsets.UTF_8), 0L, 1L, 0L);
	}

}
