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

package io.github.atmosphererelay.door.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.door.internal.Arrival.SessionEnd;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import io.github.atmosphererelay.transport.internal.Inbound;
import io.github.atmosphererelay.transport.internal.SocketHandler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.WebSocketSession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link SocketDispatcher} and {@link Arrival}: there is room for one
 * connection, and whatever becomes of it, the next one finds its place free.
 */
class SocketDispatcherTests {

	private static final InetSocketAddress ADDRESS = new InetSocketAddress("198.51.100.7", 1);

	private final ClientLimits limits = new ClientLimits(new LimitSettings(1, 1, 0, 1));

	private final WriterPool writers = new WriterPool(new WriterSettings(1, 1, Duration.ofSeconds(5)),
			new SessionStatistics(), mock(ScheduledExecutorService.class));

	private final InboundStatistics statistics = mock();

	private final HttpSessionRegistry httpSessions = mock();

	private Consumer<Arrival> take = (arrival) -> {
	};

	private final Reception reception = new Reception(mock(), this.writers, mock(), this.httpSessions, this.statistics);

	private final SocketDispatcher dispatcher = new SocketDispatcher(this.reception, this.limits, Duration.ofSeconds(5),
			(arrival) -> {
				this.take.accept(arrival);
				return new Visit(arrival);
			});

	private @Nullable Arrival arrival;

	@AfterEach
	void awaitThatNoConnectionCounts() {
		assertThat(this.limits.connectionCount()).isZero();
		assertThat(this.limits.addressCount()).isZero();
		assertThat(this.limits.userCount()).isZero();
		assertThat(this.limits.hasRoom(ADDRESS)).isTrue();
	}

	private static WebSocketSession socket() {
		WebSocketSession socket = mock();
		Map<String, Object> attributes = new ConcurrentHashMap<>();
		attributes.put(DoorInterceptor.PROOF, ClientProof.nothing());
		given(socket.getAttributes()).willReturn(attributes);
		given(socket.getRemoteAddress()).willReturn(ADDRESS);
		given(socket.isOpen()).willReturn(true);
		return socket;
	}

	private Arrival arrive() {
		assertThat(this.dispatcher.apply(socket())).isNotNull();
		assertThat(this.limits.connectionCount()).isOne();
		assertThat(this.limits.hasRoom(ADDRESS)).isFalse();
		Arrival arrival = this.arrival;
		assertThat(arrival).isNotNull();
		return arrival;
	}

	private LocalSession open(Arrival arrival) {
		assertThat(arrival.identify(() -> "ann")).isTrue();
		return arrival.open("1", arrival.takeProof(), arrival.transport(), SessionEnd.NOTHING);
	}

	@Test
	void aConnectionOverTheLimitIsClosedAndDoesNotCount() throws IOException {
		Arrival first = arrive();
		WebSocketSession second = socket();
		assertThat(this.dispatcher.apply(second)).isNull();
		then(second).should()
			.close(new CloseStatus(CloseReason.CONNECTION_LIMIT.code(), CloseReason.CONNECTION_LIMIT.text()));
		assertThat(this.limits.connectionCount()).isOne();
		first.gone();
	}

	@Test
	void aConnectionThatEndsBeforeItIsASessionIsReleasedOnce() {
		Arrival arrival = arrive();
		arrival.gone();
		Arrival next = arrive();
		// Of the former one
		arrival.gone();
		assertThat(this.limits.connectionCount()).isOne();
		next.gone();
	}

	@Test
	void aRefusedConnectionIsReleased() {
		Arrival arrival = arrive();
		arrival.refuse(ErrorCode.UNAUTHORIZED, CloseReason.STALE);
		assertThat(this.limits.connectionCount()).isZero();
		arrival.gone();
	}

	@Test
	void aRefusedConnectionIsReleasedAlthoughCountingFails() {
		Arrival arrival = arrive();
		willThrow(new IllegalStateException("injected")).given(this.statistics).countRefused(any());
		assertThatIllegalStateException().isThrownBy(() -> arrival.refuse(ErrorCode.UNAUTHORIZED, CloseReason.STALE));
	}

	@Test
	void aSessionIsReleasedWhenItEnds() {
		Arrival arrival = arrive();
		LocalSession session = open(arrival);
		assertThat(this.limits.userCount()).isOne();
		session.ended(1000, null);
		session.ended(1006, null);
	}

	@Test
	void aSessionIsReleasedAlthoughReportingItsEndFails() {
		LocalSession session = open(arrive());
		willThrow(new IllegalStateException("injected")).given(this.httpSessions).ended(session);
		assertThatIllegalStateException().isThrownBy(() -> session.ended(1000, null));
	}

	/**
	 * As if the node had run out of memory there: the connection's end does the rest.
	 */
	@Test
	void aSessionThatCannotBeOpenedIsReleasedWhenItsConnectionEnds() {
		Arrival arrival = arrive();
		willThrow(new IllegalStateException("injected")).given(this.httpSessions).opened(any(), any());
		assertThatIllegalStateException().isThrownBy(() -> open(arrival));
		arrival.gone();
	}

	@Test
	void aUserWithTooManySessionsIsRefusedAndReleased() {
		Arrival arrival = arrive();
		ClientLimits.Admission other = this.limits.admit(null);
		assertThat(other).isNotNull();
		assertThat(other.identify(() -> "ann")).isTrue();
		assertThat(arrival.identify(() -> "ann")).isFalse();
		arrival.refuse(ErrorCode.LIMIT_EXCEEDED, CloseReason.CONNECTION_LIMIT);
		other.end();
	}

	@Test
	void aConnectionIsReleasedIfItsDoorFails() {
		this.take = (arrival) -> {
			throw new IllegalStateException("injected");
		};
		assertThatIllegalStateException().isThrownBy(() -> this.dispatcher.apply(socket()));
	}

	@Test
	void aConnectionIsReleasedIfItsDoorRunsOutOfMemory() {
		this.take = (arrival) -> {
			throw new OutOfMemoryError("injected");
		};
		assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> this.dispatcher.apply(socket()));
	}

	@Test
	void aHandshakeWithoutAProofDoesNotCount() {
		WebSocketSession socket = socket();
		socket.getAttributes().clear();
		assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> this.dispatcher.apply(socket));
	}

	@Test
	void aSocketThatClosesWhileItOpensIsReleased() {
		SocketHandler handler = new SocketHandler(this.dispatcher);
		WebSocketSession socket = socket();
		this.take = (arrival) -> {
			given(socket.isOpen()).willReturn(false);
			handler.afterConnectionClosed(socket, CloseStatus.GOING_AWAY);
		};
		handler.afterConnectionEstablished(socket);
		assertThat(this.arrival).isNotNull();
	}

	/**
	 * A connection at a door that does nothing with it.
	 */
	private final class Visit implements Inbound {

		private final Arrival arrival;

		private Visit(Arrival arrival) {
			this.arrival = arrival;
			SocketDispatcherTests.this.arrival = arrival;
		}

		@Override
		public void opened() {
		}

		@Override
		public void text(String part, boolean last) {
		}

		@Override
		public void binary(ByteBuffer part, boolean last) {
		}

		@Override
		public void ping() {
		}

		@Override
		public void pong(ByteBuffer payload) {
		}

		@Override
		public void closed(int code, @Nullable String reason) {
			this.arrival.gone();
		}

	}

}
