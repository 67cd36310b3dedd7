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

package io.github.atmosphererelay.listening.internal;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a subscriber by pattern begins in a recorded channel of which it hears for
 * the first time. That is before the announced publication or, if there are publications
 * before it that are newer than the subscription, before the first of these: their
 * announcements may come later, or may have been lost. The log has no other mark for the
 * time of the subscription than the publishers' clocks.
 */
final class ChannelStart {

	private static final int FIRST_PAGE = 16;

	private final String channel;

	private final @Nullable Position announced;

	private final long after;

	private final PageLimit limit;

	private final ListeningContext context;

	/**
	 * Create an instance.
	 * @param announced the position of the first publication that was announced, or
	 * {@code null} if only the channel is known
	 * @param after publications with a later time belong to the stream
	 * @param limit the maximum size of a page
	 */
	ChannelStart(String channel, @Nullable Position announced, long after, PageLimit limit, ListeningContext context) {
		this.channel = channel;
		this.announced = announced;
		this.after = after;
		this.limit = limit;
		this.context = context;
	}

	/**
	 * Find the position.
	 * @return completes with the position after which the stream begins; fails if the log
	 * cannot be read now
	 */
	CompletableFuture<Position> find() {
		Position announced = this.announced;
		Position found = (announced != null) ? before(announced) : null;
		return read(announced, found,
				new PageLimit(Math.min(FIRST_PAGE, this.limit.publications()), this.limit.bytes()));
	}

	private CompletableFuture<Position> read(@Nullable Position since, @Nullable Position found, PageLimit limit) {
		return this.context.logs()
			.of(this.channel)
			.read(this.channel, since, limit, ReadDirection.BACKWARD)
			.thenCompose((page) -> next(page, found));
	}

	private CompletableFuture<Position> next(LogPage page, @Nullable Position found) {
		Position earliest = found;
		Publication oldest = null;
		for (Publication publication : page.publications()) {
			Position position = publication.position();
			if (position != null && publication.time() > this.after) {
				earliest = before(position);
			}
			oldest = publication;
		}
		if (page.more() && oldest != null && oldest.time() > this.after) {
			return read(oldest.position(), earliest, this.limit);
		}
		return CompletableFuture.completedFuture((earliest != null) ? earliest : page.end());
	}

	private static Position before(Position position) {
		return new Position(position.epoch(), Math.max(0, position.offset() - 1));
	}

}
