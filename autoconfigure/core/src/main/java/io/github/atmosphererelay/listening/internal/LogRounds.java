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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Looks slowly at the logs of all channels that a subscriber by pattern knows, again and
 * again: a node that dies after it has recorded a publication announces it no more. For
 * any thread.
 */
final class LogRounds {

	/** How often a few channels are looked at. */
	private static final Duration INTERVAL = Duration.ofSeconds(5);

	/** How many channels are looked at each time. */
	private static final int CHANNELS = 10;

	/** After so many intervals, at the earliest, a channel is looked at again. */
	private static final int INTERVALS = 12;

	private final ListeningContext context;

	private final Supplier<Collection<String>> channels;

	private final Consumer<String> look;

	/** The rest of the present round. Used by the scheduler only. */
	private final Queue<String> round = new ArrayDeque<>();

	/** How many intervals ago the round began. Used by the scheduler only. */
	private int intervals = INTERVALS;

	private volatile boolean closed;

	/**
	 * Create an instance.
	 * @param channels returns the channels; must not block
	 * @param look has a log read to its end; must not block
	 */
	LogRounds(ListeningContext context, Supplier<Collection<String>> channels, Consumer<String> look) {
		this.context = context;
		this.channels = channels;
		this.look = look;
	}

	void begin() {
		try {
			this.context.later(this::next, INTERVAL);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
		}
	}

	private void next() {
		if (this.closed) {
			return;
		}
		try {
			look();
		}
		finally {
			begin();
		}
	}

	/**
	 * Look at the next few channels.
	 */
	void look() {
		this.intervals++;
		if (this.round.isEmpty() && this.intervals > INTERVALS) {
			this.intervals = 1;
			this.round.addAll(this.channels.get());
		}
		for (int i = 0; i < CHANNELS && !this.round.isEmpty(); i++) {
			this.look.accept(this.round.remove());
		}
	}

	void close() {
		this.closed = true;
	}

}
