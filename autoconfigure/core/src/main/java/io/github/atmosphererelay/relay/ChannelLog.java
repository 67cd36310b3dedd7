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
 * Reads the logs of recorded channels. Each channel has a log of its own. A relay has one
 * {@code ChannelLog} for all of its channels, or none, see {@link ClusterRelay#log()}.
 * This interface only reads; publications are appended by {@link ClusterRelay#publish},
 * or by a system outside of the cluster.
 * <p>
 * Threads: every method may be called by any number of threads at once, and returns
 * without waiting for the network. Futures complete as those of a {@link ClusterRelay}.
 */
public interface ChannelLog {

	/**
	 * Read a page of a channel's log.
	 * @param channel the channel's name
	 * @param since the position to start from, which is not part of the page: reading
	 * forward starts after it, reading backward before it; {@code null} to start at the
	 * log's beginning, or at its end when reading backward
	 * @param limit the maximum size of the page
	 * @param direction whether to read towards newer or older publications
	 * @return completes with a page; fails with {@link RelayUnavailableException} or
	 * {@link RelayOverloadedException} if the log cannot be read now, after about a
	 * second at the latest
	 */
	CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit, ReadDirection direction);

	/**
	 * Read a page of a channel's log, of at most {@link PageLimit#DEFAULT_BYTES} bytes.
	 * This is a convenience for callers; logs implement the method with a
	 * {@link PageLimit}.
	 * @param channel the channel's name
	 * @param since the position to start from, which is not part of the page: reading
	 * forward starts after it, reading backward before it; {@code null} to start at the
	 * log's beginning, or at its end when reading backward
	 * @param limit the maximum number of publications to return, 1 or more
	 * @param direction whether to read towards newer or older publications
	 * @return completes with a page; errors as with the other method
	 */
	default CompletableFuture<LogPage> read(String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		return read(channel, since, PageLimit.of(limit), direction);
	}

	/**
	 * Read the current value of a channel, which a subscriber gets first that has no
	 * position, or cannot recover from the one that it has. Only logs of which the newest
	 * publication says all, for example of a price, have current values.
	 * @param channel the channel's name
	 * @return completes with a page of one publication, or of none if the channel has no
	 * value, and with the position from which the subscriber goes on, which the
	 * publication has, too; errors as with {@link #read}. {@code null} if there are no
	 * current values, which is the default
	 */
	default @Nullable CompletableFuture<LogPage> snapshot(String channel) {
		return null;
	}

	/**
	 * Return the present end of a channel's log.
	 * @param channel the channel's name
	 * @return completes with the position of the newest publication, or a later one, so
	 * that {@link #read} forward since this position returns what is published from now
	 * on; errors as with {@link #read}
	 */
	CompletableFuture<Position> position(String channel);

	/**
	 * Find the position from which a node continues in a channel's log if it cannot
	 * {@link #read} on from its own position, because the epoch has changed or the older
	 * part of the log is gone. If a log does not override this method, the node continues
	 * at the log's end, and closes the sessions that have missed publications.
	 * @param channel the channel's name
	 * @param delivered the position up to which the node has delivered all publications
	 * @param reached the greatest offset, in the epoch of that position, of which the
	 * node knows that there was a publication, delivered or not. If the broker has lost
	 * such a publication, for example by a fail-over to a replica that lacked it, the log
	 * remembers the loss and reports it to all nodes that have not delivered the
	 * publication
	 * @return completes with the position to continue from; errors as with {@link #read}
	 */
	default CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return position(channel).thenApply((end) -> new LogContinuation(end, false));
	}

	/**
	 * Return whether the publications of each channel have consecutive offsets. If so, a
	 * node that receives 41 and then 43 knows that it has missed 42, and reads it from
	 * the log. If not, the relay must deliver the publications of a channel to each node
	 * without a gap, or report a {@linkplain RelayListener#gap gap}.
	 * @return whether offsets are consecutive; always the same value
	 */
	default boolean hasConsecutiveOffsets() {
		return false;
	}

	/**
	 * Return whether a node that hears nothing need not ask for the end of the log now
	 * and then. So it is if offsets are not consecutive, which makes an end that is
	 * farther than the node's position say nothing, and if the relay reports a
	 * {@linkplain RelayListener#gap gap} of every channel whose epoch changes.
	 * @return whether gaps tell of every new epoch; always the same value
	 */
	default boolean reportsNewEpochs() {
		return false;
	}

	/**
	 * Return whether the log is known to have lost confirmed publications that a client
	 * may have missed, although {@link #read} since the client's position returns a
	 * complete page. This happens after a broker that lacked these publications has
	 * become the leader. The answer comes from this node's memory, so a loss that this
	 * node has not heard of is not reported.
	 * @param channel the channel's name
	 * @param since the position that a client wants to recover from
	 * @return whether the client must be told that it may have missed publications
	 */
	default boolean hasLostSince(String channel, Position since) {
		return false;
	}

}
