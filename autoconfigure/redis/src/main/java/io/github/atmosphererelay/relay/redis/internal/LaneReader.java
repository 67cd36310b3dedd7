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

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Discontinuity.Reason;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import org.jspecify.annotations.Nullable;

/**
 * Reads what follows a position in a channel's log for a group, and finds out what is
 * missing there: because it was trimmed, because the log has another epoch, or because it
 * is not readable. Never blocks.
 */
final class LaneReader {

	/**
	 * The position of a group in a channel that had messages of which nothing is left.
	 */
	static final Position UNKNOWN = new Position("unknown", 1);

	private static final long NOT_KNOWN = -1;

	private final ChannelLog log;

	LaneReader(ChannelLog log) {
		this.log = log;
	}

	/**
	 * Read a page.
	 * @param channel the channel's name
	 * @param since the position up to which the group has everything, or {@code null} if
	 * it has nothing
	 * @param limit the maximum size
	 * @return completes with what was read; fails as the log does
	 */
	CompletableFuture<Part> read(String channel, @Nullable Position since, PageLimit limit) {
		if (since == null) {
			return fromBeginning(channel, 0, limit);
		}
		return forward(channel, since, limit).thenCompose((page) -> {
			if (page.complete()) {
				return CompletableFuture.completedFuture(part(page, since, List.of()));
			}
			if (page.end().epoch().equals(since.epoch())) {
				return trimmedOrUnreadable(channel, since, limit);
			}
			return inNewEpoch(channel, since, limit);
		});
	}

	private CompletableFuture<LogPage> forward(String channel, @Nullable Position since, PageLimit limit) {
		return this.log.read(channel, since, limit, ReadDirection.FORWARD);
	}

	/**
	 * Read from the beginning of a log.
	 * @param handled the offset up to which the group has everything, or
	 * {@link #NOT_KNOWN}
	 */
	private CompletableFuture<Part> fromBeginning(String channel, long handled, PageLimit limit) {
		return forward(channel, null, limit).thenApply((page) -> {
			Position beginning = beginning(page);
			long missing = (handled != NOT_KNOWN && beginning.offset() >= handled) ? beginning.offset() - handled
					: Discontinuity.UNKNOWN;
			return part(page, beginning, (missing != 0)
					? List.of(new Discontinuity(channel, Reason.LOG_TRIMMED, missing, beginning)) : List.of());
		});
	}

	private static Position beginning(LogPage page) {
		Position first = page.publications().isEmpty() ? null : page.publications().get(0).position();
		return (first != null) ? new Position(first.epoch(), first.offset() - 1) : page.end();
	}

	private CompletableFuture<Part> trimmedOrUnreadable(String channel, Position since, PageLimit limit) {
		PageLimit one = new PageLimit(1, limit.bytes());
		return forward(channel, null, one).thenCompose((page) -> {
			if (beginning(page).offset() > since.offset() || !page.end().epoch().equals(since.epoch())
					|| page.end().offset() < since.offset()) {
				return fromBeginning(channel, since.offset(), limit);
			}
			// The log has what follows, but one of the messages cannot be decoded
			return forward(channel, since, one)
				.thenApply((next) -> next.complete() ? part(next, since, List.of()) : unreadable(channel, since));
		});
	}

	private static Part unreadable(String channel, Position since) {
		Position position = new Position(since.epoch(), since.offset() + 1);
		return new Part(List.of(new Discontinuity(channel, Reason.LOG_LOST, 1, position)), position, position, true);
	}

	private CompletableFuture<Part> inNewEpoch(String channel, Position since, PageLimit limit) {
		return this.log.resume(channel, since, since.offset()).thenCompose((continuation) -> {
			Position from = continuation.position();
			if (!continuation.known()) {
				return fromBeginning(channel, (since.offset() == 0) ? 0 : NOT_KNOWN, limit);
			}
			List<ChannelItem> lost = continuation.complete() ? List.of()
					: List.of(new Discontinuity(channel, Reason.LOG_LOST, Discontinuity.UNKNOWN, from));
			return forward(channel, from, limit).thenCompose((page) -> {
				if (page.complete()) {
					return CompletableFuture.completedFuture(part(page, from, lost));
				}
				return page.end().epoch().equals(from.epoch()) ? trimmedOrUnreadable(channel, from, limit)
						: fromBeginning(channel, NOT_KNOWN, limit);
			});
		});
	}

	private static Part part(LogPage page, Position since, List<? extends ChannelItem> first) {
		List<ChannelItem> items = new ArrayList<>(first);
		Position read = since.epoch().equals(page.end().epoch()) ? since : page.end();
		for (Publication publication : page.publications()) {
			Position position = Objects.requireNonNull(publication.position());
			long missing = position.offset() - read.offset() - 1;
			if (missing > 0 && position.epoch().equals(read.epoch())) {
				// One that cannot be decoded, or has expired before those around it
				items.add(new Discontinuity(publication.channel(), Reason.LOG_LOST, missing,
						new Position(position.epoch(), position.offset() - 1)));
			}
			items.add(publication);
			read = position;
		}
		return new Part(items, read, page.end(), page.more());
	}

	/**
	 * A part of a channel.
	 *
	 * @param items publications, and what is missing before them
	 * @param read the position up to which the group has everything now
	 * @param end the end of the log
	 * @param more whether there is more to read
	 */
	record Part(List<ChannelItem> items, Position read, Position end, boolean more) {
	}

}
