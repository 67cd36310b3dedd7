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
 * Receives the lanes of a group's member. Called by threads of the relay; the methods
 * must not block. For one lane the calls come in their order.
 */
public interface GroupLaneListener {

	/**
	 * A lane belongs to this member now.
	 * @param lane the lane
	 */
	void assigned(GroupLane lane);

	/**
	 * Another member is to have the lane. This one finishes what it has begun, commits,
	 * and {@linkplain GroupLane#release() releases} it; the relay may take the lane away
	 * if that lasts too long.
	 * @param lane the lane
	 */
	void revoked(GroupLane lane);

	/**
	 * The lane does not belong to this member any more, for example because its lease has
	 * ended. Nothing can be committed.
	 * @param lane the lane
	 */
	void lost(GroupLane lane);

	/**
	 * There may be messages to read.
	 * @param lane the lane
	 */
	void available(GroupLane lane);

}
