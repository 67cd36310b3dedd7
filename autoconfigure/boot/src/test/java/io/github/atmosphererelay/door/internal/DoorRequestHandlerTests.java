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

import java.util.List;
import java.util.Map;

import jakarta.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.RequestUpgradeStrategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link DoorRequestHandler}: what fails in a handshake, and how its client is
 * answered. {@link HandshakeFuzzTests} has whole servers.
 */
@ExtendWith(OutputCaptureExtension.class)
class DoorRequestHandlerTests {

	private final MockHttpServletRequest request = new MockHttpServletRequest("GET", "/atmosphere/chat/lobby");

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	private HandshakeSupport handshakes;

	@BeforeEach
	void prepare() {
		HandshakeGate gate = new HandshakeGate();
		gate.open();
		this.handshakes = new HandshakeSupport(List.of(), gate, new ServerCapacity(null), new ClientAddresses(false),
				mock(RefusalResponder.class), RequestRejectedException.class::isInstance,
				mock(RequestUpgradeStrategy.class));
		this.request.addHeader("Upgrade", "websocket");
		this.request.addHeader("Connection", "Upgrade");
		this.request.addHeader("Sec-WebSocket-Version", "13");
		this.request.addHeader("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
	}

	/**
	 * Handle the handshake behind Spring Security's firewall.
	 */
	private void handle() throws Exception {
		AdmissionChecker checks = new AdmissionChecker(this.handshakes, mock(), mock());
		DoorInterceptor interceptor = new DoorInterceptor(checks, this.handshakes.refusals()) {

			@Override
			protected ClientProof admit(HttpServletRequest request, Map<String, Object> attributes) {
				throw new IllegalStateException("no database");
			}

		};
		new DoorRequestHandler(this.handshakes, false, mock(WebSocketHandler.class), interceptor)
			.handleRequest(new StrictHttpFirewall().getFirewalledRequest(this.request), this.response);
	}

	/**
	 * The firewall looks at a header when it is read, which is here, and not when it
	 * answers what it rejects itself.
	 */
	@Test
	void whatTheFirewallRejectsIsTheClientsFault(CapturedOutput output) throws Exception {
		this.request.addHeader("Origin", "https://a.example\u0085");
		handle();
		assertThat(this.response.getStatus()).isEqualTo(400);
		assertThat(this.response.getContentAsString()).contains("a header that is not allowed");
		assertThat(output).doesNotContain("ERROR");
	}

	@Test
	void whatFailsOtherwiseIsTheNodesFault(CapturedOutput output) throws Exception {
		handle();
		assertThat(this.response.getStatus()).isEqualTo(500);
		assertThat(output).contains("ERROR", "The handshake at", "no database");
	}

}
