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

package io.github.atmosphererelay.demo.cluster;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.demo.Login;
import org.jspecify.annotations.Nullable;

/**
 * A client that is no page, over a plain WebSocket.
 */
final class ChatClient implements AutoCloseable {

	private static final HttpClient http = HttpClient.newHttpClient();

	private final CompletableFuture<String> ready = new CompletableFuture<>();

	private final List<String> messages = new CopyOnWriteArrayList<>();

	private volatile int closedWith;

	private final WebSocket socket;

	private ChatClient(String url, String channel, @Nullable String cookie) throws Exception {
		URI uri = URI.create(url.replaceFirst("^http", "ws") + "/atmosphere/" + channel + "?ack=true");
		WebSocket.Builder builder = http.newWebSocketBuilder();
		if (cookie != null) {
			builder.header("Cookie", cookie);
		}
		this.socket = builder.buildAsync(uri, new Listener()).get(10, TimeUnit.SECONDS);
	}

	/**
	 * Join one of the channels that are open to everybody. Returns when the subscription
	 * stands, so that nothing sent from then on can be missed.
	 */
	static ChatClient join(String url, String channel) throws Exception {
		return ready(new ChatClient(url, "plain/" + channel, null));
	}

	/**
	 * Join a room as somebody who has logged in there.
	 */
	static ChatClient join(String url, String room, String user) throws Exception {
		return ready(new ChatClient(url, "chat/" + room, Login.cookie(url, user)));
	}

	private static ChatClient ready(ChatClient client) throws Exception {
		client.ready.get(10, TimeUnit.SECONDS);
		return client;
	}

	String ready() {
		return this.ready.join();
	}

	void say(String text) throws Exception {
		this.socket.sendText(text, true).get(10, TimeUnit.SECONDS);
	}

	List<String> messages() {
		return List.copyOf(this.messages);
	}

	boolean isClosed() {
		return this.closedWith > 0;
	}

	/**
	 * Return the code with which the node has closed it, or 0 if it has not.
	 */
	int closedWith() {
		return this.closedWith;
	}

	@Override
	public void close() {
		if (!this.socket.isOutputClosed()) {
			// Its node may have gone meanwhile
			this.socket.sendClose(WebSocket.NORMAL_CLOSURE, "").exceptionally((ex) -> this.socket).join();
		}
	}

	private final class Listener implements WebSocket.Listener {

		private final StringBuilder text = new StringBuilder();

		@Override
		public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.text.append(data);
			if (last) {
				String message = this.text.toString();
				this.text.setLength(0);
				if (!ChatClient.this.ready.complete(message)) {
					ChatClient.this.messages.add(message);
				}
			}
			socket.request(1);
			return null;
		}

		@Override
		public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
			ChatClient.this.closedWith = code;
			return null;
		}

		@Override
		public void onError(WebSocket socket, Throwable error) {
			ChatClient.this.ready.completeExceptionally(error);
		}

	}

}
