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

package io.github.atmosphererelay.routing;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import io.github.atmosphererelay.test.TestClient;

/**
 * A plain WebSocket that connects again whenever it is closed.
 */
final class StayingSocket implements AutoCloseable {

	private final Function<List<TestClient>, URI> doors;

	private final List<TestClient> connections = new ArrayList<>();

	private final ScheduledFuture<?> looking;

	private boolean closed;

	/**
	 * Connect.
	 * @param doors returns where to connect, given the connections so far
	 * @param timer connects again
	 */
	StayingSocket(Function<List<TestClient>, URI> doors, ScheduledExecutorService timer) {
		this.doors = doors;
		this.connections.add(TestClient.connect(doors.apply(List.of())));
		this.looking = timer.scheduleWithFixedDelay(this::look, 20, 20, TimeUnit.MILLISECONDS);
	}

	private synchronized void look() {
		if (this.closed || !this.connections.get(this.connections.size() - 1).isClosed()) {
			return;
		}
		try {
			this.connections.add(TestClient.connect(this.doors.apply(List.copyOf(this.connections))));
		}
		catch (CompletionException ex) {
			// Next time
		}
	}

	/**
	 * Return all connections, in order.
	 */
	synchronized List<TestClient> connections() {
		return List.copyOf(this.connections);
	}

	/**
	 * Return what all connections have received, in order, without the door's own frames.
	 */
	List<String> messages() {
		return connections().stream()
			.flatMap((client) -> client.texts().stream())
			.filter((text) -> !text.startsWith("{\"type\":"))
			.toList();
	}

	@Override
	public synchronized void close() {
		this.closed = true;
		this.looking.cancel(false);
		this.connections.forEach(TestClient::abort);
	}

}
