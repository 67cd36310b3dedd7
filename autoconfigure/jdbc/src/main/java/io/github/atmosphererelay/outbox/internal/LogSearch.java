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

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import org.jspecify.annotations.Nullable;

/**
 * Searches the log of a channel for a message that may have been sent so long ago that
 * the relay has forgotten its idempotency key. Stateless, does not block.
 */
final class LogSearch {

	/**
	 * How many publications are searched, from the newest one on. The messages that a
	 * node has sent before its end are the newest of its channels, unless others have
	 * gone on to publish there.
	 */
	static final int MAX_SEARCHED = 10_000;

	static final int PAGE = 500;

	private final LogReader log;

	LogSearch(LogReader log) {
		this.log = log;
	}

	/**
	 * Search for a message.
	 * @param envelope the message, to a channel
	 * @return completes with its position, or {@code null} if it was not found; fails as
	 * the log does if it cannot be read
	 */
	CompletableFuture<@Nullable Position> find(Envelope envelope) {
		return (envelope.audience() instanceof Audience.Channel audience)
				? find(audience.channel(), envelope.id(), null, 0) : CompletableFuture.completedFuture(null);
	}

	private CompletableFuture<@Nullable Position> find(String channel, UUID id, @Nullable Position before,
			int searched) {
		CompletableFuture<LogPage> read;
		try {
			read = this.log.read(channel, before, PAGE, ReadDirection.BACKWARD);
		}
		catch (ChannelNotRecordedException | UnknownChannelException ex) {
			// It was recorded when the message was published. The relay has the last word
			return CompletableFuture.completedFuture(null);
		}
		return read.thenCompose((page) -> {
			List<Publication> publications = page.publications();
			for (Publication publication : publications) {
				if (publication.id().equals(id)) {
					return CompletableFuture.completedFuture(publication.position());
				}
			}
			int all = searched + publications.size();
			if (!page.more() || publications.isEmpty() || all >= MAX_SEARCHED) {
				return CompletableFuture.completedFuture(null);
			}
			return find(channel, id, publications.get(publications.size() - 1).position(), all);
		});
	}

}
