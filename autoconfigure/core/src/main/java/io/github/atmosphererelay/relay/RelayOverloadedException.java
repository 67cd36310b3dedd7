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

/**
 * Back-pressure: too much is waiting for the broker, or for threads of the application.
 * The message was certainly not sent, or the log was not read. This is temporary: publish
 * more slowly. If the number of waiting envelopes is the limit that was reached,
 * {@code atmosphere.relay.max-pending} raises it.
 */
public class RelayOverloadedException extends RelayException {

	/**
	 * Create the exception.
	 * @param relay the relay's name
	 * @param maxPending the maximum number of envelopes that may wait for the broker
	 */
	public RelayOverloadedException(String relay, int maxPending) {
		super("The " + relay + " relay has " + maxPending
				+ " envelopes waiting for its broker, as many as 'atmosphere.relay.max-pending' allows", null);
	}

	private RelayOverloadedException(String message) {
		super(message, null);
	}

	/**
	 * Create the exception for the limit in bytes, which large envelopes reach before the
	 * limit in number.
	 * @param relay the relay's name
	 * @param maxBytes the maximum number of bytes that may wait for the broker
	 * @return the exception
	 */
	public static RelayOverloadedException forBytes(String relay, long maxBytes) {
		return new RelayOverloadedException("The " + relay + " relay has no room for another envelope in the "
				+ maxBytes + " bytes that may wait for its broker, whatever 'atmosphere.relay.max-pending' allows");
	}

	/**
	 * Create the exception for too many futures that wait for a thread to complete on.
	 * @param maxWaiting the maximum number of futures that may wait
	 * @return the exception
	 */
	public static RelayOverloadedException forContinuations(int maxWaiting) {
		return new RelayOverloadedException(maxWaiting + " futures wait for a thread to complete on, because"
				+ " continuations of the application block: see 'atmosphere.continuation.max-threads'");
	}

	/**
	 * Create the exception for too many open reads of logs.
	 * @param relay the relay's name
	 * @param maxReads the maximum number of reads that may be open at once
	 * @return the exception
	 */
	public static RelayOverloadedException forReads(String relay, int maxReads) {
		return new RelayOverloadedException(
				"The " + relay + " relay has " + maxReads + " reads of logs open, as many as it allows");
	}

	/**
	 * Create the exception for too many messages that a group has set aside.
	 * @param group the group's name
	 * @param maxMessages the maximum number of messages that are kept
	 * @return the exception
	 */
	public static RelayOverloadedException forSetAside(String group, int maxMessages) {
		return new RelayOverloadedException("The group '" + group + "' has set aside " + maxMessages
				+ " messages, as many as are kept. Replay or discard some of them through the actuator endpoint");
	}

}
