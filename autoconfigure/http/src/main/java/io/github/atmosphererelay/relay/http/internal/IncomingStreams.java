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

package io.github.atmosphererelay.relay.http.internal;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The streams of all peers to this node. They are remembered for much longer than a peer
 * that is away goes on with its stream, so that a peer that comes back is not mistaken
 * for another. After that, only the peer's id is remembered: if the peer comes back, it
 * has missed messages. Safe for use by many threads.
 */
final class IncomingStreams {

	private static final int MAX_STREAMS = 4096;

	private static final int MAX_FORGOTTEN = 65_536;

	private static final Duration KEEP = Duration.ofMinutes(10);

	private final Receiver receiver;

	private final HttpRelayStatistics statistics;

	private final long keepNanos;

	private final Map<UUID, IncomingStream> streams = new LinkedHashMap<>(16, 0.75F, true);

	/** The peers that had a stream, in the order in which they were forgotten. */
	private final Set<UUID> forgotten = new LinkedHashSet<>();

	IncomingStreams(Receiver receiver, HttpRelayStatistics statistics) {
		this(receiver, statistics, KEEP);
	}

	IncomingStreams(Receiver receiver, HttpRelayStatistics statistics, Duration keep) {
		this.receiver = receiver;
		this.statistics = statistics;
		this.keepNanos = keep.toNanos();
	}

	/**
	 * Return the stream of a peer.
	 * @param peer the peer's id
	 * @throws RefusedException if there are too many
	 */
	synchronized IncomingStream of(UUID peer) {
		IncomingStream stream = this.streams.get(peer);
		if (stream == null) {
			forgetOld();
			if (this.streams.size() >= MAX_STREAMS) {
				throw new RefusedException(RefusalReason.OVERLOADED);
			}
			stream = new IncomingStream(this.receiver, this.statistics, this.forgotten.remove(peer));
			this.streams.put(peer, stream);
		}
		return stream;
	}

	private void forgetOld() {
		long limit = System.nanoTime() - this.keepNanos;
		Iterator<Map.Entry<UUID, IncomingStream>> oldest = this.streams.entrySet().iterator();
		while (oldest.hasNext()) {
			Map.Entry<UUID, IncomingStream> next = oldest.next();
			if (!next.getValue().isUnusedSince(limit)) {
				return;
			}
			this.forgotten.add(next.getKey());
			oldest.remove();
		}
		Iterator<UUID> ids = this.forgotten.iterator();
		while (this.forgotten.size() > MAX_FORGOTTEN) {
			ids.next();
			ids.remove();
		}
	}

}
