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

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * A share of a group's channels, as long as it belongs to this member. Every channel
 * belongs to one lane.
 * <p>
 * Threads: the methods return without waiting for the network. One thread at a time calls
 * {@link #read}, {@link #pause} and {@link #resume}; the latter two never while a read is
 * under way. The other methods are for any thread.
 * <p>
 * Errors: futures fail with {@link LaneLostException} if the lane does not belong to this
 * member any more, which is final, and with {@link RelayUnavailableException} or
 * {@link RelayOverloadedException} if the broker cannot be reached now.
 */
public interface GroupLane {

	/**
	 * Return the lane's number, which is the same on all nodes.
	 * @return the number, 0 or more
	 */
	int number();

	/**
	 * Return the fencing token. Each time when a lane gets an owner in a group, the token
	 * is greater than before.
	 * @return the token
	 */
	long token();

	/**
	 * Return whether no other member can have the lane yet. If a relay cannot say so, for
	 * example because the lease could not be renewed in time, this member begins no
	 * further message until it can, or the lane is lost. For any thread; does not block.
	 * @return {@code false} if another member may handle the lane's messages
	 */
	default boolean isHeld() {
		return true;
	}

	/**
	 * Read the next messages of the lane: for each channel those after the committed
	 * position, in the order of its log. What was returned once does not come again,
	 * except after {@link #pause}.
	 * @param limit the maximum size of the page
	 * @return completes with publications, and with a
	 * {@link io.github.atmosphererelay.message.Discontinuity Discontinuity} with a
	 * position where messages of a channel are missing because the log no longer has
	 * them; empty if there is nothing to read now:
	 * {@link GroupLaneListener#available(GroupLane)} is called when there is. What
	 * belongs to a future that fails with a {@link RelayException} comes with the next
	 * read. If a future fails otherwise, the caller does not know how far the lane was
	 * read, and releases it
	 */
	CompletableFuture<List<ChannelItem>> read(PageLimit limit);

	/**
	 * Leave a channel out when reading, until {@link #resume}. Can be called again with
	 * an earlier position.
	 * @param channel the channel's name
	 * @param since the position of the last item that is kept: what follows it comes
	 * again after {@link #resume}, even if it was returned before
	 */
	void pause(String channel, Position since);

	/**
	 * Read a channel again that was paused.
	 * @param channel the channel's name
	 */
	void resume(String channel);

	/**
	 * Store how far messages were handled.
	 * @param handled for each channel the position of the last message that was handled,
	 * and before which nothing is left to do. It is not before an earlier one
	 * @return completes when the broker has it, so that no other member gets these
	 * messages
	 */
	CompletableFuture<@Nullable Void> commit(Map<String, Position> handled);

	/**
	 * Store a message that could not be handled. If the message is stored already, it is
	 * replaced. This does not commit.
	 * @param message the message
	 * @return completes when the broker has it; fails with
	 * {@link RelayOverloadedException} if there is no room
	 */
	CompletableFuture<@Nullable Void> setAside(SetAsideMessage message);

	/**
	 * Count the messages of this lane that were published and not committed.
	 * @return completes with the number, as far as this member knows the messages: while
	 * it looks for channels with something to do, for example after it has got the lane,
	 * the number may be too small
	 */
	CompletableFuture<Long> lag();

	/**
	 * Give the lane back. The relay gives it to a member, which may be this one, and
	 * which reads from the committed positions. Does nothing if the lane does not belong
	 * to this member; can be called again if it has failed.
	 */
	void release();

}
