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

package io.github.atmosphererelay.relay;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * What recorded channels have had, as it can be read: one log for each channel. A relay
 * has one of these for all of its channels, or none, see {@link ClusterRelay#log()}. It
 * is only read here; what appends to it is {@link ClusterRelay#publish}, or somebody
 * outside of the cluster.
 * <p>
 * Threads: every method may be called by any number of threads at once, and returns
 * without waiting for the network. Futures complete as those of a {@link ClusterRelay}.
 */
public interface ChannelLog {

	/**
	 * Read from a channel's log.
	 * @param channel the channel's name
	 * @param since the position after which, or before which, to begin; {@code null} for
	 * the log's beginning or end
	 * @param limit how much to return at most
	 * @param direction whether to read towards newer or older publications
	 * @return completes with a page; fails with {@link RelayUnavailableException} or
	 * {@link RelayOverloadedException} if it cannot be read now, after about a second at
	 * the latest
	 */
	CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit, ReadDirection direction);

	/**
	 * Read from a channel's log, {@link PageLimit#DEFAULT_BYTES} at most. For callers:
	 * logs implement the method that is given a {@link PageLimit}.
	 * @param channel the channel's name
	 * @param since the position after which, or before which, to begin; {@code null} for
	 * the log's beginning or end
	 * @param limit the greatest number of publications to return, 1 or more
	 * @param direction whether to read towards newer or older publications
	 * @return completes with a page; errors as with the other method
	 */
	default CompletableFuture<LogPage> read(String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		return read(channel, since, PageLimit.of(limit), direction);
	}

	/**
	 * Return the present end of a channel's log.
	 * @param channel the channel's name
	 * @return completes with the position of the newest publication, or one after it, so
	 * that {@link #read} forward since then brings what is published from now on; errors
	 * as with {@link #read}
	 */
	CompletableFuture<Position> position(String channel);

	/**
	 * Tell where to go on in a channel's log for a node that cannot {@link #read} on from
	 * where it is: the epoch has changed, or the log's older part is gone. A log that
	 * does not override this makes the node begin at the log's end and close sessions
	 * that have missed something.
	 * @param channel the channel's name
	 * @param delivered the position up to which the node has delivered everything
	 * @param reached the greatest offset in the epoch of that position at which the node
	 * knows of a publication, delivered or not. A log whose broker has lost such a
	 * publication, for example by a fail-over to a replica that lacked it, keeps this in
	 * mind and tells all nodes that have not delivered it
	 * @return completes with where to go on; errors as with {@link #read}
	 */
	default CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return position(channel).thenApply((end) -> new LogContinuation(end, false));
	}

	/**
	 * Return whether the publications of each channel are numbered without gaps, though
	 * some may be lost on the way to a node: a gap in the numbers is then one in what was
	 * heard, and is filled by reading the log. A log that is not so reaches each node
	 * without holes, or else the relay reports a {@linkplain RelayListener#gap gap}.
	 * @return whether offsets are consecutive, never changing
	 */
	default boolean hasConsecutiveOffsets() {
		return false;
	}

	/**
	 * Return whether publications of a channel are known to be gone that were confirmed
	 * and that a client which has come up to a position may not have had, though
	 * {@link #read} since that position brings all that the log has. So it is after a
	 * broker that lacked them has become the leader. Answers from memory: what this node
	 * has not heard of, it does not know.
	 * @param channel the channel's name
	 * @param since the position that a client wants to recover from
	 * @return whether the client is to be told that it may have missed something
	 */
	default boolean hasLostSince(String channel, Position since) {
		return false;
	}

}
