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
 * What is to be told about a channel.
 *
 * @param channel the channel's name
 * @param joined who has come
 * @param left who has gone
 * @param count how many members there are once that is told
 * @param watchers who is to hear of it
 * @param newWatchers who is to hear who is there
 * @param members some of those who are there, if there are new watchers
 * @param changes sessions that have come and gone
 * @param sessionWatchers who is to hear of them, and in which form
 */
record PresenceNews(String channel, List<PresenceMember> joined, List<PresenceMember> left, int count,
		List<LocalSession> watchers, List<LocalSession> newWatchers, List<PresenceMember> members,
		List<PresenceChange> changes, Map<LocalSession, PresenceChangeFormat> sessionWatchers) {
}
