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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The npm client {@code centrifuge}, as published, with each of its transports.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractCentrifugeJsTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private TestNode node;

	@BeforeAll
	void start() throws Exception {
		NodeScripts.install();
		this.node = startNode();
	}

	@AfterAll
	void stop() {
		if (this.node != null) {
			this.node.close();
		}
	}

	static TestNode node(String... more) {
		return TestNode.start(List.of(Calls.class, Tokens.class),
				Stream.concat(Stream.of("atmosphere.channels[0].pattern=chat/**",
						"atmosphere.channels[0].client-publish=true", "atmosphere.channels[0].presence=true",
						"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].client-publish=true",
						"atmosphere.channels[1].history.size=100", "atmosphere.channels[2].pattern=members/**",
						"atmosphere.channels[2].subscribe=authenticated", "atmosphere.channels[3].pattern=news/**",
						"atmosphere.presence.push-interval=50ms", "atmosphere.presence.leave-delay=50ms"),
						Stream.of(more))
					.toArray(String[]::new));
	}

	/**
	 * Start the node that the clients connect to.
	 */
	abstract TestNode startNode() throws Exception;

	/**
	 * Return the URL of the transport at the node, and what follows it.
	 */
	abstract List<String> transport(TestNode node);

	private JsonNode run(String scenario) throws Exception {
		List<String> arguments = new ArrayList<>(List.of("centrifuge-door.mjs", scenario));
		arguments.addAll(transport(this.node));
		NodeScripts.Run run = NodeScripts.run(60, arguments.toArray(String[]::new));
		JsonNode result = run.result();
		assertThat(result.path("error").isNull()).as(run.output()).isTrue();
		return result;
	}

	private static void assertJson(JsonNode actual, String expected) {
		assertThat(actual).isEqualTo(JSON.readTree(expected.replace('\'', '"')));
	}

	@Test
	void whatIsPublishedComesBackAsItWas() throws Exception {
		JsonNode result = run("publish");
		assertJson(result.path("messages"), "[{'text':'grüße 😀\\nzweite Zeile'},'text',42,null,[1,{'a':'b'}],true]");
		assertThat(result.path("state").asString()).isEqualTo("connected");
	}

	@Test
	void aClientWhoseConnectionWasCutGetsWhatItHasMissedOnceAndInOrder() throws Exception {
		JsonNode result = run("recovery");
		assertJson(result.path("first"), "{'recovered':false,'wasRecovering':false}");
		assertJson(result.path("again"), "{'recovered':true,'wasRecovering':true}");
		assertJson(result.path("messages"), "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]");
		assertJson(result.path("offsets"), "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]");
		assertJson(result.path("unrecovered"), "{'recovered':false,'wasRecovering':true}");
		assertJson(result.path("wildcard"), "{'recovered':true,'wasRecovering':true}");
		assertJson(result.path("wildcardMessages"), "[19,20]");
	}

	@Test
	void theHistoryIsReadInPagesAndBothDirections() throws Exception {
		JsonNode result = run("history");
		assertJson(result.path("none"), "{'offset':10,'publications':0,'hasEpoch':true}");
		assertJson(result.path("all"), "[0,1,2,3,4,5,6,7,8,9]");
		assertJson(result.path("page"), "[0,1,2]");
		assertJson(result.path("next"), "[3,4,5]");
		assertJson(result.path("reverse"), "[9,8]");
		assertThat(result.path("otherEpoch").asInt()).isEqualTo(112);
		assertThat(result.path("ephemeral").asInt()).isEqualTo(108);
	}

	@Test
	void itIsToldWhoIsThereAndWhoComesAndGoes() throws Exception {
		JsonNode result = run("presence");
		assertThat(result.path("count").asInt()).isEqualTo(2);
		assertJson(result.path("stats"), "{'clients':2,'users':2}");
		assertThat(result.path("sameClient").asBoolean()).isTrue();
		assertThat(result.path("after").asInt()).isEqualTo(1);
		assertThat(result.path("unavailable").asInt()).isEqualTo(108);
	}

	@Test
	void callsAreAnsweredByAnnotatedMethods() throws Exception {
		JsonNode result = run("rpc");
		assertJson(result.path("sum"), "{'sum':5}");
		assertThat(result.path("text").asString()).isEqualTo("HELLO");
		assertThat(result.path("nothing").isNull()).isTrue();
		assertThat(result.path("invalid").asInt()).isEqualTo(107);
		assertThat(result.path("refused").path("code").asInt()).isEqualTo(103);
		assertThat(result.path("refused").path("message").asString()).isEqualTo("not today");
		assertThat(result.path("unknown").asInt()).isEqualTo(104);
		assertJson(result.path("many"), "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]");
	}

	@Test
	void whatIsNotAllowedIsRefusedWithItsCodeAndTheConnectionStays() throws Exception {
		JsonNode result = run("errors");
		assertJson(result.path("codes"),
				"{'unknown':102,'members/js':101,'bad name':107,'publish':103,'elsewhere':103}");
		assertThat(result.path("state").asString()).isEqualTo("connected");
	}

	@Test
	void theNodeSubscribesUnsubscribesAndSendsAway() throws Exception {
		CompletableFuture<JsonNode> script = CompletableFuture.supplyAsync(() -> {
			try {
				return run("serverSide");
			}
			catch (Exception ex) {
				throw new CompletionException(ex);
			}
		}, (task) -> new Thread(task, "script").start());
		MachineTime.await(Duration.ofSeconds(30))
			.until(() -> this.node.messaging().registry().countInChannel("chat/go") == 1 || script.isDone());
		Cluster cluster = this.node.bean(Cluster.class);
		cluster.subscribe("alice", "chat/given").join();
		this.node.broadcaster().broadcast("chat/given", "hello");
		this.node.broadcaster().toUser("alice", "hi");
		cluster.unsubscribe("alice", "chat/given").join();
		cluster.unsubscribe("alice", "chat/own").join();
		cluster.disconnectUser("alice", CloseReason.LOGGED_OUT).join();
		JsonNode result = script.get(60, TimeUnit.SECONDS);
		assertJson(result.path("events"),
				"['subscribed chat/given','publication hello','message hi'," + "'unsubscribed chat/given','own 2000']");
		assertThat(result.path("disconnected").asInt()).isEqualTo(3503);
	}

	/**
	 * Takes names for tokens.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Tokens {

		@Bean
		TokenAuthenticator tokens() {
			return (token) -> new TokenAuthenticator.Authenticated(() -> token, null);
		}

	}

	/**
	 * Answers calls.
	 */
	@ManagedService("calls")
	static class Calls {

		@Rpc
		Sum sum(Numbers numbers) {
			return new Sum(numbers.a() + numbers.b());
		}

		@Rpc("shout")
		String upperCase(String json) {
			return json.toUpperCase();
		}

		@Rpc
		void nothing() {
		}

		@Rpc
		void refuse() {
			throw new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "not today");
		}

	}

	record Numbers(int a, int b) {

	}

	record Sum(int sum) {

	}

}
