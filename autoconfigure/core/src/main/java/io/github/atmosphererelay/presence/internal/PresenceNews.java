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

package io.github.atmosphererelay.presence.internal;

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.session.internal.LocalSession;

/**
 * Announcements about one channel, and the sessions of this node that receive them.
 *
 * @param channel the channel's name
 * @param joined the members that have joined
 * @param left the members that have left
 * @param count the number of members after these joins and leaves
 * @param watchers the sessions that receive the joins and leaves of members
 * @param newWatchers the sessions that have begun to watch, and receive the list of
 * members
 * @param members the first of the present members, for the new watchers; empty if there
 * are none
 * @param changes joins and leaves of single sessions, in order
 * @param sessionWatchers the sessions that receive the joins and leaves of single
 * sessions, and the format of their frames
 */
record PresenceNews(String channel, List<PresenceMember> joined, List<PresenceMember> left, int count,
		List<LocalSession> watchers, List<LocalSession> newWatchers, List<PresenceMember> members,
		List<PresenceChange> changes, Map<LocalSession, PresenceChangeFormat> sessionWatchers) {
}
