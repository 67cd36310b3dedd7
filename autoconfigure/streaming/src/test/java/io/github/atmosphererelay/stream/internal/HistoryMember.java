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

package io.github.atmosphererelay.stream.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.atmosphererelay.stream.internal.HistoryStep.Fault;

/**
 * A process of a {@link ReducerHistory}: its own engine and cache, on the shared store.
 * What goes wrong for it is planned before each of its steps.
 */
final class HistoryMember implements KeyedStates {

	/** So small that states are evicted. */
	private static final int CACHE_BYTES = 700;

	private final KeyedStates shared;

	private final Consumer<StreamMessage> bus;

	/** Lets others go on while this member stands still. */
	private final Consumer<Integer> others;

	private final ReducerEngine<Tally> engine;

	final Map<Integer, PartitionEngine<Tally>> partitions = new HashMap<>();

	final Map<Integer, Long> positions = new HashMap<>();

	/** Whether it stands still in the middle of something. */
	boolean busy;

	boolean dead;

	private Fault fault = Fault.NONE;

	private int when;

	private int published;

	HistoryMember(ReducerFunctions<Tally> functions, StreamTable table, KeyedStates shared, Consumer<StreamMessage> bus,
			Consumer<Integer> others) {
		this.shared = shared;
		this.bus = bus;
		this.others = others;
		this.engine = new ReducerEngine<>(functions, table, this, this::publish, new ReducerStatistics(),
				new ReducerEngine.Settings(CACHE_BYTES, Duration.ofSeconds(5)));
	}

	ReducerEngine<Tally> engine() {
		return this.engine;
	}

	/**
	 * Run a step in which something goes wrong once.
	 */
	void run(Fault fault, int when, Runnable step) {
		this.fault = fault;
		this.when = when;
		this.published = 0;
		this.busy = true;
		try {
			step.run();
		}
		catch (Death ex) {
			this.dead = true;
		}
		finally {
			this.busy = false;
			this.fault = Fault.NONE;
		}
	}

	void beforeCommit() {
		at(Fault.PAUSES_BEFORE_COMMIT, Fault.DIES_BEFORE_COMMIT);
	}

	private void at(Fault pause, Fault death) {
		if (is(death)) {
			throw new Death();
		}
		if (is(pause)) {
			this.others.accept(1 + this.when);
		}
	}

	private boolean is(Fault fault) {
		boolean is = this.fault == fault;
		if (is) {
			this.fault = Fault.NONE;
		}
		return is;
	}

	@Override
	public Map<String, KeyedState> get(Collection<String> keys) {
		if (is(Fault.GET_FAILS)) {
			throw new IllegalStateException("The store does not answer");
		}
		if (is(Fault.PAUSES_BEFORE_GET)) {
			this.others.accept(1 + this.when);
		}
		Map<String, KeyedState> found = this.shared.get(keys);
		if (is(Fault.PAUSES_AFTER_GET)) {
			this.others.accept(1 + this.when);
		}
		return found;
	}

	@Override
	public List<WriteOutcome> putIfNewer(List<KeyedState> states) {
		at(Fault.PAUSES_BEFORE_WRITE, Fault.DIES_BEFORE_WRITE);
		boolean fails = is(Fault.WRITES_FAIL_IN_PART);
		boolean unconfirmed = is(Fault.WRITES_UNCONFIRMED_IN_PART);
		List<WriteOutcome> outcomes = new ArrayList<>();
		for (int i = 0; i < states.size(); i++) {
			boolean hit = (this.when >> (i % 3) & 1) == 1;
			if (i == states.size() / 2) {
				at(Fault.PAUSES_IN_WRITE, Fault.DIES_IN_WRITE);
			}
			if (fails && hit) {
				outcomes.add(WriteOutcome.FAILED);
				continue;
			}
			WriteOutcome outcome = this.shared.putIfNewer(List.of(states.get(i))).get(0);
			outcomes.add((unconfirmed && hit) ? WriteOutcome.FAILED : outcome);
		}
		at(Fault.PAUSES_AFTER_WRITE, Fault.DIES_AFTER_WRITE);
		if (is(Fault.PAUSES_AFTER_WRITE_AND_DIES)) {
			this.others.accept(1 + this.when);
			throw new Death();
		}
		if (is(Fault.WRITE_UNCONFIRMED)) {
			throw new IllegalStateException("The store did not answer in time");
		}
		return outcomes;
	}

	@Override
	public void scan(Consumer<KeyedState> visitor) {
		this.shared.scan(visitor);
	}

	private CompletableFuture<?> publish(StreamMessage message) {
		if (this.published++ == this.when) {
			if (is(Fault.PUBLISH_FAILS)) {
				return CompletableFuture.failedFuture(new IllegalStateException("The relay is away"));
			}
			if (is(Fault.PUBLISH_UNCONFIRMED)) {
				this.bus.accept(message);
				return CompletableFuture.failedFuture(new IllegalStateException("The relay did not answer"));
			}
			at(Fault.PAUSES_IN_PUBLISH, Fault.DIES_IN_PUBLISH);
		}
		this.bus.accept(message);
		return CompletableFuture.completedFuture(null);
	}

	/**
	 * The process is killed.
	 */
	private static final class Death extends Error {

		private static final long serialVersionUID = 1L;

		Death() {
			super("killed", null, false, false);
		}

	}

}
