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

package io.github.atmosphererelay.delivery.internal;

import java.time.Duration;
import java.util.UUID;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * Gets what is published in the channels that a pattern covers: by this node when it
 * publishes, and by other nodes from the buckets of channels. So nothing comes twice,
 * whether or not this node also follows the channel itself. The methods are called in the
 * same way as the methods of a {@link ChannelTap}.
 */
public interface PatternTap {

	/**
	 * Return whether the pattern covers a channel.
	 * @param channel the channel's name
	 * @return whether it does
	 */
	boolean covers(String channel);

	/**
	 * A publication of an ephemeral channel.
	 * @param publication the publication
	 */
	void published(Publication publication);

	/**
	 * A recorded channel has a new publication, which its log has.
	 * @param channel the channel's name
	 * @param position its position, or {@code null} if it is not known whether the log
	 * has the publication
	 * @param more whether the log may have later publications that are not announced
	 */
	void announced(String channel, @Nullable Position position, boolean more);

	/**
	 * Publications of other nodes in ephemeral channels have not arrived, or may not
	 * have. They are not necessarily of channels that the pattern covers.
	 */
	void missed();

	/**
	 * Announcements of other nodes may not have arrived, because this node's connection
	 * was interrupted.
	 * @param bucket the bucket in which they may be missing, or {@code null} for all
	 */
	void announcementsMissed(Address.@Nullable Bucket bucket);

	/**
	 * Announcements of another node have not arrived, as the numbers of those that have
	 * show. Perhaps it was that node's connection that was interrupted.
	 * @param bucket the bucket in which they are missing
	 * @param origin the node that has sent them
	 * @param since how long ago the last announcement before them arrived
	 */
	void announcementsMissed(Address.Bucket bucket, UUID origin, Duration since);

	/**
	 * Another node has left. Perhaps it could not announce what it had recorded.
	 */
	void nodeLeft();

}
