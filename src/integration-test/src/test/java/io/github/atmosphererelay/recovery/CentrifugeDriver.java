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

package io.github.atmosphererelay.recovery;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.test.NodeScripts;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import static org.awaitility.Awaitility.await;

/**
 * The npm client {@code centrifuge}, unmodified, in a Node.js process that lives as long
 * as a test class. Commands go in, answers and events come out.
 */
final class CentrifugeDriver implements AutoCloseable {

	static final JsonMapper JSON = JsonMapper.builder().build();

	private final Process process;

	private final Writer commands;

	private final Map<Integer, CompletableFuture<JsonNode>> open = new ConcurrentHashMap<>();

	private final Map<String, Client> clients = new ConcurrentHashMap<>();

	private final AtomicInteger ids = new AtomicInteger();

	private CentrifugeDriver(Process process) {
		this.process = process;
		this.commands = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
		Thread reader = new Thread(this::read, "centrifuge-driver");
		reader.setDaemon(true);
		reader.start();
	}

	/**
	 * Start the process, or skip the tests where there is no Node.js.
	 */
	static CentrifugeDriver start() throws Exception {
		NodeScripts.install();
		return new CentrifugeDriver(NodeScripts.start("centrifuge-driver.mjs"));
	}

	private void read() {
		try (BufferedReader lines = new BufferedReader(
				new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8))) {
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				JsonNode message = JSON.readTree(line);
				CompletableFuture<JsonNode> call = this.open.remove(message.path("id").asInt(-1));
				if (call != null && message.has("error")) {
					call.completeExceptionally(new Refused(message.path("error")));
				}
				else if (call != null) {
					call.complete(message.path("result"));
				}
				else if (message.has("client")) {
					Client client = this.clients.get(message.path("client").asString());
					if (client != null) {
						client.events.add(message);
					}
				}
			}
		}
		catch (IOException ex) {
			// The end of the process, which is the end of the tests
		}
		this.open.values().forEach((each) -> each.completeExceptionally(new IllegalStateException("The driver ended")));
	}

	/**
	 * Connect a client.
	 * @param name how it is called here
	 * @param url the door
	 * @param options pairs of names and values, options of the client
	 */
	Client open(String name, URI url, Object... options) {
		Client client = new Client(name);
		this.clients.put(name, client);
		client.call("open", JSON.createObjectNode().put("url", url.toString()), options);
		return client;
	}

	private synchronized CompletableFuture<JsonNode> send(ObjectNode command) {
		int id = this.ids.incrementAndGet();
		CompletableFuture<JsonNode> call = new CompletableFuture<>();
		this.open.put(id, call);
		try {
			this.commands.write(command.put("id", id) + "\n");
			this.commands.flush();
		}
		catch (IOException ex) {
			call.completeExceptionally(ex);
		}
		return call;
	}

	/**
	 * Disconnect all clients.
	 */
	void closeClients() {
		this.clients.values().forEach((client) -> client.call("close"));
		this.clients.clear();
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
	}

	/**
	 * A command was refused.
	 */
	static final class Refused extends RuntimeException {

		private final int code;

		Refused(JsonNode error) {
			super(error.toString());
			this.code = error.path("code").asInt();
		}

		int code() {
			return this.code;
		}

	}

	/**
	 * One client and what it has told.
	 */
	final class Client {

		private final String name;

		private final List<JsonNode> events = new CopyOnWriteArrayList<>();

		private Client(String name) {
			this.name = name;
		}

		CompletableFuture<JsonNode> begin(String operation, ObjectNode parameters, Object... more) {
			ObjectNode command = parameters.put("operation", operation).put("client", this.name);
			for (int i = 0; i < more.length; i += 2) {
				command.set((String) more[i], JSON.valueToTree(more[i + 1]));
			}
			return send(command);
		}

		JsonNode call(String operation, Object... parameters) {
			return call(operation, JSON.createObjectNode(), parameters);
		}

		private JsonNode call(String operation, ObjectNode command, Object... parameters) {
			try {
				return begin(operation, command, parameters).get(30, TimeUnit.SECONDS);
			}
			catch (ExecutionException ex) {
				if (ex.getCause() instanceof Refused refused) {
					throw refused;
				}
				throw new IllegalStateException(operation + " of " + this.name, ex);
			}
			catch (Exception ex) {
				throw new IllegalStateException(operation + " of " + this.name + " has no answer", ex);
			}
		}

		Client subscribe(String channel, Object... options) {
			int before = events("subscribed", channel).size();
			call("subscribe", JSON.createObjectNode().put("channel", channel), options);
			awaitSubscribed(channel, before + 1);
			return this;
		}

		/**
		 * Wait until the client has subscribed for so many times in all.
		 * @return what it was told the last time
		 */
		JsonNode awaitSubscribed(String channel, int times) {
			await().alias(times + " times subscribed: " + this)
				.until(() -> events("subscribed", channel).size() >= times);
			return events("subscribed", channel).get(times - 1);
		}

		void publish(String channel, Object data) {
			call("publish", "channel", channel, "data", data);
		}

		/**
		 * Return what was published in a channel, as texts, in the order in which it
		 * came.
		 */
		List<String> heard(String channel) {
			return publications(channel).stream().map((each) -> each.path("data").asString()).toList();
		}

		List<Long> offsets(String channel) {
			return publications(channel).stream().map((each) -> each.path("offset").asLong()).toList();
		}

		List<JsonNode> publications(String channel) {
			return events("publication", channel);
		}

		void awaitHeard(String channel, int count) {
			await().alias(count + " messages in " + channel + ": " + this)
				.until(() -> publications(channel).size() >= count);
		}

		List<JsonNode> events(String event) {
			return this.events.stream().filter((each) -> each.path("event").asString().equals(event)).toList();
		}

		List<JsonNode> events(String event, String channel) {
			return events(event).stream().filter((each) -> each.path("channel").asString("").equals(channel)).toList();
		}

		JsonNode awaitEvent(String event) {
			await().alias(event + ": " + this).until(() -> !events(event).isEmpty());
			return events(event).get(0);
		}

		@Override
		public String toString() {
			List<JsonNode> last = List.copyOf(this.events);
			return this.name + " " + last.subList(Math.max(0, last.size() - 12), last.size());
		}

	}

}
