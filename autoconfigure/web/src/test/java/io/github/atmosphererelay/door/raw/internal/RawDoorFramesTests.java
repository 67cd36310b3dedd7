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

package io.github.atmosphererelay.door.raw.internal;

import java.time.Duration;
import java.util.UUID;

import io.github.atmosphererelay.durable.internal.DurableStart;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.SubscriptionEnd;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * What {@link RawDoorFrames} writes, byte by byte.
 */
class RawDoorFramesTests {

	private final LocalSession session = mock();

	private final RawDoorFrames frames = new RawDoorFrames(new NodeIdentity(UUID.randomUUID(), "node \"1\""), mock(),
			new QueueLimits(10, 1000, SlowConsumerPolicy.DISCONNECT));

	@BeforeEach
	void prepare() {
		given(this.session.id()).willReturn("s1");
	}

	@Test
	void aSubscriptionThatStands() {
		assertThat(this.frames.ready(this.session, "chat/ü", SubscriptionState.DEGRADED).asText())
			.isEqualTo("{\"type\":\"ready\",\"channel\":\"chat/ü\",\"session\":\"s1\",\"node\":\"node \\\"1\\\"\","
					+ "\"degraded\":true}");
	}

	@Test
	void howASubscriptionHasBegun() {
		String begin = "{\"type\":\"subscribed\",\"channel\":\"log/a\",\"session\":\"s1\",\"node\":\"node \\\"1\\\"\",";
		assertThat(this.frames.subscribed(this.session, "log/a", new Position("e:1", 12), true, true, 3).asText())
			.isEqualTo(begin + "\"recoverable\":true,\"epoch\":\"e:1\",\"offset\":12,\"wasRecovering\":true,"
					+ "\"recovered\":true,\"replayed\":3}");
		assertThat(this.frames.subscribed(this.session, "log/a", null, false, false, 0).asText())
			.isEqualTo(begin + "\"recoverable\":false,\"wasRecovering\":false,\"recovered\":false,\"replayed\":0}");
	}

	@Test
	void theEndOfASubscription() {
		assertThat(this.frames.unsubscribed(this.session, "chat/ü", null).asText()).isEqualTo(
				"{\"type\":\"unsubscribed\",\"channel\":\"chat/ü\",\"session\":\"s1\",\"node\":\"node \\\"1\\\"\"}");
		assertThat(this.frames.unsubscribed(this.session, "a", SubscriptionEnd.ENDED).asText())
			.isEqualTo("{\"type\":\"unsubscribed\",\"channel\":\"a\",\"session\":\"s1\",\"node\":\"node \\\"1\\\"\","
					+ "\"code\":2001,\"reason\":\"ended\"}");
	}

	@Test
	void whatBecameOfADurableSession() {
		assertThat(RawDoorFrames.durable(DurableStart.UNAVAILABLE, Duration.ZERO).asText())
			.isEqualTo("{\"type\":\"durable\",\"durable\":false,\"restored\":false}");
		assertThat(RawDoorFrames.durable(DurableStart.FULL, Duration.ZERO).asText())
			.isEqualTo("{\"type\":\"durable\",\"durable\":false,\"restored\":false,"
					+ "\"reason\":\"too many durable sessions\"}");
	}

	@Test
	void aTokenThatWasTaken() {
		assertThat(RawDoorFrames.authenticated(this.session, new Authenticated(() -> "al\"ice", null)).asText())
			.isEqualTo("{\"type\":\"authenticated\",\"session\":\"s1\",\"user\":\"al\\\"ice\"}");
	}

	@Test
	void anError() {
		assertThat(
				RawDoorFrames.error(new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too \"many\"")).asText())
			.isEqualTo("{\"type\":\"error\",\"code\":111,\"reason\":\"too \\\"many\\\"\"}");
	}

	@Test
	void aGreeting() {
		assertThat(RawDoorFrames.greeting("s1").asText()).isEqualTo("s1|0|X|");
	}

}
