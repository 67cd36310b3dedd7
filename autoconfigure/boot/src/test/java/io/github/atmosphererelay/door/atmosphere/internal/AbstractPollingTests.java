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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests for messages as a client makes them, on each web server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractPollingTests {

	private static final String QUERY = "X-Atmosphere-tracking-id=0&X-Atmosphere-Transport=long-polling";

	private final HttpClient http = HttpClient.newHttpClient();

	private TestNode node;

	abstract String[] server();

	@BeforeAll
	void start() {
		List<String> args = new ArrayList<>(List.of(server()));
		args.addAll(List.of("atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=true",
				"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].history.size=100",
				"atmosphere.channels[2].pattern=closed/**", "atmosphere.channels[2].subscribe=authenticated",
				"atmosphere.http-streams.poll-timeout=2s", "atmosphere.http-streams.poll-gap=4s"));
		this.node = TestNode.start(args.toArray(String[]::new));
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	private HttpRequest request(String channel, @Nullable String token, String... headers) {
		URI uri = this.node.http("/atmosphere/" + channel + "?" + QUERY
				+ ((token != null) ? "&" + AtmosphereParameters.TOKEN + "=" + token : ""));
		HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30));
		return ((headers.length > 0) ? request.headers(headers) : request).build();
	}

	private HttpResponse<String> poll(String channel, @Nullable String token, String... headers)
			throws IOException, InterruptedException {
		return this.http.send(request(channel, token, headers), HttpResponse.BodyHandlers.ofString());
	}

	/**
	 * Ask until there is a message: after a pause the first answer has none.
	 */
	private HttpResponse<String> next(String channel, HttpResponse<String> last)
			throws IOException, InterruptedException {
		HttpResponse<String> response = poll(channel, token(last));
		for (int i = 0; i < 5 && response.body().isEmpty(); i++) {
			response = poll(channel, token(response));
		}
		return response;
	}

	private CompletableFuture<HttpResponse<String>> held(String channel, String token) {
		return this.http.sendAsync(request(channel, token), HttpResponse.BodyHandlers.ofString());
	}

	private static String token(HttpResponse<String> response) {
		return response.headers().firstValue(AtmosphereParameters.TOKEN).orElseThrow();
	}

	private void publish(String channel, String text) {
		this.node.broadcaster().broadcast(channel, text).orTimeout(10, TimeUnit.SECONDS).join();
	}

	private List<LocalSession> sessions(String channel) {
		return List.copyOf(this.node.messaging().registry().inChannel(channel));
	}

	@Test
	void aClientKeepsItsSessionAndGetsWhatComesBetweenRequests() throws Exception {
		HttpResponse<String> first = poll("chat/gap", null);
		assertThat(first.statusCode()).isEqualTo(200);
		assertThat(first.body()).isEmpty();
		List<LocalSession> sessions = sessions("chat/gap");
		assertThat(sessions).hasSize(1);
		publish("chat/gap", "a");
		publish("chat/gap", "b");
		HttpResponse<String> second = next("chat/gap", first);
		assertThat(second.body()).isEqualTo("a");
		HttpResponse<String> third = next("chat/gap", second);
		assertThat(third.body()).isEqualTo("b");
		assertThat(sessions("chat/gap")).isEqualTo(sessions);
	}

	@Test
	void aRequestWithoutMessagesIsAnsweredWithNothing() throws Exception {
		HttpResponse<String> response = poll("chat/idle", token(poll("chat/idle", null)));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEmpty();
		assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store, no-transform");
	}

	@Test
	void theOlderOfTwoRequestsIsAnsweredWithAConflict() throws Exception {
		String token = token(poll("chat/two", null));
		CompletableFuture<HttpResponse<String>> older = held("chat/two", token);
		CompletableFuture<HttpResponse<String>> newer = held("chat/two", token);
		HttpResponse<String> refused = (HttpResponse<String>) CompletableFuture.anyOf(older, newer)
			.orTimeout(20, TimeUnit.SECONDS)
			.join();
		assertThat(List.of(older.join().statusCode(), newer.join().statusCode())).containsExactlyInAnyOrder(409, 200);
		assertThat(refused.body()).isEmpty();
		assertThat(sessions("chat/two")).hasSize(1);
	}

	@Test
	void aClientThatDoesNotAskAnyMoreIsGoneAfterTheGap() throws Exception {
		poll("chat/gone", null);
		assertThat(sessions("chat/gone")).hasSize(1);
		MachineTime.await(Duration.ofSeconds(30)).until(() -> sessions("chat/gone").isEmpty());
	}

	@Test
	void aClientWhoseSessionIsGoneGetsWhatItHasMissedInARecordedChannel() throws Exception {
		HttpResponse<String> first = poll("log/back", null);
		publish("log/back", "a");
		HttpResponse<String> second = next("log/back", first);
		assertThat(second.body()).isEqualTo("a");
		MachineTime.await(Duration.ofSeconds(30)).until(() -> sessions("log/back").isEmpty());
		publish("log/back", "b");
		HttpResponse<String> third = poll("log/back", token(second));
		assertThat(third.body()).isEmpty();
		assertThat(next("log/back", third).body()).isEqualTo("b");
	}

	@Test
	void aClientWhoseSessionIsGoneIsToldThatMessagesMayBeMissingInAnEphemeralChannel() throws Exception {
		HttpResponse<String> first = poll("chat/back", null);
		MachineTime.await(Duration.ofSeconds(30)).until(() -> sessions("chat/back").isEmpty());
		assertThat(next("chat/back", first).body()).startsWith("{\"type\":\"error\",\"code\":112");
	}

	@Test
	void whoMayNotConnectIsRefused() throws Exception {
		assertThat(poll("nowhere/x", null).statusCode()).isEqualTo(404);
		assertThat(poll("closed/x", null).statusCode()).isEqualTo(401);
		assertThat(poll("chat/x", null, "Origin", "https://evil.example").statusCode()).isEqualTo(403);
		assertThat(poll("chat/x", "mine").statusCode()).isEqualTo(400);
		String token = token(poll("chat/x", null));
		assertThat(poll("chat/x", token, "Origin", "https://evil.example").statusCode()).isEqualTo(403);
	}

	@Test
	void theTokenOfAnotherChannelGivesNothing() throws Exception {
		HttpResponse<String> first = poll("chat/mine", null);
		publish("chat/mine", "secret");
		HttpResponse<String> other = poll("chat/other", token(first));
		assertThat(other.body()).isEmpty();
		assertThat(next("chat/other", other).body()).startsWith("{\"type\":\"error\",\"code\":112");
		assertThat(next("chat/mine", first).body()).isEqualTo("secret");
	}

}
