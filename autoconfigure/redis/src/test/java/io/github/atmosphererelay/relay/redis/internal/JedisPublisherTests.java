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

package io.github.atmosphererelay.relay.redis.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Connection;
import redis.clients.jedis.commands.ProtocolCommand;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link JedisPublisher} without a server: an Error on its thread ends the
 * link, which is then made anew, and every call is answered. Its deadlines are in
 * {@link JedisPublishTimeoutTests}.
 */
class JedisPublisherTests {

	private static final Error INJECTED = new OutOfMemoryError("injected");

	private final Guards guards = new Guards();

	private final Connection connection = mock();

	private final RedisLink.Listener listener = mock();

	private final List<Throwable> lost = new CopyOnWriteArrayList<>();

	private final PendingBytes pendingBytes = new PendingBytes();

	private JedisPublisher publisher;

	@BeforeEach
	void create() {
		given(this.listener.guards()).willReturn(this.guards);
		willAnswer((call) -> this.lost.add(call.getArgument(0))).given(this.listener).lost(any());
		this.publisher = new JedisPublisher(this.connection, 100, this.pendingBytes, this.listener);
	}

	@AfterEach
	void stop() {
		this.publisher.stop();
	}

	private CompletableFuture<Object> send(String text) {
		return this.publisher
			.send(RedisCall.publish(new byte[] { 'c' }, text.getBytes(StandardCharsets.UTF_8), Duration.ofMinutes(1)));
	}

	private void assertLinkIsLost() {
		await().untilAsserted(() -> assertThat(this.lost).containsExactly(INJECTED));
		assertThat(this.guards.of(Part.RELAY_SENDER).failures()).isOne();
		assertThat(this.pendingBytes.total()).isZero();
	}

	@Test
	void afterAnErrorWhileItSendsTheLinkIsLostAndEachCallIsAnswered() {
		willThrow(INJECTED).given(this.connection).sendCommand(any(ProtocolCommand.class), any(byte[][].class));
		CompletableFuture<Object> sent = send("may have gone out");
		CompletableFuture<Object> waiting = send("waits");
		this.publisher.start();
		assertLinkIsLost();
		assertThat(sent).isCompletedWithValue(null);
		assertThat(waiting).isCompletedExceptionally();
	}

	/**
	 * It stands neither among those that wait nor among those that were sent.
	 */
	@Test
	void afterAnErrorBeforeItSendsTheCallThatItHasTakenIsAnsweredToo() {
		ReflectionTestUtils.setField(this.publisher, "sending", new ArrayDeque<RedisCall>() {

			@Override
			public boolean add(RedisCall call) {
				throw INJECTED;
			}

		});
		CompletableFuture<Object> taken = send("was not sent");
		CompletableFuture<Object> waiting = send("waits");
		this.publisher.start();
		assertLinkIsLost();
		assertThat(taken).isCompletedExceptionally();
		assertThat(waiting).isCompletedExceptionally();
	}

}
