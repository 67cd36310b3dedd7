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
 * Shares the messages of recorded channels among the members of groups. A relay has one
 * {@code ConsumerGroups} for all of its logs, or none, see {@link ClusterRelay#groups()}.
 * <p>
 * The channels of a log are divided into lanes, for example by a hash of the name. For
 * each group, a lane belongs to one member at a time, which reads the lane's messages,
 * has them handled, and commits how far it has come in each channel. The relay stores
 * this progress as long as the log, and spreads the lanes evenly over the members. A
 * member that does not report for the time of a lease loses its lanes; each new owner of
 * a lane gets a greater {@linkplain GroupLane#token() fencing token}, and nothing is
 * stored for an owner with a smaller one.
 * <p>
 * Threads: every method may be called by any number of threads at once, and returns
 * without waiting for the network. Futures complete in the same way as the futures of a
 * {@link ClusterRelay}.
 */
public interface ConsumerGroups {

	/**
	 * Join a group, which begins to exist when its first member joins. The member gets
	 * its lanes through the listener, at once or later. While the broker is unreachable,
	 * it keeps trying. The membership ends when the relay stops.
	 * @param group the group
	 * @param listener receives the lanes of this member; called by threads of the relay,
	 * possibly before this method has returned; must not block
	 * @return the membership
	 */
	GroupMembership join(GroupOptions group, GroupLaneListener listener);

	/**
	 * Return the messages that members have set aside.
	 * @return the store
	 */
	SetAsideMessages setAside();

}
