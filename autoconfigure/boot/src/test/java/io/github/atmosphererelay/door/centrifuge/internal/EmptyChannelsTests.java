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

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for clients that ask for recorded channels in which nothing was published.
 */
@Timeout(60)
class EmptyChannelsTests {

	private static TestNode node;

	@BeforeAll
	static void startNode() {
		node = TestNode.start("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=10",
				"atmosphere.limits.empty-channels-per-minute=1");
	}

	@AfterAll
	static void stopNode() {
		node.close();
	}

	/** The first request is within the limit, and the next one a minute too early. */
	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', delimiter = '|',
			value = { "history | {'channel':'log/NAME','limit':0}", "history | {'channel':'log/NAME','limit':5}",
					"history | {'channel':'log/NAME','limit':5,'since':{'epoch':'none','offset':3}}",
					"subscribe | {'channel':'log/NAME'}", "subscribe | {'channel':'log/NAME','recover':true}",
					"subscribe | {'channel':'log/NAME','recover':true,'epoch':'none','offset':3}" })
	void aClientMayAskForSoMany(String method, String request) {
		CentrifugeSocket socket = CentrifugeSocket.connect(node.uri("connection/websocket"));
		long before = node.messaging().statistics().inbound().refused(ErrorCode.TOO_MANY_REQUESTS);
		String name = method + request.hashCode();
		assertThat(socket.errorOf(method, request.replace("NAME", name + "-1")))
			.isNotEqualTo(ErrorCode.TOO_MANY_REQUESTS.code());
		assertThat(socket.errorOf(method, request.replace("NAME", name + "-2")))
			.isEqualTo(ErrorCode.TOO_MANY_REQUESTS.code());
		assertThat(node.messaging().statistics().inbound().refused(ErrorCode.TOO_MANY_REQUESTS)).isEqualTo(before + 1);
	}

	@Test
	void whatHasMessagesOrIsFollowedAnywayDoesNotCount() {
		node.broadcaster().broadcast("log/full", "text").join();
		CentrifugeSocket socket = CentrifugeSocket.connect(node.uri("connection/websocket"));
		CentrifugeSocket other = CentrifugeSocket.connect(node.uri("connection/websocket"));
		other.subscribe("log/followed");
		for (int i = 0; i < 50; i++) {
			assertThat(socket.errorOf("history", "{'channel':'log/full','limit':" + i % 2 + "}")).isZero();
			assertThat(socket.errorOf("history", "{'channel':'log/followed','limit':" + i % 2 + "}")).isZero();
		}
		socket.subscribe("log/followed");
		socket.subscribe("log/full");
	}

}
