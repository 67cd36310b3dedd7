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

package io.github.atmosphererelay.autoconfigure;

import java.net.URI;
import java.util.List;

import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.simp.config.MessageBrokerRegistry;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.EnableWebSocketMessageBroker;
import org.springframework.web.socket.config.annotation.StompEndpointRegistry;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketHandlerRegistry;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;
import org.springframework.web.socket.handler.TextWebSocketHandler;
import org.springframework.web.socket.server.HandshakeHandler;
import org.springframework.web.socket.server.standard.StandardWebSocketUpgradeStrategy;
import org.springframework.web.socket.server.support.DefaultHandshakeHandler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that an application's own WebSocket handlers go on working beside ours.
 */
class ApplicationSocketsTests {

	@Test
	void handlersAndStompOfTheApplicationWorkBesideTheRawDoor() {
		try (TestNode node = TestNode.start(List.of(Handlers.class, Stomp.class),
				"atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=true")) {
			TestClient raw = node.connect("chat/a?ack=true").awaitCount(1);
			TestClient echo = TestClient.connect(socket(node, "/echo"));
			TestClient everything = TestClient.connect(socket(node, "/elsewhere/a/b"));
			TestClient stomp = TestClient.connect(socket(node, "/stomp"));
			raw.send("to the door").awaitCount(2);
			echo.send("to the handler").awaitCount(1);
			everything.send("anywhere").awaitCount(1);
			stomp.send("CONNECT\naccept-version:1.2\nhost:localhost\n\n\0").awaitCount(1);
			stomp.send("SUBSCRIBE\nid:1\ndestination:/topic/news\nreceipt:r\n\n\0");
			stomp.send("SEND\ndestination:/topic/news\n\nfresh\0");
			assertThat(raw.texts().get(1)).isEqualTo("to the door");
			assertThat(echo.texts()).containsExactly("echo: to the handler");
			assertThat(everything.texts()).containsExactly("echo: anywhere");
			assertThat(stomp.texts().get(0)).startsWith("CONNECTED");
			await().until(() -> stomp.texts().stream().anyMatch((frame) -> frame.contains("fresh")));
			assertThat(node.messaging().registry().sessionCount()).isOne();
			List.of(raw, echo, everything, stomp).forEach(TestClient::close);
		}
	}

	private static URI socket(TestNode node, String path) {
		return URI.create("ws://localhost:" + node.port() + path);
	}

	/**
	 * Spring would take Jetty, which is on the classpath of these tests too.
	 */
	private static HandshakeHandler standard() {
		return new DefaultHandshakeHandler(new StandardWebSocketUpgradeStrategy());
	}

	/**
	 * An application's handlers, one of which covers every path.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSocket
	static class Handlers implements WebSocketConfigurer {

		@Override
		public void registerWebSocketHandlers(WebSocketHandlerRegistry registry) {
			TextWebSocketHandler echo = new TextWebSocketHandler() {

				@Override
				protected void handleTextMessage(WebSocketSession session, TextMessage message) throws Exception {
					session.sendMessage(new TextMessage("echo: " + message.getPayload()));
				}

			};
			registry.addHandler(echo, "/echo", "/elsewhere/**", "/atmosphere/**").setHandshakeHandler(standard());
		}

	}

	/**
	 * An application's message broker.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSocketMessageBroker
	static class Stomp implements WebSocketMessageBrokerConfigurer {

		@Override
		public void registerStompEndpoints(StompEndpointRegistry registry) {
			// Spring handles the frames of one client side by side, unless told
			// otherwise:
			// what is sent could overtake the subscription to it
			registry.setPreserveReceiveOrder(true);
			registry.addEndpoint("/stomp").setHandshakeHandler(standard());
		}

		@Override
		public void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.enableSimpleBroker("/topic");
		}

	}

}
