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
 * A node's membership in a group.
 */
public interface GroupMembership {

	/**
	 * Get no further lanes, because this node is about to leave. Those that the member
	 * has stay until it releases them. Returns at once.
	 */
	void withdraw();

	/**
	 * Leave the group. Lanes that the member still has go to other members, without
	 * waiting for a lease. Returns at once. The listener is not called any more. Does
	 * nothing if it is called again.
	 */
	void leave();

}
