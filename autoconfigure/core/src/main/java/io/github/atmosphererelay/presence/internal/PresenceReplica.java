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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

import io.github.atmosphererelay.presence.internal.PresenceMessage.Ask;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Change;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Chunk;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Delta;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Digest;
import org.jspecify.annotations.Nullable;

/**
 * This node's copy of another node's presence entries. The copy equals the other node's
 * entries at one of its versions. A change that does not follow on from that version is
 * kept for a while, and the missing changes are requested from the other node, repeatedly
 * until none is missing. Used by the presence thread only.
 */
final class PresenceReplica {

	private static final long ALL = -1;

	/**
	 * The maximum number of changes that are kept while an answer is awaited. If more
	 * come, all are dropped and requested again.
	 */
	private static final int MAX_KEPT = 200_000;

	private static final long ANSWER_TIMEOUT = TimeUnit.SECONDS.toNanos(4);

	/**
	 * The delay before a request, so that not all nodes send theirs at once, and messages
	 * that are only out of order can arrive first.
	 */
	private static final long ASK_DELAY = TimeUnit.MILLISECONDS.toNanos(200);

	private static final int MAX_DOUBLINGS = 3;

	private final EntryListener view;

	private final PresenceStatistics statistics;

	private final RandomGenerator random;

	private Map<PresenceEntry.Key, PresenceEntry> entries = new HashMap<>();

	private long version;

	private long hash;

	/**
	 * Deltas that cannot be applied yet because an earlier change is missing, by the
	 * version before each.
	 */
	private final TreeMap<Long, Delta> kept = new TreeMap<>();

	private int keptChanges;

	/**
	 * Whether changes are missing: a request is due, or was sent and is not answered in
	 * full.
	 */
	private boolean incomplete = true;

	private boolean needsAll;

	private long askAt;

	private int attempts;

	private long lastAsk;

	/**
	 * The parts received in answer to the latest request; {@code null} if the answer is
	 * no longer usable.
	 */
	private @Nullable List<PresenceEntry> parts;

	private int nextPart;

	PresenceReplica(EntryListener view, PresenceStatistics statistics, RandomGenerator random, long now) {
		this.view = view;
		this.statistics = statistics;
		this.random = random;
		this.askAt = now + jitter(ASK_DELAY);
	}

	private long jitter(long nanos) {
		return this.random.nextLong(nanos / 2, nanos);
	}

	/**
	 * Receive changes of the other node.
	 */
	void receive(Delta delta, long now) {
		this.statistics.countReceived(delta.changes().size());
		if (this.incomplete || delta.from() > this.version) {
			keep(delta, now);
		}
		if (delta.to() > this.version && delta.from() <= this.version) {
			apply(delta);
			applyKept();
		}
		if (hasGap()) {
			requestMissing(now);
		}
	}

	private void keep(Delta delta, long now) {
		if (this.keptChanges + delta.changes().size() > MAX_KEPT) {
			// An answer that is being received would not be followed by the dropped
			// changes, so it is given up and requested again.
			this.kept.clear();
			this.keptChanges = 0;
			if (this.parts != null) {
				this.parts = null;
				this.askAt = now + jitter(ASK_DELAY);
			}
		}
		Delta same = this.kept.put(delta.from(), delta);
		this.keptChanges += delta.changes().size() - ((same != null) ? same.changes().size() : 0);
	}

	private void apply(Delta delta) {
		for (Change change : delta.changes()) {
			PresenceEntry now = change.entry();
			PresenceEntry before = (now != null) ? this.entries.put(change.key(), now)
					: this.entries.remove(change.key());
			this.hash += ((now != null) ? now.digest() : 0) - ((before != null) ? before.digest() : 0);
			if (change.moved() && before != null) {
				this.view.move(before);
			}
			else {
				this.view.change(before, now);
			}
		}
		this.version = delta.to();
	}

	private void applyKept() {
		for (Delta each : this.kept.values()) {
			if (each.from() > this.version) {
				return;
			}
			if (each.to() > this.version) {
				apply(each);
			}
		}
	}

	private boolean hasGap() {
		return !this.kept.isEmpty() && this.kept.lastEntry().getValue().to() > this.version;
	}

	private void requestMissing(long now) {
		if (!this.incomplete) {
			this.incomplete = true;
			this.attempts = 0;
			this.askAt = now + jitter(ASK_DELAY);
		}
	}

	/**
	 * Compare the copy with a summary of the other node's entries.
	 */
	void receive(Digest digest, long now) {
		if (digest.version() < this.version) {
			return;
		}
		if (digest.version() > this.version) {
			requestMissing(now);
		}
		else if (digest.count() != this.entries.size() || digest.hash() != this.hash) {
			if (!this.needsAll) {
				this.statistics.countDivergence();
				this.needsAll = true;
				this.incomplete = false;
				requestMissing(now);
			}
		}
		else if (!hasGap()) {
			markComplete();
		}
	}

	/** Note that no change is missing any more. */
	private void markComplete() {
		this.incomplete = false;
		this.needsAll = false;
		this.parts = null;
		this.kept.clear();
		this.keptChanges = 0;
	}

	/**
	 * Receive a part of the complete list of the other node's entries.
	 */
	void receive(Chunk chunk, long now) {
		List<PresenceEntry> parts = this.parts;
		if (!this.incomplete || chunk.ask() != this.lastAsk || parts == null || chunk.index() < this.nextPart) {
			return;
		}
		if (chunk.index() > this.nextPart) {
			this.parts = null;
			this.askAt = now + jitter(ASK_DELAY);
			return;
		}
		this.nextPart++;
		parts.addAll(chunk.entries());
		this.askAt = now + ANSWER_TIMEOUT;
		if (chunk.last()) {
			replace(parts, chunk.version());
			if (hasGap()) {
				this.incomplete = false;
				this.needsAll = false;
				requestMissing(now);
			}
			else {
				markComplete();
			}
		}
	}

	private void replace(List<PresenceEntry> state, long version) {
		Map<PresenceEntry.Key, PresenceEntry> before = this.entries;
		Map<PresenceEntry.Key, PresenceEntry> now = new HashMap<>(state.size() * 4 / 3 + 1);
		state.forEach((entry) -> now.put(entry.key(), entry));
		before.forEach((key, entry) -> {
			if (!now.containsKey(key)) {
				this.view.change(entry, null);
			}
		});
		long hash = 0;
		for (PresenceEntry entry : now.values()) {
			hash += entry.digest();
			this.view.change(before.get(entry.key()), entry);
		}
		this.entries = now;
		this.hash = hash;
		this.version = version;
		applyKept();
	}

	/**
	 * Return the request that is to be sent to the other node now.
	 * @return the request, or {@code null} if none is due
	 */
	@Nullable Ask due(long now) {
		if (!this.incomplete || now - this.askAt < 0) {
			return null;
		}
		if (this.lastAsk != 0) {
			this.statistics.countResync();
		}
		this.askAt = now + (ANSWER_TIMEOUT << Math.min(this.attempts, MAX_DOUBLINGS)) + jitter(ASK_DELAY);
		this.attempts++;
		this.parts = new ArrayList<>();
		this.nextPart = 0;
		return new Ask(++this.lastAsk, this.needsAll ? ALL : this.version);
	}

	/**
	 * Request changes soon, because messages may have been lost, or because the other
	 * node is reachable again.
	 */
	void requestSoon(long now) {
		this.incomplete = false;
		requestMissing(now);
	}

	/**
	 * Remove all entries, because the other node has left the cluster.
	 */
	void clear() {
		this.entries.values().forEach((entry) -> this.view.change(entry, null));
		this.entries = new HashMap<>();
		markComplete();
	}

	int size() {
		return this.entries.size();
	}

	boolean isComplete() {
		return !this.incomplete;
	}

}
