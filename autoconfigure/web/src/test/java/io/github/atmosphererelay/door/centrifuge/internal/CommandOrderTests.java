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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Commands that arrive out of order, without threads and clocks.
 */
class CommandOrderTests {

	private final List<String> received = new ArrayList<>();

	private final List<Runnable> timers = new ArrayList<>();

	private final List<Runnable> late = new ArrayList<>();

	private boolean full;

	private final CommandOrder order = new CommandOrder(100, this.received::add, (task, time) -> this.timers.add(task),
			this::execute);

	CommandOrderTests() {
		this.order.beginAfter(1);
	}

	private void execute(Runnable task) {
		if (this.full) {
			throw new RejectedExecutionException();
		}
		this.late.add(task);
	}

	private void runTimer() {
		this.timers.remove(0).run();
		this.late.forEach(Runnable::run);
		this.late.clear();
	}

	private boolean add(long first, long last, String text) {
		return this.order.add(first, last, text, Runnable::run);
	}

	@Test
	void commandsInOrderAreHandedOnAtOnce() {
		add(2, 3, "a");
		add(4, 4, "b");
		assertThat(this.received).containsExactly("a", "b");
		assertThat(this.timers).isEmpty();
	}

	@Test
	void commandsWaitForThoseBeforeThem() {
		add(4, 4, "c");
		add(3, 3, "b");
		assertThat(this.received).isEmpty();
		add(2, 2, "a");
		assertThat(this.received).containsExactly("a", "b", "c");
		assertThat(this.timers).hasSize(1);
	}

	@Test
	void aGapIsGivenUp() {
		add(5, 5, "d");
		add(4, 4, "c");
		runTimer();
		assertThat(this.received).containsExactly("c", "d");
		add(6, 6, "e");
		add(2, 2, "late");
		add(8, 8, "g");
		assertThat(this.received).containsExactly("c", "d", "e", "late");
		assertThat(this.timers).hasSize(1);
	}

	@Test
	void eachGapHasItsTime() {
		add(3, 3, "b");
		add(2, 2, "a");
		add(5, 5, "d");
		runTimer();
		assertThat(this.received).containsExactly("a", "b");
		add(8, 8, "g");
		runTimer();
		assertThat(this.received).containsExactly("a", "b", "d");
		add(6, 7, "e");
		assertThat(this.received).containsExactly("a", "b", "d", "e", "g");
		runTimer();
		assertThat(this.timers).isEmpty();
	}

	@Test
	void commandsWithoutNumbersDoNotWait() {
		add(3, 3, "b");
		add(0, 0, "pong");
		assertThat(this.received).containsExactly("pong");
		add(2, 2, "a");
		assertThat(this.received).containsExactly("pong", "a", "b");
	}

	@Test
	void tooManyDoNotWait() {
		for (int i = 67; i >= 3; i--) {
			add(i, i, Character.toString(i));
		}
		assertThat(this.received).hasSize(65).startsWith(Character.toString(3)).endsWith(Character.toString(67));
	}

	@Test
	void thereIsRoomForSoMuch() {
		assertThat(add(3, 3, "x".repeat(60))).isTrue();
		assertThat(add(4, 4, "y".repeat(60))).isFalse();
		add(2, 2, "a");
		assertThat(add(4, 4, "z".repeat(60))).isTrue();
		assertThat(this.received).hasSize(3);
	}

	@Test
	void commandsForWhichThereWasNoThreadGoWithTheNextOrAfterAWhile() {
		Executor full = (task) -> {
			throw new RejectedExecutionException();
		};
		assertThat(this.order.add(2, 2, "a", full)).isTrue();
		assertThat(add(3, 3, "b")).isTrue();
		assertThat(this.received).containsExactly("a", "b");
		assertThat(this.order.add(4, 4, "c", full)).isTrue();
		runTimer();
		runTimer();
		assertThat(this.received).containsExactly("a", "b", "c");
	}

	@Test
	void aCommandThatFailsDoesNotStopTheOthers() {
		CommandOrder order = new CommandOrder(100, (text) -> {
			this.received.add(text);
			if (text.equals("a")) {
				throw new AssertionError(text);
			}
		}, (task, time) -> this.timers.add(task), this::execute);
		order.beginAfter(1);
		order.add(2, 2, "a", Runnable::run);
		order.add(3, 3, "b", Runnable::run);
		assertThat(this.received).containsExactly("a", "b");
	}

	/**
	 * Commands run handlers and authorizers of the application, which may block.
	 */
	@Test
	void commandsThatHaveWaitedInVainDoNotRunOnTheThreadOfTimers() {
		add(3, 3, "b");
		this.timers.remove(0).run();
		assertThat(this.received).isEmpty();
		this.late.forEach(Runnable::run);
		assertThat(this.received).containsExactly("b");
	}

	@Test
	void commandsThatHaveWaitedInVainWaitForAThread() {
		this.full = true;
		add(3, 3, "b");
		runTimer();
		assertThat(this.received).isEmpty();
		this.full = false;
		runTimer();
		assertThat(this.received).containsExactly("b");
		assertThat(this.timers).isEmpty();
	}

}
