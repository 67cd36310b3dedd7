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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link RedisConnector} without a server: an Error ends nothing but what it
 * was thrown in.
 */
class RedisConnectorTests {

	private static final Error INJECTED = new OutOfMemoryError("injected");

	private final EnvelopeCodec codec = new EnvelopeCodec(1_000);

	private final RedisRelaySettings settings = new RedisRelaySettings("test:", this.codec, 1_000,
			Duration.ofSeconds(1));

	private final Guards guards = new Guards();

	private final RelayListener listener = mock();

	private final RedisDriver driver = mock();

	private final RedisLink link = mock();

	private final List<RedisLink.Listener> links = new CopyOnWriteArrayList<>();

	private final AtomicInteger connects = new AtomicInteger();

	private RedisConnector connector;

	@BeforeEach
	void create() {
		given(this.listener.guards()).willReturn(this.guards);
		given(this.driver.name()).willReturn("mock");
		given(this.driver.topology()).willReturn("none");
		willAnswer((call) -> {
			this.connects.incrementAndGet();
			this.links.add(call.getArgument(0));
			return this.link;
		}).given(this.driver).connect(any());
		this.connector = new RedisConnector(this.driver, this.settings, new RedisLogScripts(this.settings), null,
				this.listener);
	}

	@AfterEach
	void stop() {
		this.connector.stop();
	}

	@Test
	void itConnectsAfterAnErrorOfTheDriver() {
		willThrow(INJECTED).willAnswer((call) -> {
			this.links.add(call.getArgument(0));
			return this.link;
		}).given(this.driver).connect(any());
		this.connector.start();
		await().until(() -> this.links.size() == 1);
		assertThat(this.guards.of(Part.RELAY_CONNECTION).failures()).isOne();
	}

	/**
	 * Behind an attempt that took long the look for lost attempts is due at once. It
	 * leaves the pause between two attempts alone.
	 */
	@Test
	void anAttemptThatTookLongIsNotFollowedByAnotherWithoutAPause() {
		List<Thread> attempts = new CopyOnWriteArrayList<>();
		willAnswer((call) -> {
			attempts.add(Thread.currentThread());
			if (attempts.size() == 1) {
				ReflectionTestUtils.setField(this.connector, "attemptedAt",
						System.nanoTime() - Duration.ofSeconds(10).toNanos());
			}
			throw new IllegalStateException("timed out");
		}).given(this.driver).connect(any());
		ReflectionTestUtils.invokeMethod(this.connector, "connect");
		ReflectionTestUtils.invokeMethod(this.connector, "catchUp");
		assertThat(attempts).filteredOn((thread) -> thread == Thread.currentThread()).hasSize(1);
		await().until(() -> attempts.size() > 1);
	}

	@Test
	void itReplacesALinkThatThrowsAnErrorWhenItSubscribes() {
		willThrow(INJECTED).willDoNothing().given(this.link).subscribe(any());
		this.connector.subscribe(new Address.Channel("room"));
		this.connector.start();
		await().until(() -> this.links.size() == 2);
	}

	@Test
	void itReconnectsAfterAnErrorOfTheListenerThatIsToldOfTheLoss() {
		this.connector.start();
		await().until(() -> this.links.size() == 1);
		await().untilAsserted(() -> org.mockito.Mockito.verify(this.listener).connectionChanged(true));
		willThrow(INJECTED).given(this.listener).connectionChanged(anyBoolean());
		this.links.get(0).lost(new IllegalStateException("gone"));
		await().until(() -> this.links.size() == 2);
		assertThat(this.guards.of(Part.RELAY_CONNECTION).failures()).isPositive();
	}

	@Test
	void itTakesTheNextMessageAfterAnErrorOfTheListener() {
		List<Envelope> received = new CopyOnWriteArrayList<>();
		willThrow(INJECTED).willAnswer((call) -> received.add(call.getArgument(0)))
			.given(this.listener)
			.received(any(), any());
		this.connector.start();
		await().until(() -> this.links.size() == 1);
		Envelope envelope = new RelayNode(mock(io.github.atmosphererelay.relay.ClusterRelay.class)).recorded("room",
				"text", null);
		this.links.get(0).message(this.codec.encode(envelope));
		this.links.get(0).message(this.codec.encode(envelope));
		assertThat(received).hasSize(1);
		assertThat(this.guards.of(Part.RELAY_RECEIVER).failures()).isOne();
	}

}
