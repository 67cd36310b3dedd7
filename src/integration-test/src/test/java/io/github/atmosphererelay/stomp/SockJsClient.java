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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.test.MachineTime;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A SockJS client with the transport {@code xhr_streaming}: one response that does not
 * end, and a request for each message.
 */
final class SockJsClient implements AutoCloseable {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final HttpClient http = HttpClient.newHttpClient();

	private final URI session;

	private final List<String> frames = new CopyOnWriteArrayList<>();

	private final Thread reader;

	private SockJsClient(URI session) {
		this.session = session;
		this.reader = new Thread(this::read, "sockjs-test-client");
		this.reader.setDaemon(true);
	}

	static SockJsClient connect(URI session) {
		SockJsClient client = new SockJsClient(session);
		client.reader.start();
		MachineTime.await(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(5))
			.untilAsserted(() -> assertThat(client.frames).contains("o"));
		client.send("CONNECT\naccept-version:1.2\nhost:localhost\n\n\0");
		client.await("CONNECTED");
		return client;
	}

	private static URI uri(URI session, String transport) {
		return session
			.resolve(session.getPath() + transport + ((session.getQuery() != null) ? "?" + session.getQuery() : ""));
	}

	private void read() {
		HttpRequest request = HttpRequest.newBuilder(uri(this.session, "/xhr_streaming"))
			.POST(HttpRequest.BodyPublishers.noBody())
			.build();
		try {
			HttpResponse<InputStream> response = this.http.send(request, HttpResponse.BodyHandlers.ofInputStream());
			if (response.statusCode() != 200) {
				this.frames.add("status: " + response.statusCode());
			}
			try (BufferedReader lines = new BufferedReader(
					new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
				String line;
				while ((line = lines.readLine()) != null) {
					this.frames.add(line);
				}
			}
		}
		catch (IOException ex) {
			this.frames.add("ended: " + ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	void send(String frame) {
		assertThat(post(this.session, frame)).isEqualTo(204);
	}

	/**
	 * Send a frame to a session.
	 * @return the status of the answer
	 */
	static int post(URI session, String frame) {
		HttpRequest request = HttpRequest.newBuilder(uri(session, "/xhr_send"))
			.header("Content-Type", "application/json")
			.timeout(Duration.ofSeconds(20))
			.POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(List.of(frame))))
			.build();
		return HttpClient.newHttpClient()
			.sendAsync(request, HttpResponse.BodyHandlers.discarding())
			.join()
			.statusCode();
	}

	void await(String text) {
		MachineTime.await(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(5))
			.untilAsserted(() -> assertThat(this.frames).anyMatch((frame) -> frame.contains(text)));
	}

	@Override
	public void close() {
		this.reader.interrupt();
	}

}
