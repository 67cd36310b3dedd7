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

package io.github.atmosphererelay.gateway;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A client that tells what it gets, such as {@code text:hello} or {@code close:1000}.
 */
final class TestSocket implements WebSocket.Listener {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

	private final StringBuilder text = new StringBuilder();

	private int bytes;

	private WebSocket socket;

	/**
	 * Connect.
	 * @param headers names and values; the name {@code protocols} stands for subprotocols
	 */
	static TestSocket connect(URI uri, String... headers) {
		return connect(HTTP, uri, headers);
	}

	static TestSocket connect(HttpClient http, URI uri, String... headers) {
		TestSocket client = new TestSocket();
		WebSocket.Builder builder = http.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(10));
		for (int i = 0; i < headers.length; i += 2) {
			if (headers[i].equals("protocols")) {
				builder.subprotocols(headers[i + 1]);
			}
			else {
				builder.header(headers[i], headers[i + 1]);
			}
		}
		client.socket = builder.buildAsync(uri, client).join();
		return client;
	}

	WebSocket socket() {
		return this.socket;
	}

	TestSocket send(String message) {
		this.socket.sendText(message, true).join();
		return this;
	}

	/**
	 * Return what has come next.
	 */
	String next() throws InterruptedException {
		String event = this.events.poll(20, TimeUnit.SECONDS);
		assertThat(event).as("an event").isNotNull();
		return event;
	}

	/**
	 * Return what will come next, without waiting for it.
	 */
	CompletableFuture<String> nextLater() {
		return CompletableFuture.supplyAsync(() -> {
			try {
				return this.events.take();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}, (task) -> {
			Thread thread = new Thread(task, "next");
			thread.setDaemon(true);
			thread.start();
		});
	}

	@Override
	public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
		this.text.append(data);
		if (last) {
			String all = this.text.toString();
			this.events.add((all.length() > 1_000) ? "text of " + all.length() : "text:" + all);
			this.text.setLength(0);
		}
		socket.request(1);
		return null;
	}

	@Override
	public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
		this.bytes += data.remaining();
		if (last) {
			this.events.add("binary of " + this.bytes);
			this.bytes = 0;
		}
		socket.request(1);
		return null;
	}

	@Override
	public CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
		this.events.add("ping:" + StandardCharsets.UTF_8.decode(message.duplicate()));
		socket.request(1);
		return null;
	}

	@Override
	public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
		this.events.add("pong:" + StandardCharsets.UTF_8.decode(message));
		socket.request(1);
		return null;
	}

	@Override
	public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
		this.events.add("close:" + code + " " + reason);
		return CompletableFuture.completedStage(null);
	}

	@Override
	public void onError(WebSocket socket, Throwable failure) {
		this.events.add("error:" + failure);
	}

}
