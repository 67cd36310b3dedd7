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

package io.github.atmosphererelay.listening;

import java.util.concurrent.Flow;

import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.message.ChannelItem;

/**
 * Makes channels a source for the application: every subscriber gets every message that
 * is published in a channel, by this node or another one, by clients or by application
 * code. In a channel with {@code scope: node} it gets the messages of its own node. The
 * bean of this type is provided.
 * <p>
 * Each publisher follows the rules of Reactive Streams and can have any number of
 * subscribers, each of which begins at the moment it subscribes. {@code onNext},
 * {@code onError} and {@code onComplete} are called one after another, on threads that
 * may block; {@code onSubscribe} is called on the thread that subscribes. A subscriber
 * that blocks holds up no other one. If {@code onNext} throws, that subscription ends,
 * and the failure is counted and logged.
 * <p>
 * The stream completes when the node stops; one that is opened after that completes at
 * once, until the node starts again. It stays open while the broker is away: in a
 * recorded channel everything follows afterwards. It never skips publications silently: a
 * {@link io.github.atmosphererelay.message.Discontinuity} stands in their place.
 */
public interface ChannelSubscriber {

	/**
	 * Return a publisher of what is published in a channel from the moment of subscribing
	 * on.
	 * @param channel the channel's name
	 * @return the publisher
	 * @throws UnknownChannelException if no pattern covers the name
	 */
	default Flow.Publisher<ChannelItem> publisher(String channel) {
		return publisher(channel, ListenOptions.fromNow());
	}

	/**
	 * Return a publisher of what is published in a channel.
	 * @param channel the channel's name
	 * @param options where to begin, and how much to buffer
	 * @return the publisher
	 * @throws UnknownChannelException if no pattern covers the name
	 * @throws ChannelNotRecordedException if the options name a position or the beginning
	 * of a log, and the channel has none
	 */
	Flow.Publisher<ChannelItem> publisher(String channel, ListenOptions options);

	/**
	 * Return a publisher of what is published in all channels that a pattern covers, from
	 * the moment of subscribing on.
	 * @param pattern the pattern, such as <code>orders/{id}</code>
	 * @return the publisher
	 * @throws PatternNotServedException if the pattern covers no channel, or channels
	 * without buckets
	 */
	default Flow.Publisher<ChannelItem> matching(String pattern) {
		return matching(pattern, ListenOptions.fromNow());
	}

	/**
	 * Return a publisher of what is published in all channels that a pattern covers. The
	 * channels need the option {@code buckets}, the same on all nodes. The order is that
	 * of each channel. A {@link io.github.atmosphererelay.message.Discontinuity} has the
	 * channel's name if the channel is recorded and its log has the gap, or else the
	 * pattern.
	 * @param pattern the pattern, in the syntax of the configuration's patterns
	 * @param options how much to buffer, for all channels together
	 * @return the publisher
	 * @throws PatternNotServedException if the pattern covers no channel, or channels
	 * without buckets
	 * @throws IllegalArgumentException if the pattern is invalid, or the options name a
	 * position or the beginning of a log
	 */
	Flow.Publisher<ChannelItem> matching(String pattern, ListenOptions options);

}
