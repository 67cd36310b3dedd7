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

package io.github.atmosphererelay.node.internal;

import java.time.Duration;

import io.github.atmosphererelay.session.internal.QueueLimits;

/**
 * The settings of messaging.
 *
 * @param maxMessageSize the maximum size of a payload, in bytes
 * @param probeInterval the time between two probes of the relay
 * @param probeTimeout the time within which a probe has to come back
 * @param startTimeout the maximum time for which the start of the application waits for
 * the relay
 * @param unsubscribeDelay the time after which the node unsubscribes from an address that
 * it no longer needs
 * @param defaultQueue the queue limits of a client for messages that belong to no channel
 * @param channelsPerSession the maximum number of channels of a session
 * @param recoveryLimit the maximum number of missed messages that a client can recover in
 * a recorded channel
 * @param recoveryBytes the maximum size of those messages together, in bytes
 * @param positionCheck the time without a message after which a recorded channel is
 * compared with its log
 */
public record MessagingSettings(int maxMessageSize, Duration probeInterval, Duration probeTimeout,
		Duration startTimeout, Duration unsubscribeDelay, QueueLimits defaultQueue, int channelsPerSession,
		int recoveryLimit, long recoveryBytes, Duration positionCheck) {

	/**
	 * Return a builder with the default values of the properties.
	 * @param defaultQueue the queue limits of a client for messages that belong to no
	 * channel
	 * @return a builder
	 */
	public static Builder builder(QueueLimits defaultQueue) {
		return new Builder(defaultQueue);
	}

	/**
	 * Builds {@link MessagingSettings}. For use by one thread.
	 */
	public static final class Builder {

		private final QueueLimits defaultQueue;

		private int maxMessageSize = 1024 * 1024;

		private Duration probeInterval = Duration.ofSeconds(5);

		private Duration probeTimeout = Duration.ofSeconds(5);

		private Duration startTimeout = Duration.ofSeconds(5);

		private Duration unsubscribeDelay = Duration.ofSeconds(5);

		private int channelsPerSession = 128;

		private int recoveryLimit = 300;

		private long recoveryBytes = 4 * 1024 * 1024;

		private Duration positionCheck = Duration.ofSeconds(30);

		private Builder(QueueLimits defaultQueue) {
			this.defaultQueue = defaultQueue;
		}

		/**
		 * Set the maximum size of a payload.
		 * @param maxMessageSize the size in bytes
		 * @return this builder
		 */
		public Builder maxMessageSize(int maxMessageSize) {
			this.maxMessageSize = maxMessageSize;
			return this;
		}

		/**
		 * Set the time between two probes of the relay.
		 * @param probeInterval the time
		 * @return this builder
		 */
		public Builder probeInterval(Duration probeInterval) {
			this.probeInterval = probeInterval;
			return this;
		}

		/**
		 * Set the time within which a probe has to come back.
		 * @param probeTimeout the time
		 * @return this builder
		 */
		public Builder probeTimeout(Duration probeTimeout) {
			this.probeTimeout = probeTimeout;
			return this;
		}

		/**
		 * Set the maximum time for which the start of the application waits for the
		 * relay.
		 * @param startTimeout the time
		 * @return this builder
		 */
		public Builder startTimeout(Duration startTimeout) {
			this.startTimeout = startTimeout;
			return this;
		}

		/**
		 * Set the time after which the node unsubscribes from an address that it no
		 * longer needs.
		 * @param unsubscribeDelay the time
		 * @return this builder
		 */
		public Builder unsubscribeDelay(Duration unsubscribeDelay) {
			this.unsubscribeDelay = unsubscribeDelay;
			return this;
		}

		/**
		 * Set the maximum number of channels of a session.
		 * @param channelsPerSession the number of channels
		 * @return this builder
		 */
		public Builder channelsPerSession(int channelsPerSession) {
			this.channelsPerSession = channelsPerSession;
			return this;
		}

		/**
		 * Set the maximum number of missed messages that a client can recover in a
		 * recorded channel.
		 * @param recoveryLimit the number of messages
		 * @return this builder
		 */
		public Builder recoveryLimit(int recoveryLimit) {
			this.recoveryLimit = recoveryLimit;
			return this;
		}

		/**
		 * Set the maximum size of those messages together.
		 * @param recoveryBytes the size in bytes
		 * @return this builder
		 */
		public Builder recoveryBytes(long recoveryBytes) {
			this.recoveryBytes = recoveryBytes;
			return this;
		}

		/**
		 * Set the time without a message after which a recorded channel is compared with
		 * its log.
		 * @param positionCheck the time
		 * @return this builder
		 */
		public Builder positionCheck(Duration positionCheck) {
			this.positionCheck = positionCheck;
			return this;
		}

		/**
		 * Create the settings.
		 * @return the settings
		 */
		public MessagingSettings build() {
			return new MessagingSettings(this.maxMessageSize, this.probeInterval, this.probeTimeout, this.startTimeout,
					this.unsubscribeDelay, this.defaultQueue, this.channelsPerSession, this.recoveryLimit,
					this.recoveryBytes, this.positionCheck);
		}

	}

}
