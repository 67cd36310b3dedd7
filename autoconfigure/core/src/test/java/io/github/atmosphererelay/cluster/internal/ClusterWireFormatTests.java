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

package io.github.atmosphererelay.cluster.internal;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;
import java.util.stream.Stream;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.NodeLoad;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Operation;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Status;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Life;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Type;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what nodes say to each other, byte for byte: releases meet in one cluster.
 * The vectors follow {@code src/docs/wire-format.md} and were made without the code.
 */
class ClusterWireFormatTests {

	private static final UUID NODE = UUID.fromString("11111111-2222-4333-8444-555555555555");

	private static final String HEARTBEAT = hex("""
			01010000000000000005000000020000000000000009000000076e6f64652dc3
			a40000000d31302e302e302e373a383038300000019b76daa80000000005312e
			322e3300000007000000033ff8000000000000bfd0000000000000
			""");

	private static final String LEAVE = "0103000000000000000500000002000000000000000a";

	private static final String REQUEST = "0101000000000000010204000009c40000000300ff41";

	private static final String ANSWER = "0102000000000000010201000000026e6f";

	private static final String QUERY = "0100000003616e6e000100000003732d3100000014";

	private static final String CLOSE = "00000003616e6e00000fa100000003627965";

	private static final String COUNT = "018900000000700080000000000000ab0000000463686174";

	private static final String QUESTION = "0000000373756d010000000201fe";

	private static String hex(String text) {
		return text.replaceAll("\\s", "");
	}

	private static String hex(byte[] bytes) {
		return HexFormat.of().formatHex(bytes);
	}

	private static ByteBuffer bytes(String hex) {
		return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
	}

	static Stream<Arguments> memberships() {
		return Stream.of(
				Arguments.of(HEARTBEAT, new MembershipMessage(Type.HEARTBEAT, new Life(5, 2), 9,
						new ClusterNode(NODE, "node-\u00E4", "10.0.0.7:8080", Instant.ofEpochMilli(1767225600000L),
								"1.2.3", new NodeLoad(7, 3, 1.5, -0.25)))),
				Arguments.of(LEAVE, new MembershipMessage(Type.LEAVE, new Life(5, 2), 10, null)));
	}

	@ParameterizedTest
	@MethodSource("memberships")
	void membershipIsAsDocumented(String hex, MembershipMessage message) {
		assertThat(hex(message.encode())).isEqualTo(hex);
		assertThat(MembershipMessage.decode(NODE, bytes(hex))).isEqualTo(message);
	}

	@Test
	void requestsAreAsDocumented() {
		byte[] body = { 0, (byte) 0xFF, 'A' };
		assertThat(hex(CommandMessage.request(258, Operation.SUBSCRIBE, 2500, body).encode())).isEqualTo(REQUEST);
		CommandMessage request = CommandMessage.decode(bytes(REQUEST));
		assertThat(request.request()).isEqualTo(258);
		assertThat(Operation.of(request.operation())).isEqualTo(Operation.SUBSCRIBE);
		assertThat(request.timeoutMillis()).isEqualTo(2500);
		assertThat(request.status()).isNull();
		assertThat(request.body()).isEqualTo(body);
	}

	@Test
	void answersAreAsDocumented() {
		byte[] body = { 'n', 'o' };
		assertThat(hex(CommandMessage.answer(258, Status.FAILED, body).encode())).isEqualTo(ANSWER);
		CommandMessage answer = CommandMessage.decode(bytes(ANSWER));
		assertThat(answer.request()).isEqualTo(258);
		assertThat(answer.status()).isEqualTo(Status.FAILED);
		assertThat(answer.body()).isEqualTo(body);
	}

	@Test
	void bodiesOfRequestsAreAsDocumented() {
		assertThat(hex(SessionCommandHandler.encode(new SessionQuery("ann", null, "s-1", 20)))).isEqualTo(QUERY);
		assertThat(hex(SessionCommandHandler.encode("ann", new CloseReason(4001, "bye")))).isEqualTo(CLOSE);
		assertThat(hex(CountedDeliveries.encode(UUID.fromString("01890000-0000-7000-8000-0000000000ab"), "chat")))
			.isEqualTo(COUNT);
		assertThat(hex(QuestionRegistry.encode("sum", Payload.binary(new byte[] { 1, (byte) 0xFE }))))
			.isEqualTo(QUESTION);
	}

}
