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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * What the tables say of a group.
 *
 * @param members the members by their ids
 * @param lanes the lanes by their numbers
 */
record GroupView(Map<String, Member> members, Map<Integer, Lane> lanes) {

	GroupView() {
		this(new TreeMap<>(), new TreeMap<>());
	}

	/**
	 * A member.
	 *
	 * @param generation counts its reports
	 * @param withdrawn whether it gets no further lanes
	 */
	record Member(long generation, boolean withdrawn) {
	}

	/**
	 * A lane.
	 *
	 * @param owner the id of the member that owns it
	 * @param token the fencing token of its last owner
	 */
	record Lane(@Nullable String owner, long token) {
	}

}
