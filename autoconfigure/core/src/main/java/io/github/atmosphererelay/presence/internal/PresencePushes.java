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

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.Fanout;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.WriterPool;

/**
 * Queues presence frames for this node's sessions. All sessions that receive the same
 * frame share one buffer.
 */
final class PresencePushes {

	private PresencePushes() {
	}

	static void push(WriterPool writers, QueueLimits limits, PresenceNews news, int maxNames) {
		if (!news.watchers().isEmpty()) {
			send(writers, limits, PresenceFrames.changes(news, maxNames), news.watchers());
		}
		if (!news.newWatchers().isEmpty()) {
			send(writers, limits, PresenceFrames.state(news), news.newWatchers());
		}
		if (!news.changes().isEmpty()) {
			pushChanges(writers, limits, news);
		}
	}

	/**
	 * Send joins and leaves of single sessions. A session does not receive its own join,
	 * even if the join is announced only after the session has begun to watch.
	 */
	private static void pushChanges(WriterPool writers, QueueLimits limits, PresenceNews news) {
		Set<String> changed = new HashSet<>();
		news.changes().forEach((change) -> changed.add(change.session().session()));
		Map<PresenceChangeFormat, List<LocalSession>> byFormat = new IdentityHashMap<>();
		news.sessionWatchers().forEach((session, format) -> {
			if (!changed.contains(session.id())) {
				byFormat.computeIfAbsent(format, (any) -> new ArrayList<>()).add(session);
				return;
			}
			List<PresenceChange> others = news.changes()
				.stream()
				.filter((change) -> !change.session().session().equals(session.id()))
				.toList();
			if (!others.isEmpty()) {
				send(writers, limits, format.encode(news.channel(), others), List.of(session));
			}
		});
		byFormat.forEach(
				(format, sessions) -> send(writers, limits, format.encode(news.channel(), news.changes()), sessions));
	}

	private static void send(WriterPool writers, QueueLimits limits, Payload frame, List<LocalSession> sessions) {
		Fanout fanout = writers.fanout(OutboundMessage.frame(frame), limits);
		sessions.forEach(fanout::add);
		fanout.send();
	}

}
