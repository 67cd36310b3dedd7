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
 * A subscriber's pattern covers channels that cannot be listened to by pattern, or none.
 */
@SuppressWarnings("serial")
public final class PatternNotServedException extends RuntimeException {

	private PatternNotServedException(String message) {
		super(message);
	}

	/**
	 * Create an exception for a pattern that covers no channel.
	 * @param pattern the pattern
	 * @return the exception
	 */
	public static PatternNotServedException withoutChannels(String pattern) {
		return new PatternNotServedException("No pattern in 'atmosphere.channels' covers channels of '" + pattern
				+ "'. Add one, with 'buckets', or correct the subscriber's pattern");
	}

	/**
	 * Create an exception for a pattern that covers channels without buckets.
	 * @param pattern the pattern
	 * @param channels the pattern of these channels in the configuration
	 * @return the exception
	 */
	public static PatternNotServedException withoutBuckets(String pattern, String channels) {
		return new PatternNotServedException("'" + pattern + "' may cover channels of '" + channels
				+ "', which have no buckets, so that messages of other nodes would be missing. Set 'buckets' at the"
				+ " entry of 'atmosphere.channels' with that pattern, for example to 16, on all nodes; or choose a"
				+ " pattern that does not cover these channels");
	}

}
