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

package io.github.atmosphererelay.message;

import org.jspecify.annotations.Nullable;

/**
 * What a subscriber of a channel receives: a {@link Publication}, or a
 * {@link Discontinuity}, which says that publications are missing at this place, or may
 * be.
 */
public sealed interface ChannelItem permits Publication, Discontinuity {

	/**
	 * Return the name of the channel.
	 * @return the name
	 */
	String channel();

	/**
	 * Return the position in the channel's log.
	 * @return the position, or {@code null} if the channel is ephemeral, or the position
	 * is not known
	 */
	@Nullable Position position();

}
