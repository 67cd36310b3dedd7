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

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.ClientLimits;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.LimitSettings;
import io.github.atmosphererelay.door.internal.Reception;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.WriterPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link RawDoorConnection} whose client says in its first frame who it is.
 */
class RawDoorConnectionTests {

	private final ClientLimits limits = new ClientLimits(new LimitSettings(0, 0, 0, 1));

	private final TokenChecker tokens = mock();

	private final WriterPool writers = mock();

	private final RawDoor door = mock(RETURNS_DEEP_STUBS);

	private final FakeTransport transport = new FakeTransport();

	private RawDoorConnection connection;

	@BeforeEach
	void connect() {
		given(this.door.tokens()).willReturn(this.tokens);
		given(this.door.settings().maxMessageSize()).willReturn(1_000);
		given(this.tokens.refusal(any())).willReturn(new RequestRefusedException(ErrorCode.INTERNAL, "internal error"));
		given(this.tokens.checkLater("secret", null))
			.willReturn(CompletableFuture.completedFuture(new Authenticated(() -> "ann", null)));
		Map<String, Object> attributes = new HashMap<>();
		attributes.put(RawDoorInterceptor.REQUEST,
				new RawDoorRequest("chat/a", false, true, false, false, null, false, null, AtmosphereParameters.NONE));
		Reception reception = new Reception(new NodeIdentity(UUID.randomUUID(), "node"), this.writers, mock(), mock(),
				new InboundStatistics());
		this.connection = new RawDoorConnection(this.door, new Arrival(reception, this.transport,
				Objects.requireNonNull(this.limits.admit(null)), ClientProof.nothing(), null, attributes));
	}

	@Test
	void aClientThatCannotBecomeASessionIsClosedAndKeepsNoPlace() {
		given(this.writers.open(any(), any(), any(), any(), any())).willThrow(new IllegalStateException("injected"));
		this.connection.text("{\"type\":\"auth\",\"token\":\"secret\"}", true);
		assertThat(this.transport.closed()).isEqualTo(CloseReason.INTERNAL_ERROR);
		assertThat(this.limits.connectionCount()).isZero();
	}

	@Test
	void aConnectionThatEndsAfterThatGivesItsPlaceBackOnce() {
		given(this.writers.open(any(), any(), any(), any(), any())).willThrow(new IllegalStateException("injected"));
		this.connection.text("{\"type\":\"auth\",\"token\":\"secret\"}", true);
		assertThat(this.limits.admit(null)).isNotNull();
		this.connection.closed(1006, null);
		assertThat(this.limits.connectionCount()).isOne();
	}

}
