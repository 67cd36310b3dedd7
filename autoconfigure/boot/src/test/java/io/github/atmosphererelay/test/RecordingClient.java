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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A client that does what clients of the Centrifuge protocol do: it holds positions,
 * comes back after every loss, asks for what it has missed, and keeps everything that it
 * is told.
 */
public final class RecordingClient {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final JsonMapper JSON = JsonMapper.builder().build();

	/** The code for a connection that has ended without one. */
	private static final int LOST = 1006;

	private final String name;

	private final Supplier<URI> doors;

	private final ScheduledExecutorService timer;

	private final Random random;

	private final Map<String, Channel> channels = new LinkedHashMap<>();

	private final List<String> faults = new ArrayList<>();

	private final List<Integer> closes = new ArrayList<>();

	private final Map<String, String> headers = new LinkedHashMap<>();

	private final List<String> sessions = new ArrayList<>();

	private @Nullable Connection connection;

	private int timeoutSeconds = 6;

	private int connectSeconds = 3;

	private int maxDelayMillis = 400;

	private int maxLostDelayMillis = 400;

	private int attempts;

	private int recoveries;

	private boolean closed;

	/**
	 * Create a client.
	 * @param name its name
	 * @param channels the channels that it subscribes to
	 * @param doors returns where it connects, whenever it does
	 * @param timer runs what it does later
	 * @param seed of its random delays
	 */
	public RecordingClient(String name, List<String> channels, Supplier<URI> doors, ScheduledExecutorService timer,
			long seed) {
		this.name = name;
		this.doors = doors;
		this.timer = timer;
		this.random = new Random(seed);
		channels.forEach((channel) -> this.channels.put(channel, new Channel(channel)));
	}

	/**
	 * Send a header with each handshake.
	 */
	public RecordingClient header(String name, String value) {
		this.headers.put(name, value);
		return this;
	}

	/**
	 * Wait longer than six seconds for answers, and than half a second before the next
	 * attempt: where so many clients connect that the machine needs the time. Those who
	 * give up and come again soon take time from a server that has not got to them, and
	 * then nobody gets in.
	 * @param timeoutSeconds how long to wait for a connection and for each answer
	 * @param maxDelayMillis the most before the next attempt after a close with a code,
	 * which reaches clients one after the other
	 * @param maxLostDelayMillis the same after a loss, which may reach all at once
	 */
	public RecordingClient patient(int timeoutSeconds, int maxDelayMillis, int maxLostDelayMillis) {
		this.timeoutSeconds = timeoutSeconds;
		this.connectSeconds = timeoutSeconds;
		this.maxDelayMillis = maxDelayMillis;
		this.maxLostDelayMillis = maxLostDelayMillis;
		return this;
	}

	public synchronized void connect() {
		if (this.closed) {
			return;
		}
		int attempt = ++this.attempts;
		Connection connection = new Connection();
		this.connection = connection;
		WebSocket.Builder socket = HTTP.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(this.connectSeconds));
		this.headers.forEach(socket::header);
		socket.buildAsync(this.doors.get(), connection)
			.orTimeout(this.timeoutSeconds, TimeUnit.SECONDS)
			.exceptionally((ex) -> {
				lost(connection, this.maxLostDelayMillis);
				return null;
			});
		// What is not answered by then never will be
		this.timer.schedule(() -> {
			synchronized (this) {
				if (attempt == this.attempts && !connection.unanswered.isEmpty()) {
					this.closes.add(LOST);
					cut(Duration.ZERO, false);
				}
			}
		}, this.timeoutSeconds, TimeUnit.SECONDS);
	}

	/**
	 * Lose the connection, and come back later.
	 * @param away how long to stay away
	 * @param abandon whether to leave the connection as it is, for the node to find out
	 */
	public synchronized void cut(Duration away, boolean abandon) {
		Connection connection = this.connection;
		this.connection = null;
		this.attempts++;
		if (connection != null && connection.socket != null && !abandon) {
			connection.socket.abort();
		}
		this.timer.schedule(this::connect, away.toMillis() + this.random.nextInt(200), TimeUnit.MILLISECONDS);
	}

	private synchronized void lost(Connection connection, int maxDelayMillis) {
		if (connection == this.connection) {
			cut(Duration.ofMillis(100 + this.random.nextInt(maxDelayMillis)), false);
		}
	}

	public synchronized void close() {
		this.closed = true;
		if (this.connection != null && this.connection.socket != null) {
			this.connection.socket.abort();
		}
		this.connection = null;
	}

	public synchronized boolean isLive() {
		return this.connection != null && this.connection.live.size() == this.channels.size();
	}

	public String name() {
		return this.name;
	}

	/**
	 * Return what the client has heard, by channel.
	 */
	public synchronized Map<String, List<Stretch>> heard() {
		Map<String, List<Stretch>> heard = new LinkedHashMap<>();
		this.channels.forEach((name, channel) -> heard.put(name, List.copyOf(channel.stretches)));
		return heard;
	}

	/**
	 * Return the offset up to which the client has a channel.
	 */
	public synchronized long offset(String channel) {
		return this.channels.get(channel).last().offset();
	}

	/**
	 * Return what must not happen, whatever is wrong with nodes and brokers.
	 */
	public synchronized List<String> faults() {
		return List.copyOf(this.faults);
	}

	/**
	 * Return the codes with which the client's connections have ended, in order; 1006 for
	 * those that were lost without a code, or given up by the client because no answer
	 * came.
	 */
	public synchronized List<Integer> closes() {
		return List.copyOf(this.closes);
	}

	/**
	 * Return the ids of the client's sessions, in order; each begins with that of its
	 * node.
	 */
	public synchronized List<String> sessions() {
		return List.copyOf(this.sessions);
	}

	public synchronized int recoveries() {
		return this.recoveries;
	}

	private void fault(String fault) {
		this.faults.add(this.name + ": " + fault);
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * A publication as it came.
	 *
	 * @param offset its offset
	 * @param data what it says
	 */
	public record Delivery(long offset, String data) {

	}

	/**
	 * What was heard of one life of a log without anything missing.
	 */
	public static final class Stretch {

		private final String epoch;

		private final long since;

		private final List<Delivery> deliveries = new ArrayList<>();

		Stretch(String epoch, long since) {
			this.epoch = epoch;
			this.since = since;
		}

		public String epoch() {
			return this.epoch;
		}

		/**
		 * Return the position after which it begins.
		 */
		public long since() {
			return this.since;
		}

		public List<Delivery> deliveries() {
			return this.deliveries;
		}

		public long offset() {
			return this.deliveries.isEmpty() ? this.since : this.deliveries.get(this.deliveries.size() - 1).offset();
		}

	}

	/**
	 * A channel that the client hears. A further stretch begins where it was told that it
	 * has missed something.
	 */
	private static final class Channel {

		private final String name;

		private final List<Stretch> stretches = new ArrayList<>();

		Channel(String name) {
			this.name = name;
		}

		Stretch last() {
			return this.stretches.get(this.stretches.size() - 1);
		}

	}

	/**
	 * One connection. What comes after it was given up does not count, as the client is
	 * not there any more to hear it.
	 */
	private final class Connection implements WebSocket.Listener {

		private final StringBuilder frame = new StringBuilder();

		private final Map<Integer, String> unanswered = new HashMap<>();

		private final Set<String> live = new HashSet<>();

		private @Nullable WebSocket socket;

		private CompletionStage<?> lastSend = CompletableFuture.completedFuture(null);

		private int commands;

		@Override
		public void onOpen(WebSocket socket) {
			synchronized (RecordingClient.this) {
				this.socket = socket;
				if (RecordingClient.this.connection != this) {
					socket.abort();
					return;
				}
				command("", "connect", JSON.createObjectNode());
			}
			socket.request(1);
		}

		private void command(String channel, String name, ObjectNode body) {
			int id = ++this.commands;
			this.unanswered.put(id, channel);
			ObjectNode command = JSON.createObjectNode().put("id", id);
			command.set(name, body);
			send(command.toString());
		}

		private void send(String text) {
			WebSocket socket = this.socket;
			if (socket != null) {
				this.lastSend = this.lastSend.thenCompose((nothing) -> socket.sendText(text, true));
			}
		}

		private void subscribe(Channel channel) {
			ObjectNode body = JSON.createObjectNode().put("channel", channel.name).put("recoverable", true);
			if (!channel.stretches.isEmpty()) {
				body.put("recover", true).put("epoch", channel.last().epoch()).put("offset", channel.last().offset());
			}
			command(channel.name, "subscribe", body);
		}

		@Override
		public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.frame.append(data);
			if (last) {
				String frame = this.frame.toString();
				this.frame.setLength(0);
				synchronized (RecordingClient.this) {
					for (String line : frame.split("\n")) {
						if (RecordingClient.this.connection == this) {
							take(JSON.readTree(line));
						}
					}
				}
			}
			socket.request(1);
			return null;
		}

		private void take(JsonNode reply) {
			if (reply.has("push")) {
				push(reply.path("push"));
			}
			else if (!reply.has("id")) {
				send("{}");
			}
			else {
				String channel = this.unanswered.remove(reply.path("id").asInt());
				if (reply.has("connect")) {
					RecordingClient.this.sessions.add(reply.path("connect").path("client").asString(""));
					RecordingClient.this.channels.values().forEach(this::subscribe);
				}
				else if (reply.has("error")) {
					refused(channel, reply.path("error"));
				}
				else {
					subscribed(RecordingClient.this.channels.get(channel), reply.path("subscribe"));
				}
			}
		}

		private void refused(@Nullable String name, JsonNode error) {
			Channel channel = RecordingClient.this.channels.get(name);
			if (!error.path("temporary").asBoolean(false)) {
				fault("refused: " + error);
				return;
			}
			if (channel == null) {
				lost(this, RecordingClient.this.maxDelayMillis);
				return;
			}
			RecordingClient.this.timer.schedule(() -> {
				synchronized (RecordingClient.this) {
					if (RecordingClient.this.connection == this) {
						subscribe(channel);
					}
				}
			}, 200 + RecordingClient.this.random.nextInt(300), TimeUnit.MILLISECONDS);
		}

		private void subscribed(Channel channel, JsonNode reply) {
			String epoch = reply.path("epoch").asString("");
			boolean asked = !channel.stretches.isEmpty();
			boolean recovered = reply.path("recovered").asBoolean(false);
			if (reply.path("was_recovering").asBoolean(false) != asked) {
				fault("does not know what was asked: " + reply);
			}
			if (!recovered) {
				if (reply.has("publications")) {
					fault("recovered in part: " + reply);
				}
				channel.stretches.add(new Stretch(epoch, reply.path("offset").asLong()));
			}
			else {
				RecordingClient.this.recoveries++;
				if (!epoch.equals(channel.last().epoch())) {
					fault("recovered from another log: " + reply);
				}
			}
			this.live.add(channel.name);
			reply.path("publications").forEach((each) -> published(channel, each));
		}

		private void published(Channel channel, JsonNode publication) {
			Stretch stretch = channel.last();
			long offset = publication.path("offset").asLong();
			if (!this.live.contains(channel.name)) {
				fault("publication before the reply: " + publication);
			}
			else if (offset <= stretch.offset()) {
				fault("in " + channel.name + " twice or out of order, after " + stretch.offset() + ": " + publication);
			}
			else {
				stretch.deliveries().add(new Delivery(offset, publication.path("data").asString("")));
			}
		}

		private void push(JsonNode push) {
			Channel channel = RecordingClient.this.channels.get(push.path("channel").asString(""));
			if (channel == null) {
				fault("push to nobody: " + push);
			}
			else if (push.has("pub")) {
				published(channel, push.path("pub"));
			}
			else if (push.path("unsubscribe").path("code").asInt() >= 2500) {
				this.live.remove(channel.name);
				subscribe(channel);
			}
			else {
				fault("unexpected: " + push);
			}
		}

		@Override
		public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
			synchronized (RecordingClient.this) {
				if (RecordingClient.this.connection == this) {
					RecordingClient.this.closes.add(code);
				}
			}
			if (code >= 3500 && code < 4000 || code >= 4500 && code < 5000 || code == 1009) {
				synchronized (RecordingClient.this) {
					fault("sent away for good: " + code + " " + reason);
				}
			}
			lost(this, (code != LOST) ? RecordingClient.this.maxDelayMillis : RecordingClient.this.maxLostDelayMillis);
			return null;
		}

		@Override
		public void onError(WebSocket socket, Throwable error) {
			synchronized (RecordingClient.this) {
				if (RecordingClient.this.connection == this) {
					RecordingClient.this.closes.add(LOST);
				}
			}
			lost(this, RecordingClient.this.maxLostDelayMillis);
		}

	}

}
