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

package io.github.atmosphererelay.stomp;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A STOMP client that keeps every frame as it came.
 */
final class StompClient implements WebSocket.Listener, AutoCloseable {

	private static final HttpClient HTTP = HttpClient.newBuilder().executor(Executors.newFixedThreadPool(4, (task) -> {
		Thread thread = new Thread(task, "stomp-test-client");
		thread.setDaemon(true);
		return thread;
	})).build();

	private static final AtomicInteger nextReceipt = new AtomicInteger();

	private final List<Frame> frames = new CopyOnWriteArrayList<>();

	private final StringBuilder text = new StringBuilder();

	private volatile boolean closed;

	private volatile int closeStatus;

	private volatile long closedAt;

	private WebSocket socket;

	private StompClient() {
	}

	/**
	 * Connect, and wait for CONNECTED.
	 */
	static StompClient connect(int port, @Nullable String user) {
		StompClient client = open(port, user);
		client.send("CONNECT", "", "accept-version:1.2", "host:localhost");
		client.awaitFrame("CONNECTED");
		return client;
	}

	/**
	 * Open the socket only.
	 */
	static StompClient open(int port, @Nullable String user) {
		StompClient client = new StompClient();
		client.socket = HTTP.newWebSocketBuilder()
			.subprotocols("v12.stomp")
			.connectTimeout(Duration.ofSeconds(20))
			.buildAsync(URI.create("ws://localhost:" + port + "/ws" + ((user != null) ? "?user=" + user : "")), client)
			.join();
		return client;
	}

	@Override
	public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
		this.text.append(data);
		if (last) {
			String whole = this.text.toString();
			this.text.setLength(0);
			if (!whole.equals("\n")) {
				this.frames.add(Frame.parse(whole));
			}
		}
		socket.request(1);
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
		return onText(socket, StandardCharsets.UTF_8.decode(data), last);
	}

	@Override
	public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
		this.closeStatus = status;
		this.closedAt = System.nanoTime();
		this.closed = true;
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void onError(WebSocket socket, Throwable error) {
		this.closed = true;
	}

	synchronized StompClient send(String command, String body, String... headers) {
		StringBuilder frame = new StringBuilder(command).append('\n');
		for (String header : headers) {
			frame.append(header).append('\n');
		}
		this.socket.sendText(frame.append('\n').append(body).append('\0'), true).join();
		return this;
	}

	/**
	 * Send a message to a destination.
	 */
	StompClient publish(String destination, String body, String... headers) {
		String[] all = new String[headers.length + 1];
		all[0] = "destination:" + destination;
		System.arraycopy(headers, 0, all, 1, headers.length);
		return send("SEND", body, all);
	}

	/**
	 * Subscribe, and wait for the receipt.
	 */
	StompClient subscribe(String id, String destination, String... headers) {
		String receipt = "r" + nextReceipt.incrementAndGet();
		String[] all = new String[headers.length + 3];
		all[0] = "id:" + id;
		all[1] = "destination:" + destination;
		all[2] = "receipt:" + receipt;
		System.arraycopy(headers, 0, all, 3, headers.length);
		send("SUBSCRIBE", "", all);
		awaitReceipt(receipt);
		return this;
	}

	void awaitReceipt(String receipt) {
		MachineTime.await(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(2))
			.until(() -> this.frames.stream()
				.anyMatch((frame) -> frame.command().equals("RECEIPT")
						&& receipt.equals(frame.headers().get("receipt-id"))));
	}

	Frame awaitFrame(String command) {
		MachineTime.await(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(2))
			.until(() -> this.frames.stream().anyMatch((frame) -> frame.command().equals(command)));
		return this.frames.stream().filter((frame) -> frame.command().equals(command)).findFirst().orElseThrow();
	}

	List<Frame> frames() {
		return this.frames;
	}

	List<Frame> messages() {
		return this.frames.stream().filter((frame) -> frame.command().equals("MESSAGE")).toList();
	}

	List<String> bodies() {
		return messages().stream().map(Frame::body).toList();
	}

	/**
	 * Wait for messages with these bodies, in this order, and no others.
	 */
	StompClient expect(String... bodies) {
		MachineTime.await(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(5))
			.untilAsserted(() -> assertThat(bodies()).contains(bodies));
		assertThat(bodies()).containsExactly(bodies);
		return this;
	}

	StompClient awaitMessages(int number) {
		MachineTime.await(Duration.ofSeconds(30))
			.pollInterval(Duration.ofMillis(5))
			.untilAsserted(() -> assertThat(messages()).hasSizeGreaterThanOrEqualTo(number));
		return this;
	}

	boolean isClosed() {
		return this.closed;
	}

	int closeStatus() {
		return this.closeStatus;
	}

	/**
	 * Return when the server has closed the connection, by the clock of nanoseconds.
	 */
	long closedAt() {
		return this.closedAt;
	}

	@Override
	public void close() {
		this.socket.abort();
	}

}
