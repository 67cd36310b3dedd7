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

package io.github.atmosphererelay.node;

import java.time.Duration;

import io.github.atmosphererelay.session.QueueLimits;

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

	private static final long DEFAULT_RECOVERY_BYTES = 4 * 1024 * 1024;

	/**
	 * Create settings with the usual size of what a client may have missed.
	 * @param maxMessageSize the greatest payload, in bytes
	 * @param probeInterval the time between two probes of the relay
	 * @param probeTimeout the time within which a probe has to come back
	 * @param startTimeout how long the start of the application waits for the relay
	 * @param unsubscribeDelay how long an address is followed after the last who was
	 * interested has gone
	 * @param defaultQueue how much may wait for a client of messages that belong to no
	 * channel
	 * @param channelsPerSession how many channels a session may be in
	 * @param recoveryLimit how many messages of a recorded channel a client may have
	 * missed to get them
	 * @param positionCheck after which time without a message a recorded channel is
	 * compared with its log
	 */
	public MessagingSettings(int maxMessageSize, Duration probeInterval, Duration probeTimeout, Duration startTimeout,
			Duration unsubscribeDelay, QueueLimits defaultQueue, int channelsPerSession, int recoveryLimit,
			Duration positionCheck) {
		this(maxMessageSize, probeInterval, probeTimeout, startTimeout, unsubscribeDelay, defaultQueue,
				channelsPerSession, recoveryLimit, DEFAULT_RECOVERY_BYTES, positionCheck);
	}

}
