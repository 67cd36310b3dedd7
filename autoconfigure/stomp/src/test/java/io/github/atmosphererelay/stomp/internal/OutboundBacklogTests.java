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

package io.github.atmosphererelay.stomp.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.support.ExecutorSubscribableChannel;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OutboundBacklog}.
 */
class OutboundBacklogTests {

	private static final int MAX = 64 * OutboundBacklog.OVERHEAD;

	private final OutboundBacklog backlog = new OutboundBacklog(MAX);

	private final MessageChannel channel = new ExecutorSubscribableChannel();

	private static Message<byte[]> message(String destination, String session, int size) {
		SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.create(SimpMessageType.MESSAGE);
		accessor.setDestination(destination);
		accessor.setSessionId(session);
		return MessageBuilder.createMessage(new byte[size], accessor.getMessageHeaders());
	}

	private void send(String destination, int size, String... sessions) {
		MultiValueMap<String, String> found = new LinkedMultiValueMap<>();
		for (String each : sessions) {
			found.add(each, "1");
		}
		this.backlog.expect();
		this.backlog.found(message(destination, "", size), found);
	}

	private void refused(String destination, String session) {
		this.backlog.afterSendCompletion(message(destination, session, 0), this.channel, false, null);
	}

	@Test
	void theBytesOfAMessageAreSharedByItsSubscribers() {
		this.backlog.connected("a");
		this.backlog.connected("b");
		send("/topic/x", 2_000, "a", "b");
		assertThat(this.backlog.bytes()).isEqualTo(2 * (OutboundBacklog.OVERHEAD + 1_000));
		refused("/topic/x", "a");
		assertThat(this.backlog.bytes()).isEqualTo(OutboundBacklog.OVERHEAD + 1_000);
		refused("/topic/x", "a");
		refused("/topic/x", "b");
		assertThat(this.backlog.bytes()).isZero();
	}

	@Test
	void whatWaitsForASessionIsGoneWithIt() {
		this.backlog.connected("a");
		send("/topic/x", 0, "a", "unknown");
		send("/topic/y", 0, "a");
		this.backlog.disconnected("a");
		assertThat(this.backlog.bytes()).isZero();
		refused("/topic/x", "a");
		send("/topic/x", 0, "a");
		assertThat(this.backlog.bytes()).isZero();
	}

	@Test
	void aLookAtTheRegistryThatSendsNothingIsNotCounted() {
		this.backlog.connected("a");
		MultiValueMap<String, String> found = new LinkedMultiValueMap<>();
		found.add("a", "1");
		this.backlog.found(message("/topic/x", "", 0), found);
		assertThat(this.backlog.bytes()).isZero();
	}

	@Test
	void oneGroupOfDestinationsDoesNotHoldUpAnother() {
		this.backlog.connected("a");
		for (int i = 0; i < 3; i++) {
			send("/topic/x", 0, "a");
		}
		this.backlog.awaitRoom("/topic/y");
		CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> this.backlog.awaitRoom("/topic/x"));
		assertThat(waits).isNotDone();
		refused("/topic/x", "a");
		assertThat(waits).succeedsWithin(Duration.ofSeconds(4));
	}

	@Test
	void thoseThatAreFurthestBehindHaveToGoOnce() {
		this.backlog.connected("a");
		this.backlog.connected("b");
		for (int i = 0; i < 65; i++) {
			send("/topic/x", 0, "a");
			send("/topic/y", 0, "b");
		}
		send("/topic/y", 0, "b");
		assertThat(this.backlog.takeExcess()).containsExactly("b", "a");
		assertThat(this.backlog.takeExcess()).isEmpty();
	}

}
