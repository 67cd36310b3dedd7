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

package io.github.atmosphererelay.benchmark.node;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.session.internal.SessionRegistry;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.handler.TextWebSocketHandler;

/**
 * An application with the starter: subscribers come through its door, and what comes in
 * at {@code /publish} goes to the {@link Broadcaster}.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableWebSocket
@Import(SendBuffer.class)
public class RelayNode {

	/**
	 * Start the node.
	 * @param args properties as command-line arguments
	 */
	public static void main(String[] args) {
		ConfigurableApplicationContext context = SpringApplication.run(RelayNode.class, args);
		Map<String, LongSupplier> figures = new HashMap<>();
		context.getBeanProvider(SlowClients.class)
			.ifAvailable((clients) -> figures.put("longest-wait", clients::longestWaitMillis));
		NodeControl.start(context.getEnvironment().getRequiredProperty("local.server.port", Integer.class), figures);
	}

	@Bean
	@ConditionalOnBooleanProperty("benchmark.slow-clients")
	SlowClients slowClients(SessionRegistry sessions) {
		return new SlowClients(sessions);
	}

	@Bean
	WebSocketConfigurer publishing(Broadcaster broadcaster) {
		return (registry) -> registry.addHandler(handler(broadcaster), "/publish");
	}

	private static WebSocketHandler handler(Broadcaster broadcaster) {
		return new TextWebSocketHandler() {

			@Override
			protected void handleTextMessage(WebSocketSession session, TextMessage message) {
				Publication publication = Publication.of(message.getPayload());
				broadcaster.broadcast("chat/" + publication.room(), publication.text());
			}

		};
	}

}
