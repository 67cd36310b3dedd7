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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Puts the commands that a client has sent in separate requests into the order of their
 * numbers again, and hands them on one after the other. A request that overtakes others
 * waits for them, but not for long: a number may be missing for good. For any thread;
 * does not block, except on the threads that it is given. A thread that runs timers is
 * none of them: commands run code of the application.
 */
final class CommandOrder {

	private static final Log logger = LogFactory.getLog(CommandOrder.class);

	/**
	 * How long a command waits for the one before it: longer than a lost packet is under
	 * way, and shorter than the SDK waits for a reply.
	 */
	static final Duration PATIENCE = Duration.ofSeconds(2);

	/** A client does not send more requests at once. */
	private static final int MAX_EARLY = 64;

	private final int maxBytes;

	private final Consumer<String> target;

	private final BiConsumer<Runnable, Duration> timers;

	private final Executor threads;

	private final NavigableMap<Long, Part> early = new TreeMap<>();

	private final Queue<String> ready = new ArrayDeque<>(2);

	private int bytes;

	/** The number of the next command, or 0 if it is not known. */
	private long next;

	private boolean waiting;

	private boolean running;

	/**
	 * Create an order.
	 * @param maxBytes how much may wait
	 * @param target receives the commands, in order, on one thread at a time
	 * @param timers run a task after a time
	 * @param threads run the target for commands that have waited too long
	 */
	CommandOrder(int maxBytes, Consumer<String> target, BiConsumer<Runnable, Duration> timers, Executor threads) {
		this.maxBytes = maxBytes;
		this.target = target;
		this.timers = timers;
		this.threads = threads;
	}

	/**
	 * Begin after the command that has opened the connection.
	 * @param number its number
	 */
	synchronized void beginAfter(long number) {
		this.next = number + 1;
	}

	/**
	 * Add the commands of a request.
	 * @param first the number of the first of them that has one, or 0
	 * @param last the number of the last of them that has one, or 0
	 * @param text the commands
	 * @param executor runs the target
	 * @return whether there was room
	 */
	boolean add(long first, long last, String text, Executor executor) {
		long missing = 0;
		synchronized (this) {
			if (text.length() > this.maxBytes - this.bytes) {
				return false;
			}
			this.bytes += text.length();
			if (put(first, new Part(last, text))) {
				missing = this.next;
			}
		}
		if (missing != 0) {
			giveUpLater(missing);
		}
		if (!start(executor)) {
			// The client may not hear that they are refused and see them carried out
			// later
			this.timers.accept(this::startLate, PATIENCE);
		}
		return true;
	}

	private void giveUpLater(long missing) {
		this.timers.accept(() -> giveUp(missing), PATIENCE);
	}

	/**
	 * Put the commands where they belong.
	 * @return whether a timer is needed
	 */
	private boolean put(long first, Part part) {
		boolean inOrder = first <= this.next || this.next == 0;
		if (inOrder || this.early.containsKey(first)) {
			this.ready.add(part.text());
			this.next = (part.last() != 0) ? Math.max(this.next, part.last() + 1) : this.next;
			takeFollowing();
			return false;
		}
		this.early.put(first, part);
		if (this.early.size() > MAX_EARLY) {
			takeAll();
		}
		boolean wait = !this.early.isEmpty() && !this.waiting;
		this.waiting |= wait;
		return wait;
	}

	private void takeFollowing() {
		for (Map.Entry<Long, Part> first = this.early.firstEntry(); first != null
				&& first.getKey() <= this.next; first = this.early.firstEntry()) {
			takeFirst();
		}
	}

	private void takeAll() {
		while (!this.early.isEmpty()) {
			takeFirst();
		}
	}

	private void takeFirst() {
		Map.Entry<Long, Part> first = this.early.pollFirstEntry();
		this.ready.add(first.getValue().text());
		this.next = Math.max(this.next, first.getValue().last() + 1);
	}

	/**
	 * Stop waiting for a command that is still missing, and begin to wait for the next
	 * one that is.
	 */
	private void giveUp(long missing) {
		long then = 0;
		synchronized (this) {
			if (this.next == missing && !this.early.isEmpty()) {
				takeFirst();
				takeFollowing();
			}
			this.waiting = !this.early.isEmpty();
			if (this.waiting) {
				then = this.next;
			}
		}
		if (then != 0) {
			giveUpLater(then);
		}
		startLate();
	}

	/**
	 * Nobody may be left to send a command with which those would go for which there is
	 * no thread.
	 */
	private void startLate() {
		if (!start(this.threads)) {
			this.timers.accept(this::startLate, PATIENCE);
		}
	}

	/**
	 * Have the target called, unless it is being called.
	 * @return whether a thread was there for that
	 */
	private boolean start(Executor executor) {
		synchronized (this) {
			if (this.running || this.ready.isEmpty()) {
				return true;
			}
			this.running = true;
		}
		try {
			executor.execute(this::run);
			return true;
		}
		catch (RejectedExecutionException ex) {
			synchronized (this) {
				this.running = false;
			}
			return false;
		}
	}

	private void run() {
		for (String text = poll(); text != null; text = poll()) {
			try {
				this.target.accept(text);
			}
			catch (Throwable ex) {
				// Otherwise no later command would be carried out
				logger.error("A client's commands could not be carried out", ex);
			}
		}
	}

	private synchronized @Nullable String poll() {
		String text = this.ready.poll();
		if (text == null) {
			this.running = false;
			return null;
		}
		this.bytes -= text.length();
		return text;
	}

	/**
	 * The commands of a request.
	 *
	 * @param last the number of the last command
	 * @param text the commands
	 */
	private record Part(long last, String text) {
	}

}
