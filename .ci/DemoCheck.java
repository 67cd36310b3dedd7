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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Talks to a running demo: {@code java .ci/DemoCheck.java redis 8080 8081 8082}. Every
 * node has to be healthy on the relay that is named, and what is said on each one has to
 * arrive once, and in order, on all.
 */
public final class DemoCheck {

	private static final int MESSAGES = 100;

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private DemoCheck() {
	}

	public static void main(String[] args) throws Exception {
		String relay = args[0];
		List<Client> clients = new ArrayList<>();
		for (String port : List.of(args).subList(1, args.length)) {
			awaitHealth(Integer.parseInt(port), relay);
			clients.add(new Client(Integer.parseInt(port)));
		}
		for (Client client : clients) {
			String ready = client.next();
			check(ready.contains("\"type\":\"ready\"") && ready.contains("\"degraded\":false"), "not ready: " + ready);
		}
		for (Client speaker : clients) {
			List<String> said = new ArrayList<>();
			for (int i = 0; i < MESSAGES; i++) {
				String message = "message " + i + " from " + speaker.port;
				speaker.socket.sendText(message, true).get(5, TimeUnit.SECONDS);
				said.add(message);
			}
			for (Client listener : clients) {
				for (String message : said) {
					String heard = listener.next();
					check(heard.equals(message),
							"port " + listener.port + " should have heard '" + message + "', and heard '" + heard + "'");
				}
			}
			System.out.println(MESSAGES + " messages sent on port " + speaker.port + " arrived once and in order on "
					+ clients.size() + " nodes");
		}
		for (Client client : clients) {
			check(client.received.isEmpty(), "port " + client.port + " heard more than was said");
			client.socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(5, TimeUnit.SECONDS);
		}
		System.exit(0);
	}

	private static void awaitHealth(int port, String relay) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/actuator/health"))
			.timeout(Duration.ofSeconds(5))
			.build();
		String answer = "nothing";
		for (int attempt = 0; attempt < 300; attempt++) {
			try {
				HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
				answer = response.statusCode() + " " + response.body();
				if (response.statusCode() == 200 && answer.contains("\"relay\":\"" + relay + "\"")
						&& answer.contains("\"state\":\"UP\"")) {
					System.out.println("port " + port + " is healthy on the " + relay + " relay");
					return;
				}
			}
			catch (java.io.IOException ex) {
				answer = ex.toString();
			}
			Thread.sleep(500);
		}
		check(false, "port " + port + " is not healthy: " + answer);
	}

	private static void check(boolean condition, String message) {
		if (!condition) {
			System.err.println("FAILED: " + message);
			System.exit(1);
		}
	}

	private static final class Client implements WebSocket.Listener {

		private final int port;

		private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

		private final StringBuilder text = new StringBuilder();

		private final WebSocket socket;

		private Client(int port) throws Exception {
			this.port = port;
			URI uri = URI.create("ws://localhost:" + port + "/atmosphere/plain/ci?ack=true");
			this.socket = HTTP.newWebSocketBuilder().buildAsync(uri, this).get(10, TimeUnit.SECONDS);
		}

		private String next() throws InterruptedException {
			String message = this.received.poll(10, TimeUnit.SECONDS);
			check(message != null, "nothing arrived on port " + this.port + " for 10 seconds");
			return message;
		}

		@Override
		public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.text.append(data);
			if (last) {
				this.received.add(this.text.toString());
				this.text.setLength(0);
			}
			socket.request(1);
			return null;
		}

	}

}
