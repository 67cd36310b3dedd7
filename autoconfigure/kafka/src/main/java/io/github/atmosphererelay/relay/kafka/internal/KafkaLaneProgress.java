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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

/**
 * Knows which records of a partition a group has handled. The frontier is the next offset
 * that its reader reads. Every record before it is handled, except records of the
 * channels that this object keeps. Guarded by its lane.
 */
final class KafkaLaneProgress {

	private static final int MAX_DUPLICATES = 100_000;

	private final Map<String, KafkaLaneChannel> channels = new LinkedHashMap<>();

	/**
	 * The records that are not handled out because their idempotency key was there
	 * before.
	 */
	private final TreeSet<Long> duplicates = new TreeSet<>();

	private final long token;

	private final long topic;

	/** What an earlier owner of the lane has handled, before this offset ... */
	private long restoredTo;

	/** ... of the channels that were behind. */
	private final Map<Long, Long> restored;

	private long frontier;

	KafkaLaneProgress(KafkaLaneCommit start) {
		this.token = start.token();
		this.topic = start.topic();
		this.frontier = start.base();
		this.restoredTo = start.frontier();
		this.restored = new LinkedHashMap<>(start.unfinished());
	}

	long frontier() {
		return this.frontier;
	}

	/**
	 * Note that the reader has come further.
	 */
	void frontier(long offset) {
		this.frontier = Math.max(this.frontier, offset);
	}

	Collection<KafkaLaneChannel> channels() {
		return this.channels.values();
	}

	@Nullable KafkaLaneChannel channel(String name) {
		return this.channels.get(name);
	}

	KafkaLaneChannel channelOf(String name, long hash) {
		return this.channels.computeIfAbsent(name, (key) -> new KafkaLaneChannel(key, KafkaLaneCommit.name(hash)));
	}

	/**
	 * Return whether a record of a channel can be noted: a commit has to name all
	 * channels that are behind.
	 */
	boolean hasRoomFor(String name) {
		return this.channels.size() < KafkaLaneCommit.MAX_UNFINISHED || this.channels.containsKey(name);
	}

	/**
	 * Return whether an earlier owner of the lane has handled a record.
	 */
	boolean wasHandled(long hash, long offset) {
		if (offset >= this.restoredTo) {
			return false;
		}
		Long next = this.restored.get(KafkaLaneCommit.name(hash));
		return next == null || offset < next;
	}

	/**
	 * Note that a record is a duplicate of an earlier one.
	 * @return whether all duplicates are known; if not, the oldest one was forgotten
	 */
	boolean duplicate(long offset) {
		this.duplicates.add(offset);
		if (this.duplicates.size() > MAX_DUPLICATES) {
			this.duplicates.pollFirst();
			return false;
		}
		return true;
	}

	boolean isDuplicate(long offset) {
		return this.duplicates.contains(offset);
	}

	/**
	 * Note that the records of a channel before an offset are handled.
	 */
	void handled(String name, long before) {
		KafkaLaneChannel channel = this.channels.get(name);
		if (channel != null) {
			channel.handled(before);
			forgetIfDone(channel);
		}
	}

	void forgetIfDone(KafkaLaneChannel channel) {
		if (channel.isDone()) {
			this.channels.remove(channel.name());
		}
	}

	/**
	 * Note that all channels that were behind have come to the frontier.
	 */
	void caughtUp() {
		List.copyOf(this.channels.values()).forEach((channel) -> {
			channel.caughtUp();
			forgetIfDone(channel);
		});
	}

	/**
	 * Note that the partition begins after the frontier.
	 */
	void trimmed(long begin) {
		frontier(begin);
		this.channels.values().forEach((channel) -> channel.trimmed(begin));
	}

	/**
	 * Note that the partition has other records from an offset on.
	 */
	void cut(long offset) {
		this.frontier = Math.min(this.frontier, offset);
		this.restoredTo = Math.min(this.restoredTo, offset);
		List.copyOf(this.channels.values()).forEach((channel) -> {
			channel.cut(offset);
			forgetIfDone(channel);
		});
		this.duplicates.tailSet(offset).clear();
	}

	/**
	 * Return how many records before the frontier are not handled.
	 */
	long unfinished() {
		return this.channels.values().stream().mapToLong(KafkaLaneChannel::count).sum();
	}

	/**
	 * Return what has to be committed.
	 * @param max how many channels may be named. If more are behind, what was handled of
	 * the others since the first of them that is not named counts as not handled
	 */
	KafkaLaneCommit commit(int max) {
		long until = Math.max(this.frontier, this.restoredTo);
		Map<Long, Long> behind = new LinkedHashMap<>();
		if (this.frontier < this.restoredTo) {
			this.restored.forEach((channel, next) -> {
				if (next < this.restoredTo) {
					behind.put(channel, Math.max(next, this.frontier));
				}
			});
		}
		for (KafkaLaneChannel channel : this.channels.values()) {
			if (channel.unfinished() != KafkaLaneChannel.NOTHING) {
				behind.merge(channel.hash(), channel.unfinished(), Math::min);
			}
		}
		List<Map.Entry<Long, Long>> sorted = new ArrayList<>(behind.entrySet());
		sorted.sort(Comparator.comparingLong(Map.Entry::getValue));
		if (sorted.size() > max) {
			until = sorted.get(max).getValue();
			sorted = sorted.subList(0, max);
		}
		Map<Long, Long> unfinished = new LinkedHashMap<>();
		sorted.forEach((entry) -> unfinished.put(entry.getKey(), entry.getValue()));
		long base = sorted.isEmpty() ? until : sorted.get(0).getValue();
		this.duplicates.headSet(Math.min(base, this.frontier)).clear();
		return new KafkaLaneCommit(base, until, this.token, this.topic, unfinished);
	}

}
