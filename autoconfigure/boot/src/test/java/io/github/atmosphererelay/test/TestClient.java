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

package io.github.atmosphererelay.test;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

/**
 * A well-behaved WebSocket client that keeps what it receives, in order.
 */
public final class TestClient implements AutoCloseable {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private final List<Object> received = Collections.synchronizedList(new ArrayList<>());

	private final AtomicInteger count = new AtomicInteger();

	private final CompletableFuture<Close> closed = new CompletableFuture<>();

	private CompletableFuture<?> lastSend = CompletableFuture.completedFuture(null);

	private @Nullable WebSocket socket;

	private volatile boolean keep = true;

	private TestClient() {
	}

	public static TestClient connect(URI uri, String... headers) {
		return connect(uri, List.of(), headers);
	}

	public static TestClient connect(URI uri, List<String> subprotocols, String... headers) {
		TestClient client = new TestClient();
		WebSocket.Builder builder = HTTP.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(10));
		for (int i = 0; i < headers.length; i += 2) {
			builder.header(headers[i], headers[i + 1]);
		}
		if (!subprotocols.isEmpty()) {
			builder.subprotocols(subprotocols.get(0),
					subprotocols.subList(1, subprotocols.size()).toArray(String[]::new));
		}
		client.socket = builder.buildAsync(uri, client.new Listener()).orTimeout(15, TimeUnit.SECONDS).join();
		return client;
	}

	/**
	 * Try to connect and expect to be refused.
	 * @return the HTTP status
	 */
	public static int refusedStatus(URI uri, String... headers) {
		return refusedStatus(uri, List.of(), headers);
	}

	public static int refusedStatus(URI uri, List<String> subprotocols, String... headers) {
		try {
			connect(uri, subprotocols, headers).close();
			return 101;
		}
		catch (CompletionException ex) {
			if (ex.getCause() instanceof WebSocketHandshakeException handshake) {
				return handshake.getResponse().statusCode();
			}
			throw ex;
		}
	}

	public String subprotocol() {
		return socket().getSubprotocol();
	}

	public synchronized TestClient send(String text) {
		this.lastSend = this.lastSend.thenCompose((previous) -> socket().sendText(text, true));
		return this;
	}

	public synchronized TestClient send(byte[] bytes) {
		this.lastSend = this.lastSend.thenCompose((previous) -> socket().sendBinary(ByteBuffer.wrap(bytes), true));
		return this;
	}

	public synchronized void awaitSent() {
		this.lastSend.orTimeout(20, TimeUnit.SECONDS).join();
	}

	private WebSocket socket() {
		if (this.socket == null) {
			throw new IllegalStateException("Not connected");
		}
		return this.socket;
	}

	public List<Object> received() {
		return this.received;
	}

	public List<String> texts() {
		return Arrays.stream(this.received.toArray()).map(String::valueOf).toList();
	}

	public int count() {
		return this.count.get();
	}

	/**
	 * Count messages from now on without keeping them.
	 */
	public TestClient countOnly() {
		this.keep = false;
		return this;
	}

	public TestClient awaitCount(int messages) {
		return awaitCount(messages, Duration.ofSeconds(10));
	}

	public TestClient awaitCount(int messages, Duration timeout) {
		MachineTime.await(timeout).pollInterval(Duration.ofMillis(5)).until(() -> {
			// Asked first: what comes before the end is counted before it
			boolean closed = isClosed();
			boolean complete = count() >= messages;
			if (closed && !complete) {
				throw new IllegalStateException(
						"Closed with " + this.closed.join() + " after " + count() + " of " + messages + " messages");
			}
			return complete;
		});
		return this;
	}

	public Close awaitClosed(Duration timeout) {
		return this.closed.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).join();
	}

	public boolean isClosed() {
		return this.closed.isDone();
	}

	@Override
	public void close() {
		if (!this.closed.isDone() && !socket().isOutputClosed()) {
			socket().sendClose(WebSocket.NORMAL_CLOSURE, "bye");
		}
	}

	public void abort() {
		socket().abort();
	}

	/**
	 * How the server closed the connection.
	 */
	public record Close(int code, String reason) {
	}

	private final class Listener implements WebSocket.Listener {

		private final StringBuilder text = new StringBuilder();

		private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

		@Override
		public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.text.append(data);
			if (last) {
				add(this.text.toString());
				this.text.setLength(0);
			}
			socket.request(1);
			return null;
		}

		@Override
		public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
			byte[] bytes = new byte[data.remaining()];
			data.get(bytes);
			this.binary.writeBytes(bytes);
			if (last) {
				add(this.binary.toByteArray());
				this.binary.reset();
			}
			socket.request(1);
			return null;
		}

		private void add(Object message) {
			if (TestClient.this.keep) {
				TestClient.this.received.add(message);
			}
			TestClient.this.count.incrementAndGet();
		}

		@Override
		public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
			TestClient.this.closed.complete(new Close(code, reason));
			return null;
		}

		@Override
		public void onError(WebSocket socket, Throwable error) {
			TestClient.this.closed.complete(new Close(1006, String.valueOf(error)));
		}

	}

}
