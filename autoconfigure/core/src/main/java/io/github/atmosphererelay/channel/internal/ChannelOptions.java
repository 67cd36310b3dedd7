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
 * What holds for the channels that a pattern covers.
 *
 * @param pattern the pattern, in the syntax of Spring's {@code PathPattern}
 * @param clientPublish who may send messages into the channel; {@code NONE} leaves it to
 * a handler that takes the channel's messages, if there is one
 * @param subscribe who may subscribe
 * @param scope how far the channel reaches
 * @param echo whether a client's own message comes back to it
 * @param queue how much may wait for each client, and what happens beyond
 * @param presence whether it is known who is in the channel, on all nodes
 * @param history how much of the channel is kept, or {@code null} if it is ephemeral
 * @param sender whether it is told which client has sent a message, if a client has
 */
public record ChannelOptions(String pattern, ChannelAccess clientPublish, ChannelAccess subscribe, ChannelScope scope,
		boolean echo, QueueLimits queue, boolean presence, @Nullable HistoryOptions history, boolean sender) {

	public ChannelOptions {
		Objects.requireNonNull(pattern, "'pattern' must not be null");
		Objects.requireNonNull(clientPublish, "'clientPublish' must not be null");
		Objects.requireNonNull(subscribe, "'subscribe' must not be null");
		Objects.requireNonNull(scope, "'scope' must not be null");
		Objects.requireNonNull(queue, "'queue' must not be null");
		if (history != null && scope == ChannelScope.NODE) {
			throw new IllegalArgumentException("A channel of one node cannot be recorded");
		}
		if (history != null && queue.policy() != SlowConsumerPolicy.DISCONNECT) {
			// Who knows positions would not notice that a message was dropped.
			throw new IllegalArgumentException("A recorded channel drops no messages");
		}
	}

	/**
	 * Begin to describe the channels of a pattern. Without more, clients may subscribe
	 * and not publish, the channels reach all nodes, senders hear themselves, and nothing
	 * is kept.
	 * @param pattern the pattern, in the syntax of Spring's {@code PathPattern}
	 * @param queue how much may wait for each client, and what happens beyond
	 * @return a builder
	 */
	public static Builder builder(String pattern, QueueLimits queue) {
		return new Builder(pattern, queue);
	}

	/**
	 * Return whether the channels have logs.
	 * @return whether there are {@linkplain #history() history options}
	 */
	public boolean isRecorded() {
		return this.history != null;
	}

	/**
	 * Return the same options, with messages of clients.
	 * @return the options
	 */
	public ChannelOptions publishedByClients() {
		return new ChannelOptions(this.pattern, ChannelAccess.ANYONE, this.subscribe, this.scope, this.echo, this.queue,
				this.presence, this.history, this.sender);
	}

	/**
	 * Builds {@link ChannelOptions}. For one thread.
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

		private Builder(String pattern, QueueLimits queue) {
			this.pattern = pattern;
			this.queue = queue;
		}

		/**
		 * Say who may send messages into the channels.
		 * @param access who; {@code NONE} leaves it to a handler
		 * @return this builder
		 */
		public Builder clientPublish(ChannelAccess access) {
			this.clientPublish = access;
			return this;
		}

		/**
		 * Say who may subscribe.
		 * @param access who
		 * @return this builder
		 */
		public Builder subscribe(ChannelAccess access) {
			this.subscribe = access;
			return this;
		}

		/**
		 * Say how far the channels reach.
		 * @param scope how far
		 * @return this builder
		 */
		public Builder scope(ChannelScope scope) {
			this.scope = scope;
			return this;
		}

		/**
		 * Say whether a client's own message comes back to it.
		 * @param echo whether it does
		 * @return this builder
		 */
		public Builder echo(boolean echo) {
			this.echo = echo;
			return this;
		}

		/**
		 * Say whether it is known who is in the channels, on all nodes.
		 * @param presence whether it is known
		 * @return this builder
		 */
		public Builder presence(boolean presence) {
			this.presence = presence;
			return this;
		}

		/**
		 * Say how much of the channels is kept.
		 * @param history how much, or {@code null} if they are ephemeral
		 * @return this builder
		 */
		public Builder history(@Nullable HistoryOptions history) {
			this.history = history;
			return this;
		}

		/**
		 * Say whether subscribers hear which client has sent a message.
		 * @param sender whether they do
		 * @return this builder
		 */
		public Builder sender(boolean sender) {
			this.sender = sender;
			return this;
		}

		/**
		 * Make the options.
		 * @return the options
		 * @throws IllegalArgumentException if recorded channels are of one node, or drop
		 * messages
		 */
		public ChannelOptions build() {
			return new ChannelOptions(this.pattern, this.clientPublish, this.subscribe, this.scope, this.echo,
					this.queue, this.presence, this.history, this.sender);
		}

	}

}
