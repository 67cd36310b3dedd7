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

package io.github.atmosphererelay.gateway.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

import org.springframework.context.SmartLifecycle;

/**
 * The WebSockets that the gateway forwards. Looks after those that are idle, whose
 * clients take nothing, or that hold what others wait for, and closes all of them slice
 * by slice when the gateway stops, before the web server does, so that not all clients
 * reconnect to other gateways at once. Safe for use by many threads; does not block.
 */
public final class OpenPipes implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(OpenPipes.class);

	private static final Duration LONGEST_CHECK_INTERVAL = Duration.ofSeconds(2);

	private final Set<WebSocketPipe> pipes = ConcurrentHashMap.newKeySet();

	private final Duration idleTimeout;

	private final Duration messageTimeout;

	private final Duration sendTimeout;

	private final int sliceSize;

	private final Duration sliceInterval;

	private final Duration timeout;

	private volatile boolean running;

	/** Apart from running, because the web server starts before this does. */
	private volatile boolean stopping;

	private volatile @Nullable Disposable checks;

	/**
	 * Create a registry of WebSockets.
	 * @param idleTimeout the time without a frame after which a WebSocket is closed, or
	 * zero
	 * @param messageTimeout the time for a message while others wait for the bytes that
	 * it holds
	 * @param sendTimeout the time in which a client has to take bytes that wait for it
	 * @param sliceSize the number of WebSockets that are closed at once
	 * @param sliceInterval the time between two slices
	 * @param timeout the time after which all remaining WebSockets are closed at once
	 */
	public OpenPipes(Duration idleTimeout, Duration messageTimeout, Duration sendTimeout, int sliceSize,
			Duration sliceInterval, Duration timeout) {
		this.idleTimeout = idleTimeout;
		this.messageTimeout = messageTimeout;
		this.sendTimeout = sendTimeout;
		this.sliceSize = sliceSize;
		this.sliceInterval = sliceInterval;
		this.timeout = timeout;
	}

	void add(WebSocketPipe pipe) {
		this.pipes.add(pipe);
	}

	void remove(WebSocketPipe pipe) {
		this.pipes.remove(pipe);
	}

	/**
	 * Return whether WebSockets are accepted.
	 */
	boolean isOpen() {
		return !this.stopping;
	}

	@Override
	public void start() {
		this.stopping = false;
		this.running = true;
		this.checks = Flux.interval(checkInterval()).onBackpressureDrop().subscribe((tick) -> check());
	}

	private Duration checkInterval() {
		return Stream.of(this.idleTimeout, this.sendTimeout)
			.map((time) -> time.dividedBy(4))
			.filter((quarter) -> !quarter.isZero() && quarter.compareTo(LONGEST_CHECK_INTERVAL) < 0)
			.min(Duration::compareTo)
			.orElse(LONGEST_CHECK_INTERVAL);
	}

	private void check() {
		for (WebSocketPipe pipe : this.pipes) {
			guarded(() -> pipe.check(this.idleTimeout, this.messageTimeout, this.sendTimeout));
		}
	}

	/** One that fails keeps no other one from it. */
	private static void guarded(Runnable step) {
		try {
			step.run();
		}
		catch (Throwable ex) {
			logger.warn("A WebSocket could not be checked or closed", ex);
		}
	}

	@Override
	public void stop() {
		this.stopping = true;
		this.running = false;
		end(List.copyOf(this.pipes));
		endChecks();
	}

	@Override
	public void stop(Runnable callback) {
		this.stopping = true;
		this.running = false;
		List<WebSocketPipe> waiting = new ArrayList<>(this.pipes);
		Collections.shuffle(waiting);
		if (!waiting.isEmpty()) {
			logger.info("The gateway stops and closes its " + waiting.size() + " WebSockets, " + this.sliceSize
					+ " every " + this.sliceInterval.toMillis() + " ms");
		}
		long deadline = System.nanoTime() + this.timeout.toNanos();
		Flux.interval(Duration.ZERO, this.sliceInterval)
			.onBackpressureDrop()
			.takeUntil((tick) -> closeSlice(waiting, System.nanoTime() - deadline >= 0))
			.doFinally((signal) -> {
				endChecks();
				callback.run();
			})
			.subscribe((tick) -> {
			}, (failure) -> logger.warn("The WebSockets could not be closed one after another", failure));
	}

	/**
	 * Close the next ones.
	 * @return whether nothing is left to wait for
	 */
	private boolean closeSlice(List<WebSocketPipe> waiting, boolean overdue) {
		int size = overdue ? waiting.size() : Math.min(this.sliceSize, waiting.size());
		List<WebSocketPipe> slice = waiting.subList(waiting.size() - size, waiting.size());
		end(slice);
		slice.clear();
		if (waiting.isEmpty()) {
			// Those whose handshake was on its way
			end(List.copyOf(this.pipes));
		}
		return overdue || this.pipes.isEmpty();
	}

	private static void end(List<WebSocketPipe> pipes) {
		pipes.forEach((pipe) -> guarded(() -> pipe.end(PipeEnd.STOPPED)));
	}

	private void endChecks() {
		Disposable checks = this.checks;
		if (checks != null) {
			checks.dispose();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

}
