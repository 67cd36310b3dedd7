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

package io.github.atmosphererelay.message.internal;

import java.util.Map;

/**
 * The header of a message to an ephemeral channel that may have been sent before: its
 * confirmation did not come, or the node that was sending it has died.
 */
public final class RepeatedHeader {

	/** The name of the header. Clients of the Centrifuge protocol see it as a tag. */
	public static final String NAME = "atmosphere-repeated";

	/** The only value of the header. */
	public static final String VALUE = "true";

	private RepeatedHeader() {
	}

	/**
	 * Return whether a message may have been sent before.
	 * @param headers the headers of the message
	 * @return {@code true} if it may
	 */
	public static boolean isIn(Map<String, String> headers) {
		return !headers.isEmpty() && headers.containsKey(NAME);
	}

}
