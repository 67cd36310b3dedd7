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

package io.github.atmosphererelay.discovery;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciliation;
import io.github.atmosphererelay.test.RecordingClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients behind a gateway, each another user, who hear recorded channels in which
 * messages are published all the time.
 */
final class MovesClients implements AutoCloseable {

	/** How many there are. */
	static final int COUNT = Integer.getInteger("atmosphere.test.sockets",
			Boolean.getBoolean("atmosphere.test.long") ? 6_000 : 600);

	/** Whether there are so many that the machine needs time for them. */
	static final boolean MANY = COUNT > 1_000;

	private static final int CHANNELS = 20;

	/** How long anything may take that is not promised to take less. */
	static final Duration WITHIN = Duration.ofSeconds(MANY ? 300 : 60);

	private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(4);

	private final List<RecordingClient> clients = new ArrayList<>();

	/** How many closes and sessions of each client have been checked. */
	private final Map<RecordingClient, Mark> marks = new HashMap<>();

	private final Broadcaster publisher;

	/** Guards what follows. */
	private final Object lock = new Object();

	private final List<Published> published = new ArrayList<>();

	private final List<String> failed = new ArrayList<>();

	private int sent;

	private boolean publishing;

	/**
	 * Begin to connect clients.
	 * @param publisher publishes the messages
	 */
	MovesClients(int gatewayPort, Broadcaster publisher) {
		this.publisher = publisher;
		for (int i = 0; i < COUNT; i++) {
			String user = "user-" + i;
			URI door = URI.create("ws://localhost:" + gatewayPort + "/atmosphere/connection/websocket?user=" + user);
			RecordingClient client = new RecordingClient(user, List.of("log/" + i % CHANNELS), () -> door, this.timer,
					i)
				.header("X-User", user)
				.patient(MANY ? 60 : 20, MANY ? 10_000 : 2_000, MANY ? 40_000 : 2_000);
			this.clients.add(client);
			this.timer.schedule(client::connect, i * (MANY ? 15L : 4L), TimeUnit.MILLISECONDS);
		}
		// As many deliveries in a second as there are clients, but not more than a
		// machine
		// can do beside
		this.timer.scheduleAtFixedRate(this::publish, 0, Math.max(50, COUNT / 12), TimeUnit.MILLISECONDS);
	}

	List<RecordingClient> all() {
		return this.clients;
	}

	private void publish() {
		int number;
		synchronized (this.lock) {
			if (!this.publishing) {
				return;
			}
			number = this.sent++;
		}
		String channel = "log/" + number % CHANNELS;
		String message = "message " + number;
		this.publisher.broadcast(channel, message).whenComplete((receipt, failure) -> {
			Position position = (receipt != null) ? receipt.position() : null;
			synchronized (this.lock) {
				if (position != null) {
					this.published.add(new Published(channel, position, message));
				}
				else {
					this.failed.add(message + ": " + receipt + " " + failure);
				}
			}
		});
	}

	/**
	 * Publish from now on, and let all that has happened before count no longer.
	 */
	void begin() {
		mark();
		synchronized (this.lock) {
			this.publishing = true;
		}
	}

	/**
	 * Let all closes and sessions so far count no longer.
	 */
	void mark() {
		this.clients
			.forEach((client) -> this.marks.put(client, new Mark(client.closes().size(), client.sessions().size())));
	}

	/**
	 * Return the codes with which a client was closed since the mark. 1006 stands for a
	 * connection that was lost.
	 */
	List<Integer> closes(RecordingClient client) {
		List<Integer> closes = client.closes();
		return closes.subList(this.marks.get(client).closes(), closes.size());
	}

	/**
	 * Return the sessions that a client has had since the mark.
	 */
	List<String> sessions(RecordingClient client) {
		List<String> sessions = client.sessions();
		return sessions.subList(this.marks.get(client).sessions(), sessions.size());
	}

	/**
	 * Compare what clients have received so far with what was published.
	 * @return how many messages that were
	 */
	int reconcile() {
		synchronized (this.lock) {
			this.publishing = false;
		}
		MachineTime.await(WITHIN).until(() -> {
			synchronized (this.lock) {
				return this.published.size() + this.failed.size() == this.sent;
			}
		});
		assertThat(this.failed).isEmpty();
		Reconciliation reconciliation = new Reconciliation();
		Map<String, Long> ends = new HashMap<>();
		for (Published each : this.published) {
			reconciliation.found(each.channel(), each.position(), each.message());
			ends.merge(each.channel(), each.position().offset(), Math::max);
		}
		MachineTime.await(WITHIN).until(() -> this.clients.stream().allMatch((client) -> {
			String channel = client.heard().keySet().iterator().next();
			return client.offset(channel) >= ends.getOrDefault(channel, 0L);
		}));
		reconciliation.reconcile(this.clients, 1);
		assertThat(reconciliation.faults()).isEmpty();
		assertThat(reconciliation.told()).isZero();
		return this.published.size();
	}

	@Override
	public void close() {
		this.clients.forEach(RecordingClient::close);
		this.timer.shutdownNow();
	}

	/**
	 * A message that stands in a log.
	 */
	private record Published(String channel, Position position, String message) {

	}

	/**
	 * How much of a client's history is over.
	 */
	private record Mark(int closes, int sessions) {

	}

}
