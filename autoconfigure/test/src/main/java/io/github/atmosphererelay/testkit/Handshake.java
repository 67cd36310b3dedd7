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

package io.github.atmosphererelay.testkit;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Opens the sockets of clients.
 */
final class Handshake {

	private static final HttpClient HTTP = HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY).build();

	private Handshake() {
	}

	static WebSocket open(ApplicationNode node, String channel, ClientSettings settings, Map<String, String> query,
			Deadline deadline, WebSocket.Listener listener) {
		String client = "A client for '" + channel + "' at " + node.name();
		WebSocket.Builder builder = HTTP.newWebSocketBuilder();
		settings.headers().forEach((header) -> builder.header(header.getKey(), header.getValue()));
		if (!settings.subprotocols().isEmpty()) {
			builder.subprotocols(settings.subprotocols().get(0),
					settings.subprotocols().stream().skip(1).toArray(String[]::new));
		}
		try {
			return deadline.await(builder.buildAsync(uri(node, channel, query), listener));
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof WebSocketHandshakeException refused) {
				Object body = refused.getResponse().body();
				throw new ClientRefusedException(client, refused.getResponse().statusCode(),
						(body != null) ? body.toString() : "", refused);
			}
			throw new IllegalStateException(client + " cannot connect", ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new IllegalStateException("%s was not answered within %s".formatted(client, deadline), ex);
		}
	}

	private static URI uri(ApplicationNode node, String channel, Map<String, String> query) {
		String path = Arrays.stream(channel.split("/", -1)).map(Handshake::encode).collect(Collectors.joining("/"));
		String parameters = query.entrySet()
			.stream()
			.map((each) -> encode(each.getKey()) + "=" + encode(each.getValue()))
			.collect(Collectors.joining("&"));
		return URI.create(node.doorUrl() + "/" + path + "?" + parameters);
	}

	private static String encode(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
	}

}
