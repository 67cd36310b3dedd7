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

package io.github.atmosphererelay.http.internal;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.broadcast.OutboundInterceptor;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.door.internal.ErrorStatus;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.security.spring.internal.TestSecurity;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link PublishApi} behind Spring Security, and without.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class PublishApiTests {

	private static final String[] ARGS = { "atmosphere.channels[0].pattern=chat/**", "atmosphere.api.enabled=true",
			"atmosphere.relay.max-message-size=1KB", "atmosphere.websocket.max-message-size=1KB" };

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private TestNode node;

	private FakeRelay relay;

	@BeforeAll
	void start() {
		this.node = TestNode.start(List.of(TestSecurity.class, OwnRelay.class, Feeds.class), ARGS);
		this.relay = this.node.bean(FakeRelay.class);
	}

	@AfterEach
	void mend() {
		this.relay.answer(Outcome.RELAYED);
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(this.node.http("/atmosphere/api/channels/" + path))
			.header("Authorization", "Bearer " + TestSecurity.token("batch", "publish"));
	}

	private HttpResponse<String> post(String path, String type, byte[] body) throws Exception {
		return send(request(path).header("Content-Type", type).POST(BodyPublishers.ofByteArray(body)));
	}

	private HttpResponse<String> post(String path, String type, String body) throws Exception {
		return post(path, type, body.getBytes(StandardCharsets.UTF_8));
	}

	private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return HTTP.send(request.build(), BodyHandlers.ofString());
	}

	@Test
	void jsonIsCarriedWordForWordHoweverDeepItIs() throws Exception {
		TestClient client = this.node.connect("chat/deep?ack=true").awaitCount(1);
		String deep = "[".repeat(510) + "]".repeat(510);
		assertThat(post("chat/deep/messages", "application/json", deep).statusCode()).isEqualTo(200);
		client.awaitCount(2);
		assertThat(client.texts().get(1)).isEqualTo(deep);
		client.close();
	}

	@Test
	void whatIsPostedReachesTheChannelAndTheReceiptComesBack() throws Exception {
		TestClient client = this.node.connect("chat/rooms/lobby?ack=true").awaitCount(1);
		HttpResponse<String> response = post("chat/rooms/lobby/messages", "text/plain", "grüße");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(response.body()).matches("\\{\"messageId\":\"[0-9a-f-]{36}\",\"outcome\":\"RELAYED\"}");
		post("chat/rooms/lobby/messages", "application/json", "{\"a\":1}");
		post("chat/rooms/lobby/messages", "application/vnd.chat+json;charset=UTF-8", "{\"a\":2}");
		post("chat/rooms/lobby/messages", "text/plain;charset=ISO-8859-1",
				"grüße".getBytes(StandardCharsets.ISO_8859_1));
		post("chat/rooms/lobby/messages", "application/octet-stream", new byte[] { (byte) 0xFF, 0 });
		client.awaitCount(6);
		assertThat(client.texts().subList(1, 5)).containsExactly("grüße", "{\"a\":1}", "{\"a\":2}", "grüße");
		assertThat(client.received().get(5)).isEqualTo(new byte[] { (byte) 0xFF, 0 });
		client.close();
	}

	@Test
	void oneSessionCanBeLeftOut() throws Exception {
		TestClient left = this.node.connect("chat/x?ack=true").awaitCount(1);
		String session = left.texts().get(0).replaceAll(".*\"session\":\"([^\"]+)\".*", "$1");
		TestClient other = this.node.connect("chat/x?ack=true").awaitCount(1);
		post("chat/x/messages?except=" + session, "text/plain", "first");
		post("chat/x/messages", "text/plain", "second");
		assertThat(left.awaitCount(2).texts().get(1)).isEqualTo("second");
		assertThat(other.awaitCount(3).texts().subList(1, 3)).containsExactly("first", "second");
		left.close();
		other.close();
	}

	@ParameterizedTest
	@CsvSource({ "nowhere/messages, 404, 102", "chat/messages/, 400, 107", "chat/a, 400, 107", "messages, 400, 107",
			"chat%20a/messages, 400, 107" })
	void aPathThatNamesNoChannelIsRefused(String path, int status, int code) throws Exception {
		HttpResponse<String> response = post(path, "text/plain", "m");
		assertThat(response.statusCode()).isEqualTo(status);
		assertThat(response.body()).startsWith("{\"code\":" + code + ",\"reason\":\"");
	}

	@Test
	void aMessageThatCannotBeSentIsRefused() throws Exception {
		assertThat(post("chat/a/messages", "text/plain", "x".repeat(1024)).statusCode()).isEqualTo(200);
		HttpResponse<String> response = post("chat/a/messages", "text/plain", "x".repeat(1025));
		assertThat(response.statusCode()).isEqualTo(413);
		assertThat(response.body()).isEqualTo("{\"code\":106,\"reason\":\"the message has more than 1024 bytes\"}");
		assertThat(post("chat/a/messages", "text/plain;charset=ISO-8859-1",
				"ü".repeat(1000).getBytes(StandardCharsets.ISO_8859_1))
			.statusCode()).isEqualTo(413);
		assertThat(post("chat/a/messages", "text/plain", new byte[] { (byte) 0xFF }).statusCode()).isEqualTo(400);
		assertThat(post("chat/a/messages", "image/png", "x").statusCode()).isEqualTo(415);
		assertThat(send(request("chat/a/messages").POST(BodyPublishers.ofString("x"))).statusCode()).isEqualTo(415);
		assertThat(post("chat/a/messages", "multipart/form-data", "x").statusCode()).isEqualTo(415);
		assertThat(post("chat/a/messages", "text/plain;charset=utf-99", "x").statusCode()).isEqualTo(415);
		assertThat(post("chat/a/messages?except=%ff", "text/plain", "x").statusCode()).isEqualTo(400);
	}

	@ParameterizedTest
	@EnumSource(ErrorCode.class)
	void whatAnInterceptorRefusesHasTheStatusThatHandshakesHave(ErrorCode code) throws Exception {
		HttpResponse<String> response = post("chat/a/messages", "text/plain", "refuse:" + code);
		assertThat(response.statusCode()).isEqualTo(ErrorStatus.of(code).value());
		assertThat(response.body()).isEqualTo("{\"code\":" + code.code() + ",\"reason\":\"by an interceptor\"}");
		assertThat(response.headers().firstValue("Retry-After").isPresent()).isEqualTo(code.isTemporary());
	}

	@Test
	void theAnswerWaitsForTheBrokerAndTellsWhatItSaid() throws Exception {
		CompletableFuture<Receipt> answer = new CompletableFuture<>();
		this.relay.answer((envelope) -> answer.thenApply((same) -> Receipt.of(envelope.id(), Outcome.UNCONFIRMED)));
		CompletableFuture<HttpResponse<String>> response = HTTP
			.sendAsync(request("chat/a/messages").header("Content-Type", "text/plain")
				.POST(BodyPublishers.ofString("m"))
				.build(), BodyHandlers.ofString());
		MachineTime.await(Duration.ofSeconds(10)).until(() -> !this.relay.published().isEmpty());
		assertThat(response).isNotDone();
		answer.complete(null);
		assertThat(response.join().statusCode()).isEqualTo(202);
		assertThat(response.join().body()).contains("\"outcome\":\"UNCONFIRMED\"");
		this.relay.fail(new RelayOverloadedException("fake", 1));
		HttpResponse<String> overloaded = post("chat/a/messages", "text/plain", "m");
		assertThat(overloaded.statusCode()).isEqualTo(503);
		assertThat(overloaded.headers().firstValue("Retry-After")).hasValue("1");
		assertThat(overloaded.body()).startsWith("{\"code\":111,");
	}

	@Test
	void whileTheBrokerIsAwayAPublisherIsToldToTryAgainAndTheLogStaysQuiet(CapturedOutput output) throws Exception {
		try (TestNode recorded = TestNode.start(List.of(RecordedRelay.class), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].history.size=10", "atmosphere.api.enabled=true")) {
			recorded.bean(FakeRelay.class).fail(new RelayUnavailableException("fake", null));
			for (int i = 0; i < 3; i++) {
				HttpResponse<String> response = send(
						HttpRequest.newBuilder(recorded.http("/atmosphere/api/channels/chat/a/messages"))
							.header("Content-Type", "text/plain")
							.POST(BodyPublishers.ofString("m")));
				assertThat(response.statusCode()).isEqualTo(503);
				assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
				assertThat(response.body())
					.isEqualTo("{\"code\":100,\"reason\":\"the broker does not take the message now, try again\"}");
			}
		}
		// One line tells of it: without a trace, and not for each request
		assertThat(output).doesNotContain("ERROR", "\tat ")
			.containsOnlyOnce("A message could not be recorded, though the relay is up");
	}

	@Test
	void aChannelThatCanOnlyBeReadTakesNoMessages() throws Exception {
		HttpResponse<String> response = post("feed/a/messages", "text/plain", "m");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.body()).isEqualTo("{\"code\":103,\"reason\":\"this channel takes no messages\"}");
	}

	@Test
	void anUnexpectedFailureIsOneLineHoweverManyPublishersSeeIt(CapturedOutput output) throws Exception {
		this.relay.fail(new IllegalStateException("broken"));
		for (int i = 0; i < 10; i++) {
			assertThat(post("chat/a/messages", "text/plain", "m").statusCode()).isEqualTo(500);
		}
		assertThat(output.toString().lines().filter((line) -> line.contains("could not be published"))).hasSize(1);
	}

	@Test
	void theApplicationSaysWhoMayPublish() throws Exception {
		URI uri = this.node.http("/atmosphere/api/channels/chat/a/messages");
		int before = messages();
		assertThat(send(HttpRequest.newBuilder(uri)
			.header("Content-Type", "text/plain")
			.header("Authorization", "Bearer nonsense")
			.POST(BodyPublishers.ofString("m"))).statusCode()).isEqualTo(401);
		assertThat(send(HttpRequest.newBuilder(uri)
			.header("Content-Type", "text/plain")
			.header("Authorization", "Bearer " + TestSecurity.token("alice", "read"))
			.POST(BodyPublishers.ofString("m"))).statusCode()).isEqualTo(403);
		assertThat(messages()).isEqualTo(before);
		assertThat(send(request("chat/a/messages").GET()).statusCode()).isIn(404, 405);
	}

	/** Without the heartbeats, which come at any time. */
	private int messages() {
		return (int) this.relay.published()
			.stream()
			.filter((envelope) -> envelope.kind() == Envelope.Kind.MESSAGE)
			.count();
	}

	@Test
	void itIsOffUnlessItIsSwitchedOn() throws Exception {
		try (TestNode plain = TestNode.start(ARGS[0])) {
			HttpResponse<String> response = send(
					HttpRequest.newBuilder(plain.http("/atmosphere/api/channels/chat/a/messages"))
						.header("Content-Type", "text/plain")
						.POST(BodyPublishers.ofString("m")));
			assertThat(response.statusCode()).isEqualTo(404);
			assertThat(TestClient.refusedStatus(plain.uri("api/channels"))).isEqualTo(400);
		}
	}

	/**
	 * Channels whose log is not the relay's, behind those of the properties.
	 */
	static final class Feeds implements BeanPostProcessor {

		@Override
		public Object postProcessAfterInitialization(Object bean, String name) {
			if (!(bean instanceof ChannelCatalog configured)) {
				return bean;
			}
			List<ChannelOptions> channels = new ArrayList<>(configured.all());
			channels.add(ChannelOptions.builder("feed/**", new QueueLimits(10, 1_000, SlowConsumerPolicy.DISCONNECT))
				.history(HistoryOptions.of(10).readFrom(mock(ChannelLog.class)))
				.build());
			return new ChannelCatalog(channels);
		}

	}

	/**
	 * The same with logs.
	 */
	@Configuration(proxyBeanMethods = false)
	static class RecordedRelay {

		@Bean
		FakeRelay fakeRelay() {
			return new FakeRelay().recorded();
		}

	}

	/**
	 * A relay that answers as the test tells it.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnRelay {

		@Bean
		FakeRelay fakeRelay() {
			return new FakeRelay();
		}

		@Bean
		OutboundInterceptor refusals() {
			return (audience, payload, options) -> {
				String text = payload.isBinary() ? "" : payload.asText();
				if (text.startsWith("refuse:")) {
					throw new RequestRefusedException(ErrorCode.valueOf(text.substring(7)), "by an interceptor");
				}
				return payload;
			};
		}

	}

}
