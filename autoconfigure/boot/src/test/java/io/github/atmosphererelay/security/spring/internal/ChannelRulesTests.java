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

package io.github.atmosphererelay.security.spring.internal;

import java.security.Principal;
import java.util.List;

import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for channels whose rules name an authority, behind Spring Security.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChannelRulesTests {

	private static final String[] RULES = { "atmosphere.channels[0].pattern=ops/**",
			"atmosphere.channels[0].subscribe=SCOPE_ops", "atmosphere.channels[0].client-publish=SCOPE_chief",
			"atmosphere.channels[0].presence=true", "atmosphere.channels[0].history.size=10",
			"atmosphere.channels[1].pattern=calls/**", "atmosphere.channels[1].client-publish=SCOPE_chief",
			"atmosphere.channels[2].pattern=members/**", "atmosphere.channels[2].client-publish=authenticated",
			"atmosphere.console.enabled=true", "atmosphere.console.subscribe=SCOPE_ops" };

	private TestNode node;

	@BeforeAll
	void start() {
		this.node = TestNode.start(List.of(TestSecurity.class, Calls.class), RULES);
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	private static String[] user(@Nullable String scope) {
		return (scope != null)
				? new String[] { "Authorization", "Bearer " + TestSecurity.token("user-" + scope.hashCode(), scope) }
				: new String[0];
	}

	private static TestClient raw(TestNode node, String channel, @Nullable String scope) {
		return TestClient.connect(node.uri(channel + "?ack=true"), user(scope)).awaitCount(1);
	}

	private static TestClient centrifuge(TestNode node, @Nullable String scope) {
		return TestClient.connect(node.uri("connection/websocket"), user(scope))
			.send("{\"id\":1,\"connect\":{}}")
			.awaitCount(1);
	}

	private static String ask(TestClient client, String command) {
		int before = client.count();
		client.send(command.replace('\'', '"')).awaitCount(before + 1);
		return client.texts().get(before);
	}

	@Test
	void aChannelIsForThoseWhoHaveTheAuthorityAtEveryDoor() {
		assertRulesHold(this.node);
	}

	private static void assertRulesHold(TestNode node) {
		for (String channel : List.of("ops/a", "atmosphere/console")) {
			assertThat(TestClient.refusedStatus(node.uri(channel))).as(channel).isEqualTo(401);
			assertThat(TestClient.refusedStatus(node.uri(channel), user("news"))).as(channel).isEqualTo(403);
			assertThat(TestClient.refusedStatus(node.uri(channel), user("ops"))).as(channel).isEqualTo(101);
			String subscribe = "{'id':2,'subscribe':{'channel':'" + channel + "'}}";
			try (TestClient nobody = centrifuge(node, null);
					TestClient other = centrifuge(node, "news");
					TestClient operator = centrifuge(node, "ops")) {
				assertThat(ask(nobody, subscribe)).contains("\"code\":101");
				assertThat(ask(other, subscribe)).contains("\"code\":103").doesNotContain("SCOPE");
				assertThat(ask(operator, subscribe)).contains("\"id\":2", "\"subscribe\":");
			}
		}
		try (TestClient other = centrifuge(node, "news")) {
			assertThat(ask(other, "{'id':3,'history':{'channel':'ops/a','limit':1}}")).contains("\"code\":103");
			assertThat(ask(other, "{'id':4,'presence':{'channel':'ops/a'}}")).contains("\"code\":103");
			assertThat(ask(other, "{'id':5,'presence_stats':{'channel':'ops/a'}}")).contains("\"code\":103");
			assertThat(ask(other, "{'id':6,'publish':{'channel':'ops/a','data':1}}")).contains("\"code\":103");
		}
	}

	@Test
	void publishingHasARuleOfItsOwn() {
		try (TestClient operator = raw(this.node, "ops/b", "ops");
				TestClient chief = raw(this.node, "ops/b", "ops chief")) {
			assertThat(ask(operator, "hello")).contains("\"code\":103");
			assertThat(ask(chief, "hello")).isEqualTo("hello");
		}
		try (TestClient nobody = raw(this.node, "members/a", null); TestClient user = raw(this.node, "members/a", "")) {
			assertThat(ask(nobody, "hello")).contains("\"code\":101");
			assertThat(ask(user, "hello")).isEqualTo("hello");
		}
	}

	@Test
	void theRuleForPublishingHoldsForMethodsThatTakeMessages() {
		try (TestClient user = raw(this.node, "calls/a", "news");
				TestClient chief = raw(this.node, "calls/b", "chief")) {
			assertThat(ask(user, "hello")).contains("\"code\":103");
			assertThat(ask(chief, "hello")).isEqualTo("taken");
		}
	}

	@Test
	void anAuthorizerThatGrantsEverythingOpensNoChannelWhoseRuleNamesAnAuthority() {
		try (TestNode open = TestNode.start(List.of(TestSecurity.class, Calls.class, Everything.class), RULES)) {
			assertRulesHold(open);
			// As before, it replaces the other rules.
			try (TestClient nobody = raw(open, "members/a", null)) {
				assertThat(ask(nobody, "hello")).isEqualTo("hello");
			}
		}
	}

	@Test
	void propertiesSayWhoMay() {
		ChannelOptions ops = this.node.messaging().catalog().get("ops/a");
		assertThat(ops.subscribe()).isEqualTo(ChannelAccess.authority("SCOPE_ops"));
		assertThat(ops.clientPublish()).isEqualTo(ChannelAccess.authority("SCOPE_chief"));
		assertThat(this.node.messaging().catalog().get("members/a").clientPublish())
			.isEqualTo(ChannelAccess.AUTHENTICATED);
	}

	@Test
	void aWordThatIsMisspeltFailsTheStart() {
		assertThatException()
			.isThrownBy(() -> TestNode.start("atmosphere.channels[0].pattern=a/**",
					"atmosphere.channels[0].subscribe=authentcated"))
			.havingRootCause()
			.withMessageContaining("'authentcated' is neither anyone, authenticated or none")
			.withMessageContaining("authority:authentcated");
	}

	/**
	 * Takes what is sent.
	 */
	@ManagedService("calls/{id}")
	static class Calls {

		@Message
		Object message(String text) {
			return "taken";
		}

	}

	/**
	 * An application that lets everybody do everything.
	 */
	static class Everything implements ChannelAuthorizer {

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

	}

}
