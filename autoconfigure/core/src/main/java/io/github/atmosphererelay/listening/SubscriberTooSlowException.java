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

/**
 * Ends the stream of a subscriber whose buffer was full, if it has chosen
 * {@link OverflowPolicy#FAIL}.
 */
@SuppressWarnings("serial")
public final class SubscriberTooSlowException extends RuntimeException {

	/**
	 * Create an exception.
	 * @param channel the channel's name
	 */
	public SubscriberTooSlowException(String channel) {
		super("The subscriber of the channel '" + channel + "' was too slow, and its buffer was full. Make it faster,"
				+ " give it a larger buffer in its ListenOptions, or choose a policy that drops messages");
	}

}
