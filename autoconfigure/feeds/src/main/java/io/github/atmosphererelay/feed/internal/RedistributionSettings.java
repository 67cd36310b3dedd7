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

import java.util.Objects;

/**
 * Settings of redistribution in this process.
 *
 * @param group the beginning of the names of the redistributors' consumer groups; the
 * name of the feed follows
 * @param redistributes whether this process reads partitions and forwards records
 * @param receives whether this process expects subscribers from its start on; otherwise
 * it begins to receive with the first one
 * @param serves whether clients can be led to this process, so that it reads partitions
 * of feeds that are routed
 */
public record RedistributionSettings(String group, boolean redistributes, boolean receives, boolean serves) {

	public RedistributionSettings {
		Objects.requireNonNull(group, "'group' must not be null");
	}

	String group(String feed) {
		return this.group + "." + feed;
	}

}
