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
 * How messages are carried.
 *
 * @param maxMessageSize the greatest payload, in bytes
 * @param probeInterval the time between two probes of the relay
 * @param probeTimeout the time within which a probe has to come back
 * @param startTimeout how long the start of the application waits for the relay
 * @param unsubscribeDelay how long an address is followed after the last who was
 * interested has gone
 * @param defaultQueue how much may wait for a client of messages that belong to no
 * channel
 * @param channelsPerSession how many channels a session may be in
 * @param recoveryLimit how many messages of a recorded channel a client may have missed
 * to get them
 * @param recoveryBytes how large those messages may be together
 * @param positionCheck after which time without a message a recorded channel is compared
 * with its log
 */
public record MessagingSettings(int maxMessageSize, Duration probeInterval, Duration probeTimeout,
		Duration startTimeout, Duration unsubscribeDelay, QueueLimits defaultQueue, int channelsPerSession,
		int recoveryLimit, long recoveryBytes, Duration positionCheck) {

	/**
	 * Begin with the values that the properties have by default.
	 * @param defaultQueue how much may wait for a client of messages that belong to no
	 * channel
	 * @return a builder
	 */
	public static Builder builder(QueueLimits defaultQueue) {
		return new Builder(defaultQueue);
	}

	/**
	 * Builds {@link MessagingSettings}. For one thread.
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
		 * Set the greatest payload.
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
		 * Set how long the start of the application waits for the relay.
		 * @param startTimeout the time
		 * @return this builder
		 */
		public Builder startTimeout(Duration startTimeout) {
			this.startTimeout = startTimeout;
			return this;
		}

		/**
		 * Set how long an address is followed after the last who was interested has gone.
		 * @param unsubscribeDelay the time
		 * @return this builder
		 */
		public Builder unsubscribeDelay(Duration unsubscribeDelay) {
			this.unsubscribeDelay = unsubscribeDelay;
			return this;
		}

		/**
		 * Set how many channels a session may be in.
		 * @param channelsPerSession the number of channels
		 * @return this builder
		 */
		public Builder channelsPerSession(int channelsPerSession) {
			this.channelsPerSession = channelsPerSession;
			return this;
		}

		/**
		 * Set how many messages of a recorded channel a client may have missed to get
		 * them.
		 * @param recoveryLimit the number of messages
		 * @return this builder
		 */
		public Builder recoveryLimit(int recoveryLimit) {
			this.recoveryLimit = recoveryLimit;
			return this;
		}

		/**
		 * Set how large those messages may be together.
		 * @param recoveryBytes the size in bytes
		 * @return this builder
		 */
		public Builder recoveryBytes(long recoveryBytes) {
			this.recoveryBytes = recoveryBytes;
			return this;
		}

		/**
		 * Set after which time without a message a recorded channel is compared with its
		 * log.
		 * @param positionCheck the time
		 * @return this builder
		 */
		public Builder positionCheck(Duration positionCheck) {
			this.positionCheck = positionCheck;
			return this;
		}

		/**
		 * Make the settings.
		 * @return the settings
		 */
		public MessagingSettings build() {
			return new MessagingSettings(this.maxMessageSize, this.probeInterval, this.probeTimeout, this.startTimeout,
					this.unsubscribeDelay, this.defaultQueue, this.channelsPerSession, this.recoveryLimit,
					this.recoveryBytes, this.positionCheck);
		}

	}

}
