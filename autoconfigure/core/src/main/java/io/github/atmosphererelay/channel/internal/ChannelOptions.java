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

package io.github.atmosphererelay.channel.internal;

import java.util.Objects;

import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The options of the channels that a pattern covers.
 *
 * @param pattern the pattern, in the syntax of Spring's {@code PathPattern}
 * @param clientPublish who may publish to the channel; {@code NONE} leaves the decision
 * to a handler of the channel's messages, if there is one
 * @param subscribe who may subscribe
 * @param scope whether messages reach all nodes or only this one
 * @param echo whether a client receives its own messages
 * @param queue the limits of each client's queue, and what happens beyond
 * @param presence whether the members of the channel are known, on all nodes
 * @param history how much of the channel is kept, or {@code null} if it is ephemeral
 * @param sender whether messages of clients name the client that has sent them
 * @param buckets over how many buckets the channels are distributed, so that they can be
 * listened to by pattern on other nodes; 0 if they cannot. The same on all nodes
 * @param source what brings the channels' publications in place of the relay, or
 * {@code null} if the relay does
 */
public record ChannelOptions(String pattern, ChannelAccess clientPublish, ChannelAccess subscribe, ChannelScope scope,
		boolean echo, QueueLimits queue, boolean presence, @Nullable HistoryOptions history, boolean sender,
		int buckets, @Nullable ChannelSource source) {

	/**
	 * The maximum number of buckets.
	 */
	public static final int MAX_BUCKETS = 256;

	public ChannelOptions {
		Objects.requireNonNull(pattern, "'pattern' must not be null");
		Objects.requireNonNull(clientPublish, "'clientPublish' must not be null");
		Objects.requireNonNull(subscribe, "'subscribe' must not be null");
		Objects.requireNonNull(scope, "'scope' must not be null");
		Objects.requireNonNull(queue, "'queue' must not be null");
		if (history != null && scope == ChannelScope.NODE) {
			throw new IllegalArgumentException("A channel with the scope NODE cannot be recorded");
		}
		if (buckets < 0 || buckets > MAX_BUCKETS) {
			throw new IllegalArgumentException("The number of buckets must be between 0 and " + MAX_BUCKETS);
		}
		if (buckets > 0 && scope == ChannelScope.NODE) {
			throw new IllegalArgumentException(
					"A channel with the scope NODE has no buckets, because no other node hears it");
		}
		if (source != null && (scope != ChannelScope.CLUSTER || buckets > 0)) {
			throw new IllegalArgumentException("Channels with a source have neither a scope nor buckets");
		}
		if (source != null && history != null && !history.isReadOnly()) {
			throw new IllegalArgumentException("A recorded channel with a source needs the source's log");
		}
		boolean conflated = source != null && queue.policy() == SlowConsumerPolicy.LATEST;
		if (history != null && queue.policy() != SlowConsumerPolicy.DISCONNECT && !conflated) {
			// Clients with a position would not notice that a message was dropped.
			throw new IllegalArgumentException(
					"A recorded channel needs the slow-consumer policy DISCONNECT, because it must not drop messages");
		}
	}

	/**
	 * Create a builder of options. By default, clients may subscribe but not publish,
	 * messages reach all nodes, clients receive their own messages, and the channels are
	 * ephemeral.
	 * @param pattern the pattern, in the syntax of Spring's {@code PathPattern}
	 * @param queue the limits of each client's queue, and what happens beyond
	 * @return a builder
	 */
	public static Builder builder(String pattern, QueueLimits queue) {
		return new Builder(pattern, queue);
	}

	/**
	 * Return whether the channels are recorded.
	 * @return whether there are {@linkplain #history() history options}
	 */
	public boolean isRecorded() {
		return this.history != null;
	}

	/**
	 * Return the same options, except that every client may publish.
	 * @return the options
	 */
	public ChannelOptions publishedByClients() {
		return new ChannelOptions(this.pattern, ChannelAccess.ANYONE, this.subscribe, this.scope, this.echo, this.queue,
				this.presence, this.history, this.sender, this.buckets, this.source);
	}

	/**
	 * Builds {@link ChannelOptions}. Not thread-safe.
	 */
	public static final class Builder {

		private final String pattern;

		private final QueueLimits queue;

		private ChannelAccess clientPublish = ChannelAccess.NONE;

		private ChannelAccess subscribe = ChannelAccess.ANYONE;

		private ChannelScope scope = ChannelScope.CLUSTER;

		private boolean echo = true;

		private boolean presence;

		private @Nullable HistoryOptions history;

		private boolean sender;

		private int buckets;

		private @Nullable ChannelSource source;

		private Builder(String pattern, QueueLimits queue) {
			this.pattern = pattern;
			this.queue = queue;
		}

		/**
		 * Set who may publish to the channels.
		 * @param access the rule; {@code NONE} leaves the decision to a handler
		 * @return this builder
		 */
		public Builder clientPublish(ChannelAccess access) {
			this.clientPublish = access;
			return this;
		}

		/**
		 * Set who may subscribe.
		 * @param access the rule
		 * @return this builder
		 */
		public Builder subscribe(ChannelAccess access) {
			this.subscribe = access;
			return this;
		}

		/**
		 * Set whether messages reach all nodes or only this one.
		 * @param scope the scope
		 * @return this builder
		 */
		public Builder scope(ChannelScope scope) {
			this.scope = scope;
			return this;
		}

		/**
		 * Set whether a client receives its own messages.
		 * @param echo whether it does
		 * @return this builder
		 */
		public Builder echo(boolean echo) {
			this.echo = echo;
			return this;
		}

		/**
		 * Set whether the members of the channels are known, on all nodes.
		 * @param presence whether they are known
		 * @return this builder
		 */
		public Builder presence(boolean presence) {
			this.presence = presence;
			return this;
		}

		/**
		 * Set how much of the channels is kept.
		 * @param history the options, or {@code null} if the channels are ephemeral
		 * @return this builder
		 */
		public Builder history(@Nullable HistoryOptions history) {
			this.history = history;
			return this;
		}

		/**
		 * Set whether messages of clients name the client that has sent them.
		 * @param sender whether they do
		 * @return this builder
		 */
		public Builder sender(boolean sender) {
			this.sender = sender;
			return this;
		}

		/**
		 * Set over how many buckets the channels are distributed.
		 * @param buckets the number of buckets, or 0
		 * @return this builder
		 */
		public Builder buckets(int buckets) {
			this.buckets = buckets;
			return this;
		}

		/**
		 * Set what brings the channels' publications in place of the relay.
		 * @param source the source, or {@code null} for the relay
		 * @return this builder
		 */
		public Builder source(@Nullable ChannelSource source) {
			this.source = source;
			return this;
		}

		/**
		 * Build the options.
		 * @return the options
		 * @throws IllegalArgumentException if recorded channels have the scope
		 * {@code NODE} or a policy that drops messages, or the number of buckets is out
		 * of range
		 */
		public ChannelOptions build() {
			return new ChannelOptions(this.pattern, this.clientPublish, this.subscribe, this.scope, this.echo,
					this.queue, this.presence, this.history, this.sender, this.buckets, this.source);
		}

	}

}
