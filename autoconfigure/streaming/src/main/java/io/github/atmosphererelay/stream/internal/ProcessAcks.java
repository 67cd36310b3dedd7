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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Up to where the processes of the cluster know the commands of streams, as they tell
 * every second. A process that has not told for three seconds is not waited for. For any
 * thread; does not block.
 */
final class ProcessAcks {

	/** How often a process tells at least. */
	static final Duration PERIOD = Duration.ofSeconds(1);

	private static final long ALIVE = 3 * PERIOD.toNanos();

	private final Map<String, Known> processes = new ConcurrentHashMap<>();

	private final List<Waiting> waiting = new CopyOnWriteArrayList<>();

	private final LongSupplier clock;

	/**
	 * Create acknowledgements.
	 * @param clock returns the time in nanoseconds
	 */
	ProcessAcks(LongSupplier clock) {
		this.clock = clock;
	}

	/**
	 * Take what a process has told.
	 * @return whether the process was not known to be alive
	 */
	boolean received(Ack ack) {
		boolean added = this.processes.put(ack.process(), new Known(ack, this.clock.getAsLong())) == null;
		check();
		return added;
	}

	/**
	 * Forget processes that have not told for long, and complete what nobody is waited
	 * for any more. Called every second.
	 */
	void check() {
		long now = this.clock.getAsLong();
		this.processes.values().removeIf((known) -> now - known.at > ALIVE);
		for (Waiting each : this.waiting) {
			Boolean done = isKnown(each);
			if (done != null || now - each.deadline >= 0) {
				this.waiting.remove(each);
				each.answer.complete(Boolean.TRUE.equals(done));
			}
		}
	}

	/**
	 * Return whether all that have to know do.
	 * @return {@code true} if they do, or {@code null} if not all do
	 */
	private @Nullable Boolean isKnown(Waiting waiting) {
		boolean anyone = false;
		for (Known known : this.processes.values()) {
			if (waiting.reducer == null || known.ack.reducers().contains(waiting.reducer)) {
				anyone = true;
				if (known.ack.offset() <= waiting.offset) {
					return null;
				}
			}
		}
		return anyone ? Boolean.TRUE : null;
	}

	/**
	 * Wait until all live processes know a command.
	 * @param reducer only processes with this reducer, or {@code null} for all
	 * @param offset the command's offset
	 * @return completes with whether they do, at the timeout with {@code false}
	 */
	CompletableFuture<Boolean> await(@Nullable String reducer, long offset, Duration timeout) {
		Waiting waiting = new Waiting(reducer, offset, this.clock.getAsLong() + timeout.toNanos(),
				new CompletableFuture<>());
		this.waiting.add(waiting);
		check();
		return waiting.answer;
	}

	/**
	 * Return the reducers that live processes have.
	 */
	Set<String> reducers() {
		Set<String> reducers = new HashSet<>();
		new ArrayList<>(this.processes.values()).forEach((known) -> reducers.addAll(known.ack.reducers()));
		return reducers;
	}

	int processes() {
		return this.processes.size();
	}

	/**
	 * What a process tells.
	 *
	 * @param process the process's id
	 * @param offset the offset after the last command that it knows
	 * @param reducers the reducers whose topics it reads
	 */
	record Ack(String process, long offset, Set<String> reducers) {

	}

	private record Known(Ack ack, long at) {

	}

	private record Waiting(@Nullable String reducer, long offset, long deadline, CompletableFuture<Boolean> answer) {

	}

}
