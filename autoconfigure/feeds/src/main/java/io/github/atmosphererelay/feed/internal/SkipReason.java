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

package io.github.atmosphererelay.feed.internal;

import java.util.Locale;

/**
 * Why a record of a feed was not delivered.
 */
public enum SkipReason {

	/** It has no key, and the key names the channel. */
	NO_KEY,

	/** It lacks the header or the part of its value that names the channel. */
	NO_CHANNEL,

	/** What names its channel is no name of a channel, for example for a space. */
	INVALID_CHANNEL,

	/** Its value is not what the feed's property {@code value} says. */
	INVALID_VALUE,

	/** It is larger than messages may be. */
	TOO_LARGE,

	/** The application's mapping or deserializer has thrown an exception. */
	MAPPING_FAILED,

	/** The application's mapping has left it out. */
	LEFT_OUT,

	/** It is in another partition than its key belongs to. */
	MISPLACED;

	/**
	 * Return the value of a meter's tag.
	 * @return the name in lower case, with dashes
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
