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

package io.github.atmosphererelay.presence.internal;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.Principal;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.presence.Presence;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.PresencePage;
import io.github.atmosphererelay.presence.internal.PresenceApplication.Events;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.security.ConfiguredAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Presence as clients and the application of one node see it.
 */
class PresenceDoorTests {

	private static TestNode start(String... args) {
		return startWith(List.of(PresenceApplication.class), args);
	}

	private static TestNode startWith(List<Class<?>> sources, String... args) {
		String[] all = new String[args.length + 5];
		System.arraycopy(args, 0, all, 5, args.length);
		all[0] = "atmosphere.channels[0].pattern=chat/**";
		all[1] = "atmosphere.channels[0].presence=true";
		all[2] = "atmosphere.channels[1].pattern=quiet/**";
		all[3] = "atmosphere.channels[2].pattern=here/**";
		all[4] = "atmosphere.channels[2].scope=node";
		return TestNode.start(sources, all);
	}

	private static String frame(String body) {
		return "{\"type\":\"presence\",\"channel\":\"chat/a\"," + body + "}";
	}

	@Test
	void aClientThatAsksIsToldWhoIsThereAndWhoComesAndGoes() {
		try (TestNode node = start("atmosphere.presence.leave-delay=100ms")) {
			TestClient alice = node.connect("chat/a?user=alice&presence=true").awaitCount(1);
			assertThat(alice.texts()).containsExactly(frame(
					"\"members\":[{\"user\":\"alice\",\"sessions\":1,\"attributes\":{\"colour\":\"green\"}}],\"count\":1"));
			TestClient bob = node.connect("chat/a?user=bob");
			alice.awaitCount(2);
			TestClient again = node.connect("chat/a?user=bob&presence=true").awaitCount(1);
			assertThat(again.texts()).containsExactly(
					frame("\"members\":[{\"user\":\"alice\",\"sessions\":1,\"attributes\":{\"colour\":\"green\"}},"
							+ "{\"user\":\"bob\",\"sessions\":2}],\"count\":2"));
			bob.close();
			again.close();
			alice.awaitCount(3);
			assertThat(alice.texts().subList(1, 3)).containsExactly(
					frame("\"joined\":[{\"user\":\"bob\",\"sessions\":1}],\"left\":[],\"count\":2"),
					frame("\"joined\":[],\"left\":[{\"user\":\"bob\",\"sessions\":1}],\"count\":1"));
			assertThat(bob.texts()).isEmpty();
			await().until(() -> node.bean(Events.class).seen().equals(List.of("+alice", "+bob", "-bob")));
			alice.close();
			await().until(() -> node.bean(Events.class).seen().contains("-alice"));
		}
	}

	@Test
	void whoReconnectsInTimeDisturbsNobody() {
		try (TestNode node = start("atmosphere.presence.leave-delay=60s")) {
			Presence presence = node.bean(Presence.class);
			TestClient alice = node.connect("chat/a?user=alice&presence=true").awaitCount(1);
			for (int i = 0; i < 5; i++) {
				TestClient bob = node.connect("chat/a?user=bob");
				await().until(() -> presence.isPresent("chat/a", "bob"));
				alice.awaitCount(2);
				bob.close();
				await().until(() -> !presence.isPresent("chat/a", "bob"));
				assertThat(presence.count("chat/a")).isOne();
			}
			node.connect("chat/a?user=carol");
			alice.awaitCount(3);
			assertThat(alice.texts().get(2))
				.isEqualTo(frame("\"joined\":[{\"user\":\"carol\",\"sessions\":1}],\"left\":[],\"count\":3"));
			await().until(() -> node.bean(Events.class).seen().equals(List.of("+alice", "+bob", "+carol")));
		}
	}

	@Test
	void manyAreToldTogetherAndOnlySomeByName() {
		try (TestNode node = start("atmosphere.presence.push-interval=300ms", "atmosphere.presence.max-names=3")) {
			TestClient watcher = node.connect("chat/a?user=a&presence=true").awaitCount(1);
			for (int i = 0; i < 50; i++) {
				node.connect("chat/a");
			}
			await().until(() -> watcher.texts().stream().anyMatch((text) -> text.contains("\"count\":51")));
			assertThat(watcher.count()).isLessThan(20);
			TestClient late = node.connect("chat/a?presence=true").awaitCount(1);
			assertThat(late.texts().get(0)).contains("\"count\":52,\"truncated\":true")
				.contains("{\"session\":\"" + node.messaging().identity().id() + ".");
			assertThat(late.texts().get(0).split("\"sessions\":", -1)).hasSize(4);
		}
	}

	@Test
	void aChannelWithoutPresenceAndAClientThatMayNotAreRefusedWithACode() {
		try (TestNode node = startWith(List.of(PresenceApplication.class, ForAliceOnlyConfiguration.class))) {
			TestClient quiet = node.connect("quiet/a?presence=true").awaitCount(1);
			assertThat(quiet.texts().get(0)).startsWith("{\"type\":\"error\",\"code\":108,");
			TestClient bob = node.connect("chat/a?user=bob&presence=true").awaitCount(1);
			assertThat(bob.texts().get(0)).startsWith("{\"type\":\"error\",\"code\":103,");
			TestClient nobody = node.connect("chat/a?presence=true").awaitCount(1);
			assertThat(nobody.texts().get(0)).startsWith("{\"type\":\"error\",\"code\":100,");
			TestClient alice = node.connect("chat/a?user=alice&presence=true").awaitCount(1);
			assertThat(alice.texts().get(0)).contains("\"user\":\"bob\"", "\"count\":3");
			assertThat(bob.isClosed()).isFalse();
			assertThat(node.messaging().statistics().inbound().refused()).isEqualTo(3);
		}
	}

	@Test
	void javaCodeAndTheEndpointListMembersInPages() throws Exception {
		try (TestNode node = start()) {
			Presence presence = node.bean(Presence.class);
			for (String user : List.of("loud", "broken", "alice", "alice")) {
				node.connect("chat/a?user=" + user);
			}
			node.connect("chat/a");
			node.connect("quiet/a");
			await().until(() -> presence.sessions("chat/a") == 5);
			assertThat(presence.count("chat/a")).isEqualTo(4);
			PresencePage page = presence.members("chat/a", null, 3);
			assertThat(page.members()).extracting(PresenceMember::user).containsExactly("alice", "broken", "loud");
			assertThat(page.members()).extracting((member) -> member.attributes().size()).containsExactly(1, 0, 0);
			page = presence.members("chat/a", page.next(), 3);
			assertThat(page.members()).singleElement().satisfies((member) -> assertThat(member.session()).isNotNull());
			assertThat(page.next()).isNull();
			assertThat(node.bean(PresenceService.class).statistics().refused()).isEqualTo(2);
			assertThatIllegalStateException().isThrownBy(() -> presence.count("quiet/a"))
				.withMessageContaining("'atmosphere.channels'");
			assertThatExceptionOfType(UnknownChannelException.class).isThrownBy(() -> presence.count("none"));
			assertThat(get(node, "?channel=chat/a&size=3&page=1").body()).contains("\"total\":4", "\"sessions\":1")
				.doesNotContain("alice");
			assertThat(get(node, "?channel=chat/a&size=1").body()).contains("\"user\":\"alice\"", "\"sessions\":2",
					"\"colour\":\"green\"");
			assertThat(get(node, "?channel=quiet/a").statusCode()).isEqualTo(404);
			assertThat(get(node, "").statusCode()).isEqualTo(404);
		}
	}

	private static HttpResponse<String> get(TestNode node, String query) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/actuator/atmosphere/presence" + query))
				.timeout(Duration.ofSeconds(10))
				.build(), HttpResponse.BodyHandlers.ofString());
	}

	@Test
	void aChannelOfOneNodeHasPresenceThatIsNotToldToOthers() {
		try (TestNode node = start("atmosphere.channels[2].presence=true")) {
			TestClient client = node.connect("here/a?user=alice&presence=true").awaitCount(1);
			assertThat(node.bean(Presence.class).count("here/a")).isOne();
			assertThat(node.bean(PresenceService.class).ownEntries()).isZero();
			client.close();
			MachineTime.await(Duration.ofSeconds(10)).until(() -> node.bean(Presence.class).count("here/a") == 0);
		}
	}

	/**
	 * Lets only one see who is there, and fails for those without a name.
	 */
	@Configuration(proxyBeanMethods = false)
	static class ForAliceOnlyConfiguration {

		@Bean
		ChannelAuthorizer authorizer(ConfiguredAuthorizer configured) {
			return new ForAliceOnly(configured);
		}

	}

	private record ForAliceOnly(ChannelAuthorizer delegate) implements ChannelAuthorizer {

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			return this.delegate.canSubscribe(principal, session, channel);
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			return this.delegate.canPublish(principal, session, channel);
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			if (principal == null) {
				throw new IllegalStateException("nobody");
			}
			return principal.getName().equals("alice") ? Authorization.GRANTED : Authorization.DENIED;
		}

	}

}
