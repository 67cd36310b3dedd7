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

package io.github.atmosphererelay.autoconfigure;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for the checks of {@link AtmosphereRoutingAutoConfiguration}.
 */
class RoutingConfigurationTests {

	@Test
	void withoutANameOfItsOwnANodeDoesNotStart() {
		assertRefused("atmosphere.cluster.node-name");
	}

	@Test
	void anAddressToWhichBrowsersCannotBeSentIsRefusedIfThereAreLookups() {
		assertRefused("atmosphere.cluster.address", "--atmosphere.cluster.node-name=a",
				"--atmosphere.routing.lookup=true", "--atmosphere.cluster.address=10.0.0.5:8080");
	}

	@Test
	void anAddressThatOtherNodesCannotReadIsRefused() {
		assertRefused("atmosphere.cluster.address", "--atmosphere.cluster.node-name=a",
				"--atmosphere.cluster.address=https://" + "a".repeat(1_024));
	}

	@Test
	void nobodyIsToldWhoIsWhereUnlessThatIsSwitchedOn() throws Exception {
		try (TestNode node = TestNode.start("atmosphere.routing.enabled=true", "atmosphere.cluster.node-name=a")) {
			for (String path : List.of("/atmosphere/api/route", "/atmosphere/api/ring")) {
				HttpRequest request = HttpRequest.newBuilder(node.http(path)).build();
				assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode()).as(path)
					.isEqualTo(404);
			}
		}
	}

	private static void assertRefused(String property, String... args) {
		String[] all = new String[args.length + 1];
		System.arraycopy(args, 0, all, 0, args.length);
		all[args.length] = "--atmosphere.routing.enabled=true";
		assertThatThrownBy(() -> TestNode.start(all)).rootCause()
			.isInstanceOf(RelayNotConfiguredException.class)
			.extracting((cause) -> ((RelayNotConfiguredException) cause).getAction())
			.asString()
			.contains(property);
	}

}
