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

package io.github.atmosphererelay.outbox.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link LogSearch} with a log in memory.
 */
class LogSearchTests {

	private static final String CHANNEL = "log/1";

	/** The newest one first. */
	private final List<Publication> publications = new ArrayList<>();

	private int reads;

	private final LogSearch search = new LogSearch(this::read);

	private CompletableFuture<LogPage> read(String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		assertThat(channel).isEqualTo(CHANNEL);
		assertThat(direction).isEqualTo(ReadDirection.BACKWARD);
		this.reads++;
		int size = this.publications.size();
		int from = (since != null) ? size - (int) since.offset() + 1 : 0;
		int to = Math.min(size, from + limit);
		return CompletableFuture.completedFuture(
				new LogPage(this.publications.subList(from, to), new Position("e", size), true, to < size));
	}

	private void fill(int size) {
		for (int offset = size; offset > 0; offset--) {
			this.publications.add(new Publication(UUID.randomUUID(), UUID.randomUUID(), CHANNEL, 0, Map.of(),
					Payload.text(""), new Position("e", offset)));
		}
	}

	private static Envelope envelope(UUID id) {
		return new Envelope(id, UUID.randomUUID(), Envelope.Kind.MESSAGE, 0, new Audience.Channel(CHANNEL, null),
				Map.of(), Payload.text(""), null, null);
	}

	private @Nullable Position find(int offset) {
		UUID id = this.publications.get(this.publications.size() - offset).id();
		return this.search.find(envelope(id)).join();
	}

	@Test
	void aMessageIsFoundOnAnyPage() {
		fill(LogSearch.PAGE * 3);
		assertThat(find(LogSearch.PAGE * 3)).isEqualTo(new Position("e", LogSearch.PAGE * 3));
		assertThat(this.reads).isEqualTo(1);
		assertThat(find(LogSearch.PAGE * 2)).isEqualTo(new Position("e", LogSearch.PAGE * 2));
		assertThat(find(1)).isEqualTo(new Position("e", 1));
		assertThat(this.reads).isEqualTo(1 + 2 + 3);
	}

	@Test
	void whatIsNotThereIsNotFound() {
		assertThat(this.search.find(envelope(UUID.randomUUID())).join()).isNull();
		fill(LogSearch.PAGE + 1);
		assertThat(this.search.find(envelope(UUID.randomUUID())).join()).isNull();
		assertThat(this.reads).isEqualTo(1 + 2);
	}

	@Test
	void theSearchEndsInALongLog() {
		fill(LogSearch.MAX_SEARCHED + LogSearch.PAGE);
		assertThat(find(LogSearch.PAGE + 1)).isEqualTo(new Position("e", LogSearch.PAGE + 1));
		assertThat(find(LogSearch.PAGE)).isNull();
		assertThat(this.reads).isEqualTo(2 * LogSearch.MAX_SEARCHED / LogSearch.PAGE);
	}

	@Test
	void aLogThatCannotBeReadFailsTheSearchAndAChannelWithoutALogDoesNot() {
		LogSearch failing = new LogSearch((channel, since, limit, direction) -> CompletableFuture
			.failedFuture(new RelayUnavailableException("fake", null)));
		assertThat(failing.find(envelope(UUID.randomUUID()))).isCompletedExceptionally();
		LogSearch without = new LogSearch((channel, since, limit, direction) -> {
			throw new ChannelNotRecordedException(channel);
		});
		assertThat(without.find(envelope(UUID.randomUUID()))).isCompletedWithValue(null);
	}

}
