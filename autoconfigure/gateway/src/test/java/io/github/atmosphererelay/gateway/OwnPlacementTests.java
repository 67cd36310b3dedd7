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

package io.github.atmosphererelay.gateway;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.Placement;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a gateway whose application places users by a rule of its own.
 */
class OwnPlacementTests {

	@Test
	void usersComeWhereTheApplicationsPlacementSaysAndTheLookupSaysSo() throws Exception {
		try (TestBackend first = new TestBackend("n1");
				TestBackend second = new TestBackend("n2");
				TestGateway gateway = TestGateway.with(GuestsApart.class, List.of(first, second))) {
			for (int i = 0; i < 10; i++) {
				for (String user : List.of("guest-" + i, "user-" + i)) {
					String node = user.startsWith("guest") ? "n1" : "n2";
					assertThat(get(gateway, "/atmosphere/chat/a", user)).isEqualTo(node);
					TestSocket socket = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"), "X-User", user);
					assertThat(socket.next()).isEqualTo("text:" + node);
					socket.socket().abort();
					assertThat(JsonMapper.shared()
						.readTree(get(gateway, "/atmosphere/api/route", user))
						.path("node")
						.stringValue()).isEqualTo(node);
				}
			}
		}
	}

	@Test
	void clientsComeToTheNodeThatServesTheirChannelAtPresentAndOthersWhereTheirUserBelongs() throws Exception {
		try (TestBackend first = new TestBackend("n1");
				TestBackend second = new TestBackend("n2");
				TestGateway gateway = TestGateway.with(PlacedChannels.class, List.of(first, second))) {
			for (String node : List.of("n1", "n2", "n1")) {
				PlacedChannels.present = node;
				for (int i = 0; i < 10; i++) {
					assertThat(get(gateway, "/atmosphere/chat/a?channel=prices%2Fa", "user-" + i)).isEqualTo(node);
				}
				TestSocket socket = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a?channel=prices/a"));
				assertThat(socket.next()).isEqualTo("text:" + node);
				socket.socket().abort();
				for (int i = 0; i < 10; i++) {
					String owner = gateway.ring().ring().owner("user-" + i).name();
					assertThat(get(gateway, "/atmosphere/chat/a?channel=other/a", "user-" + i)).isEqualTo(owner);
					assertThat(get(gateway, "/atmosphere/chat/a", "user-" + i)).isEqualTo(owner);
				}
			}
			PlacedChannels.present = "gone";
			assertThat(get(gateway, "/atmosphere/chat/a?channel=prices/a", "user-1"))
				.isEqualTo(gateway.ring().ring().owner("user-1").name());
		}
	}

	private static String get(TestGateway gateway, String path, String user) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(gateway.http(path)).header("X-User", user).build();
		return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
	}

	/**
	 * Knows which node serves the channels of prices.
	 */
	@Configuration(proxyBeanMethods = false)
	static class PlacedChannels {

		static volatile String present = "n1";

		@Bean
		ChannelPlaces channelPlaces() {
			return () -> {
				String node = present;
				return (channel) -> channel.startsWith("prices/") ? node : null;
			};
		}

	}

	/**
	 * Guests at one node, and everybody else at another one.
	 */
	@Configuration(proxyBeanMethods = false)
	static class GuestsApart {

		@Bean
		Placement placement() {
			return (user, ring) -> ring.member(user.startsWith("guest") ? "n1" : "n2");
		}

	}

}
