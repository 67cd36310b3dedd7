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

import io.github.atmosphererelay.message.ChannelItem;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;

/**
 * A {@link ChannelSubscriber} for applications that use Reactor. The bean of this type is
 * provided if Reactor is on the classpath.
 */
public final class FluxChannelSubscriber {

	private final ChannelSubscriber subscriber;

	/**
	 * Create a subscriber.
	 * @param subscriber makes the publishers
	 */
	public FluxChannelSubscriber(ChannelSubscriber subscriber) {
		this.subscriber = subscriber;
	}

	/**
	 * Return what is published in a channel from the moment of subscribing on.
	 * @param channel the channel's name
	 * @return publications and discontinuities; take
	 * {@code flux.ofType(Publication.class)} if losses do not matter
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 */
	public Flux<ChannelItem> flux(String channel) {
		return flux(channel, ListenOptions.fromNow());
	}

	/**
	 * Return what is published in a channel.
	 * @param channel the channel's name
	 * @param options where to begin, and how much to buffer
	 * @return publications and discontinuities
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the name
	 * @throws io.github.atmosphererelay.channel.ChannelNotRecordedException if the
	 * options name a position or the beginning of a log, and the channel has none
	 */
	public Flux<ChannelItem> flux(String channel, ListenOptions options) {
		return JdkFlowAdapter.flowPublisherToFlux(this.subscriber.publisher(channel, options));
	}

	/**
	 * Return what is published in all channels that a pattern covers, from the moment of
	 * subscribing on.
	 * @param pattern the pattern, such as <code>orders/{id}</code>
	 * @return publications and discontinuities
	 * @throws PatternNotServedException if the pattern covers no channel, or channels
	 * without buckets
	 */
	public Flux<ChannelItem> fluxMatching(String pattern) {
		return fluxMatching(pattern, ListenOptions.fromNow());
	}

	/**
	 * Return what is published in all channels that a pattern covers, as
	 * {@link ChannelSubscriber#matching(String, ListenOptions)} does.
	 * @param pattern the pattern
	 * @param options how much to buffer, for all channels together
	 * @return publications and discontinuities
	 * @throws PatternNotServedException if the pattern covers no channel, or channels
	 * without buckets
	 */
	public Flux<ChannelItem> fluxMatching(String pattern, ListenOptions options) {
		return JdkFlowAdapter.flowPublisherToFlux(this.subscriber.matching(pattern, options));
	}

}
