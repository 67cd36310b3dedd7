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

package io.github.atmosphererelay.transport.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link SocketHandler}: whoever hears of a socket hears of its end whenever
 * that comes.
 */
class SocketHandlerTests {

	private final WebSocketSession socket = mock();

	private final List<String> heard = new ArrayList<>();

	private Runnable whileArriving = () -> {
	};

	private Runnable whileOpening = () -> {
	};

	private final SocketHandler handler = new SocketHandler((socket) -> {
		this.whileArriving.run();
		return new Hearing();
	});

	@BeforeEach
	void open() {
		given(this.socket.getAttributes()).willReturn(new ConcurrentHashMap<>());
		given(this.socket.isOpen()).willReturn(true);
	}

	/**
	 * What the container does on a thread of its own.
	 */
	private void close(SocketHandler handler) {
		given(this.socket.isOpen()).willReturn(false);
		handler.afterConnectionClosed(this.socket, CloseStatus.GOING_AWAY);
	}

	@Test
	void messagesAndTheEndAreReported() {
		this.handler.afterConnectionEstablished(this.socket);
		this.handler.handleMessage(this.socket, new TextMessage("a", false));
		this.handler.handleMessage(this.socket, new TextMessage("b", true));
		close(this.handler);
		assertThat(this.heard).containsExactly("opening", "opened", "text a false", "text b true", "closed 1001");
	}

	/**
	 * Who is told of the end while it begins may not have begun what the end is to undo.
	 */
	@Test
	void theEndOfASocketThatClosesWhileItOpensIsReportedAfterOpened() {
		this.whileOpening = () -> close(this.handler);
		this.handler.afterConnectionEstablished(this.socket);
		assertThat(this.heard).containsExactly("opening", "closed 1001", "opened", "closed 1006");
	}

	@Test
	void theEndOfASocketThatClosesBeforeItOpensIsReported() {
		this.whileArriving = () -> close(this.handler);
		this.handler.afterConnectionEstablished(this.socket);
		assertThat(this.heard).containsExactly("opening", "opened", "closed 1006");
	}

	@Test
	void theEndOfASocketWhoseOpeningFailsIsReported() {
		this.whileOpening = () -> {
			throw new IllegalStateException("injected");
		};
		assertThatIllegalStateException().isThrownBy(() -> this.handler.afterConnectionEstablished(this.socket));
		close(this.handler);
		assertThat(this.heard).containsExactly("opening", "closed 1001");
	}

	@Test
	void aSocketThatWasRefusedReportsNothing() {
		SocketHandler handler = new SocketHandler((socket) -> null);
		handler.afterConnectionEstablished(this.socket);
		handler.handleMessage(this.socket, new TextMessage("late"));
		handler.handleTransportError(this.socket, new IllegalStateException("injected"));
		close(handler);
		assertThat(this.heard).isEmpty();
	}

	/**
	 * Writes down what it hears.
	 */
	private final class Hearing implements Inbound {

		@Override
		public void opened() {
			SocketHandlerTests.this.heard.add("opening");
			SocketHandlerTests.this.whileOpening.run();
			SocketHandlerTests.this.heard.add("opened");
		}

		@Override
		public void text(String part, boolean last) {
			SocketHandlerTests.this.heard.add("text " + part + " " + last);
		}

		@Override
		public void binary(ByteBuffer part, boolean last) {
			SocketHandlerTests.this.heard.add("binary");
		}

		@Override
		public void ping() {
			SocketHandlerTests.this.heard.add("ping");
		}

		@Override
		public void pong(ByteBuffer payload) {
			SocketHandlerTests.this.heard.add("pong");
		}

		@Override
		public void closed(int code, @Nullable String reason) {
			SocketHandlerTests.this.heard.add("closed " + code);
		}

	}

}
