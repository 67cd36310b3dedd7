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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * A client of server-sent events that does what the HTML standard says of a browser's
 * {@code EventSource}: it comes back with the last id after the time that it was told,
 * and gives up for good on any status but 200.
 */
public final class EventSource implements AutoCloseable {

	private final HttpClient http;

	private final URI uri;

	private final List<String> headers;

	private final boolean returns;

	private final List<Event> events = Collections.synchronizedList(new ArrayList<>());

	private final List<Integer> statuses = Collections.synchronizedList(new ArrayList<>());

	private final List<Long> retries = Collections.synchronizedList(new ArrayList<>());

	private final Thread thread;

	private volatile String lastId = "";

	private volatile long retry = 3_000;

	private volatile State state = State.CONNECTING;

	private volatile boolean closed;

	private volatile @Nullable InputStream body;

	private volatile @Nullable HttpHeaders responseHeaders;

	private EventSource(HttpClient http, URI uri, boolean returns, List<String> headers) {
		this.http = http;
		this.uri = uri;
		this.returns = returns;
		this.headers = headers;
		this.thread = new Thread(this::run, "event-source");
		this.thread.setDaemon(true);
		this.thread.start();
	}

	/**
	 * Open a stream, and open it again whenever it ends.
	 * @param headers names and values in turn
	 */
	public static EventSource open(URI uri, String... headers) {
		return new EventSource(client(HttpClient.Version.HTTP_1_1), uri, true, List.of(headers));
	}

	/**
	 * Open a stream once.
	 */
	public static EventSource once(URI uri, String... headers) {
		return new EventSource(client(HttpClient.Version.HTTP_1_1), uri, false, List.of(headers));
	}

	/**
	 * Open a stream once with a client of its own, for example one of HTTP/2.
	 */
	public static EventSource once(HttpClient http, URI uri, String... headers) {
		return new EventSource(http, uri, false, List.of(headers));
	}

	private static HttpClient client(HttpClient.Version version) {
		return HttpClient.newBuilder().version(version).connectTimeout(Duration.ofSeconds(10)).build();
	}

	private void run() {
		while (!this.closed && connect() && this.returns) {
			this.state = State.CONNECTING;
			pause();
		}
		this.state = State.CLOSED;
	}

	private void pause() {
		try {
			Thread.sleep(this.retry);
		}
		catch (InterruptedException ex) {
			this.closed = true;
		}
	}

	/**
	 * Read one response to its end.
	 * @return whether to come back
	 */
	private boolean connect() {
		try {
			HttpRequest.Builder request = HttpRequest.newBuilder(this.uri).header("Accept", "text/event-stream");
			for (int i = 0; i < this.headers.size(); i += 2) {
				request.setHeader(this.headers.get(i), this.headers.get(i + 1));
			}
			if (!this.lastId.isEmpty()) {
				request.setHeader("Last-Event-ID", this.lastId);
			}
			HttpResponse<InputStream> response = this.http.send(request.build(),
					HttpResponse.BodyHandlers.ofInputStream());
			this.statuses.add(response.statusCode());
			this.responseHeaders = response.headers();
			Optional<String> type = response.headers().firstValue("Content-Type");
			if (response.statusCode() != 200 || !type.orElse("").startsWith("text/event-stream")) {
				response.body().close();
				return false;
			}
			this.body = response.body();
			this.state = State.OPEN;
			read(response.body());
		}
		catch (IOException ex) {
			// As the end of the stream
		}
		catch (InterruptedException ex) {
			this.closed = true;
		}
		return true;
	}

	private void read(InputStream in) throws IOException {
		BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
		StringBuilder data = null;
		String name = "message";
		String id = this.lastId;
		for (String line = reader.readLine(); line != null; line = reader.readLine()) {
			if (line.isEmpty()) {
				this.lastId = id;
				if (data != null) {
					this.events.add(new Event(name, id, data.toString()));
				}
				data = null;
				name = "message";
				continue;
			}
			int colon = line.indexOf(':');
			String field = (colon < 0) ? line : line.substring(0, colon);
			String value = (colon < 0) ? "" : line.substring(colon + 1);
			value = value.startsWith(" ") ? value.substring(1) : value;
			switch (field) {
				case "data" -> {
					data = (data != null) ? data.append('\n').append(value) : new StringBuilder(value);
				}
				case "event" -> {
					name = value;
				}
				case "id" -> {
					id = value;
				}
				case "retry" -> {
					this.retry = Long.parseLong(value);
					this.retries.add(this.retry);
				}
				default -> {
				}
			}
		}
	}

	/**
	 * Break the connection without a word, as a network does.
	 */
	public void cut() {
		InputStream body = this.body;
		if (body != null) {
			try {
				body.close();
			}
			catch (IOException ex) {
				// It is broken already
			}
		}
	}

	public List<Event> events() {
		synchronized (this.events) {
			return List.copyOf(this.events);
		}
	}

	public List<Event> events(String name) {
		return events().stream().filter((event) -> event.name().equals(name)).toList();
	}

	/**
	 * Return the data of the events of the usual name.
	 */
	public List<String> messages() {
		return events("message").stream().map(Event::data).toList();
	}

	public EventSource awaitEvents(String name, int count) {
		return awaitEvents(name, count, Duration.ofSeconds(20));
	}

	public EventSource awaitEvents(String name, int count, Duration timeout) {
		MachineTime.await(timeout)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> this.events.size() >= count && events(name).size() >= count);
		return this;
	}

	/**
	 * Wait for the first {@code subscribed} events.
	 */
	public EventSource awaitSubscribed(int channels) {
		return awaitEvents("subscribed", channels);
	}

	public EventSource awaitClosed() {
		MachineTime.await(Duration.ofSeconds(20)).until(() -> this.state == State.CLOSED);
		return this;
	}

	public State state() {
		return this.state;
	}

	public String lastId() {
		return this.lastId;
	}

	public List<Integer> statuses() {
		return List.copyOf(this.statuses);
	}

	public List<Long> retries() {
		return List.copyOf(this.retries);
	}

	public @Nullable String header(String name) {
		HttpHeaders headers = this.responseHeaders;
		return (headers != null) ? headers.firstValue(name).orElse(null) : null;
	}

	@Override
	public void close() {
		this.closed = true;
		cut();
		this.thread.interrupt();
	}

	/**
	 * The states of the standard.
	 */
	public enum State {

		/** It connects, or waits for that. */
		CONNECTING,

		/** It receives events. */
		OPEN,

		/** It was closed, or has given up for good. */
		CLOSED

	}

	/**
	 * An event.
	 */
	public record Event(String name, String id, String data) {
	}

}
