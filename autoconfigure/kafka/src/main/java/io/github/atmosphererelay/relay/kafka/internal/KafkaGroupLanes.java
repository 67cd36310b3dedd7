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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.relay.GroupLaneListener;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of a member that its listener has, and those that it has given back.
 * <p>
 * Threads: {@link #released}, {@link #cut} and {@link #wake} are for any thread, the rest
 * for the member's.
 */
final class KafkaGroupLanes {

	private final GroupLaneListener listener;

	private final KafkaGroupReader reader;

	private final Guard guard;

	private final Map<Integer, KafkaLane> lanes = new TreeMap<>();

	private final List<KafkaLane> released = new ArrayList<>();

	/** Lanes that have ended because a new leader has other records. */
	private final Map<KafkaLane, KafkaLaneCommit> cut = new HashMap<>();

	/** Where the successors of such lanes begin. */
	private final Map<Integer, KafkaLaneCommit> cuts = new HashMap<>();

	/** Released when something has changed, to end a wait. */
	private final Semaphore changes = new Semaphore(0);

	private volatile boolean silent;

	KafkaGroupLanes(GroupLaneListener listener, KafkaGroupReader reader, Guard guard) {
		this.listener = listener;
		this.reader = reader;
		this.guard = guard;
	}

	/**
	 * Tell the listener nothing any more.
	 */
	void silence() {
		this.silent = true;
	}

	boolean isEmpty() {
		return this.lanes.isEmpty();
	}

	boolean contains(int number) {
		return this.lanes.containsKey(number);
	}

	Collection<KafkaLane> all() {
		return this.lanes.values();
	}

	/**
	 * Return the lanes of those numbers that the listener has.
	 */
	List<KafkaLane> all(Collection<Integer> numbers) {
		return this.lanes.values().stream().filter((lane) -> numbers.contains(lane.number())).toList();
	}

	/**
	 * Give a lane to the listener.
	 */
	void add(KafkaLane lane) {
		this.cuts.remove(lane.number());
		this.lanes.put(lane.number(), lane);
		if (!this.silent) {
			this.listener.assigned(lane);
		}
		this.reader.add(lane);
	}

	/**
	 * Ask the listener to give lanes back.
	 */
	void revoke(Collection<KafkaLane> revoked) {
		for (KafkaLane lane : revoked) {
			this.guard.run(() -> this.listener.revoked(lane));
		}
	}

	/**
	 * Take all lanes from the listener.
	 */
	void loseAll() {
		this.cuts.clear();
		lose(List.copyOf(this.lanes.values()));
	}

	/**
	 * Take lanes from the listener, unless it has given them back. A lane that was cut is
	 * still the listener's until this or {@link #takeReleased()} tells it.
	 */
	void lose(Collection<KafkaLane> lost) {
		for (KafkaLane lane : lost) {
			forget(lane);
			if (lane.end() || lane.isCut()) {
				tellLost(lane);
			}
		}
	}

	private void tellLost(KafkaLane lane) {
		if (!this.silent) {
			this.guard.run(() -> this.listener.lost(lane));
		}
	}

	private void forget(KafkaLane lane) {
		this.lanes.remove(lane.number(), lane);
		this.reader.remove(lane);
	}

	/**
	 * Note that the listener has given a lane back.
	 */
	void released(KafkaLane lane) {
		synchronized (this.released) {
			this.released.add(lane);
		}
		wake();
	}

	/**
	 * Note that a lane has ended because a new leader has other records.
	 * @param kept what was handled of the records that are still there
	 */
	void cut(KafkaLane lane, KafkaLaneCommit kept) {
		synchronized (this.released) {
			this.cut.put(lane, kept);
		}
		wake();
	}

	/**
	 * Take back the lanes that the listener has released. They are assigned again, also
	 * to this member, as long as their partition belongs to it.
	 */
	void takeReleased() {
		List<KafkaLane> taken;
		Map<KafkaLane, KafkaLaneCommit> cut;
		synchronized (this.released) {
			taken = List.copyOf(this.released);
			this.released.clear();
			cut = Map.copyOf(this.cut);
			this.cut.clear();
		}
		cut.forEach((lane, kept) -> {
			if (this.lanes.get(lane.number()) == lane) {
				forget(lane);
				this.cuts.put(lane.number(), kept);
				tellLost(lane);
			}
		});
		for (KafkaLane lane : taken) {
			if (this.lanes.get(lane.number()) == lane) {
				forget(lane);
			}
		}
	}

	/**
	 * Return what the last lane of a partition has kept if it was cut.
	 */
	@Nullable KafkaLaneCommit cut(int number) {
		return this.cuts.get(number);
	}

	/**
	 * Forget where successors begin whose partitions another member gets: it finds out by
	 * itself.
	 */
	void forgetCuts(Collection<Integer> numbers) {
		this.cuts.keySet().removeAll(numbers);
	}

	/**
	 * End the wait for changes.
	 */
	void wake() {
		this.changes.release();
	}

	/**
	 * Wait until something changes.
	 */
	void await(long millis) throws InterruptedException {
		this.changes.tryAcquire(millis, TimeUnit.MILLISECONDS);
	}

}
