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

package io.github.atmosphererelay.demo;

import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Talks to the node as a browser does before anybody else is meant to: the first message
 * of a JVM takes a few hundred milliseconds, in which classes are loaded and connections
 * opened, and says nothing about those that follow. A node that fails at it is as ready
 * as before, and somebody waits for once.
 */
@Component
@ConditionalOnBooleanProperty(name = "demo.warm-up", matchIfMissing = true)
class WarmUp implements ApplicationRunner {

	/** A room of its own, for nobody to read it. */
	static final String ROOM = "chat/warm-up";

	private static final Log logger = LogFactory.getLog(WarmUp.class);

	private static final int MESSAGES = 150;

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private static final Pattern TOKEN = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"");

	private static final List<String> PAGES = List.of("/?room=warm-up", "/api/me", "/api/node", "/app/main.js",
			"/app/pane.js", "/atmosphere/client.js", "/actuator/health");

	private final Environment environment;

	private final HttpClient http = HttpClient.newBuilder()
		.cookieHandler(new CookieManager())
		.connectTimeout(PATIENCE)
		.build();

	WarmUp(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void run(ApplicationArguments args) {
		String port = this.environment.getProperty("local.server.port");
		if (port == null) {
			return;
		}
		try {
			String origin = "http://localhost:" + port;
			logIn(origin);
			for (String page : PAGES) {
				get(origin + page);
			}
			talk(URI.create(origin.replaceFirst("http", "ws") + "/atmosphere/connection/websocket"));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (Exception ex) {
			logger.debug("The first messages will take longer", ex);
		}
	}

	private void logIn(String origin) throws Exception {
		Matcher token = TOKEN.matcher(get(origin + "/login"));
		if (!token.find()) {
			throw new IllegalStateException("There is no form to log in with");
		}
		String form = "username=%s&password=%s&_csrf=%s".formatted(SecurityConfiguration.WARM_UP_USER,
				SecurityConfiguration.WARM_UP_PASSWORD, URLEncoder.encode(token.group(1), StandardCharsets.UTF_8));
		this.http.send(request(origin + "/login").header("Content-Type", "application/x-www-form-urlencoded")
			.POST(BodyPublishers.ofString(form))
			.build(), BodyHandlers.discarding());
	}

	private String get(String url) throws Exception {
		HttpResponse<String> response = this.http.send(request(url).header("Accept", "*/*").build(),
				BodyHandlers.ofString());
		return response.body();
	}

	private static HttpRequest.Builder request(String url) {
		return HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE);
	}

	private void talk(URI door) throws Exception {
		Ear ear = new Ear();
		WebSocket socket = this.http.newWebSocketBuilder().buildAsync(door, ear).get(10, TimeUnit.SECONDS);
		try {
			List<String> greeting = List.of("{\"id\":1,\"connect\":{}}",
					"{\"id\":2,\"history\":{\"channel\":\"" + ROOM + "\",\"limit\":200,\"reverse\":true}}",
					"{\"id\":3,\"subscribe\":{\"channel\":\"" + ROOM + "\",\"recoverable\":true,\"join_leave\":true}}",
					"{\"id\":4,\"presence\":{\"channel\":\"" + ROOM + "\"}}",
					"{\"id\":5,\"subscribe\":{\"channel\":\"typing/warm-up\"}}");
			for (String command : greeting) {
				ear.await(socket, command, 1);
			}
			for (int i = 0; i < MESSAGES; i++) {
				String message = "{\"type\":\"chat\",\"id\":\"warm-up-%d\",\"text\":\"warm-up\",\"sentAt\":0}"
					.formatted(i);
				// The reply and the message itself
				ear.await(socket, publish(10 + i, ROOM, message), 2);
				if (i % 15 == 0) {
					String direct = "{\"type\":\"direct\",\"id\":\"warm-up-d%d\",\"to\":\"%s\",\"text\":\"warm-up\",\"sentAt\":0}"
						.formatted(i, SecurityConfiguration.WARM_UP_USER);
					ear.await(socket, publish(2000 + i, ROOM, direct), 2);
				}
				if (i % 10 == 0) {
					ear.await(socket, publish(1000 + i, "typing/warm-up", "{\"type\":\"typing\"}"), 1);
				}
			}
		}
		finally {
			socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(10, TimeUnit.SECONDS);
		}
	}

	private static String publish(int id, String channel, String data) {
		return "{\"id\":%d,\"publish\":{\"channel\":\"%s\",\"data\":%s}}".formatted(id, channel, data);
	}

	/**
	 * Counts what is heard.
	 */
	private static final class Ear implements WebSocket.Listener {

		private final Semaphore heard = new Semaphore(0);

		void await(WebSocket socket, String command, int lines) throws Exception {
			socket.sendText(command, true).get(10, TimeUnit.SECONDS);
			if (!this.heard.tryAcquire(lines, PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
				throw new IllegalStateException("No answer to " + command);
			}
		}

		@Override
		public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.heard.release((int) data.chars().filter((each) -> each == '\n').count() + (last ? 1 : 0));
			socket.request(1);
			return null;
		}

	}

}
