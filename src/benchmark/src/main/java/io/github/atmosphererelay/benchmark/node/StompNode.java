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

import java.util.concurrent.CountDownLatch;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.messaging.simp.SimpMessagingTemplate;
import org.springframework.messaging.simp.broker.BrokerAvailabilityEvent;
import org.springframework.messaging.simp.config.MessageBrokerRegistry;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.EnableWebSocketMessageBroker;
import org.springframework.web.socket.config.annotation.StompEndpointRegistry;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;
import org.springframework.web.socket.handler.TextWebSocketHandler;

/**
 * An application with Spring's STOMP: with the simple broker, or with the property
 * {@code rabbit-port} with the relay to RabbitMQ. What comes in at {@code /publish} goes
 * to Spring's template.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableWebSocket
@EnableWebSocketMessageBroker
public class StompNode implements WebSocketMessageBrokerConfigurer {

	private final CountDownLatch available = new CountDownLatch(1);

	private final Environment environment;

	StompNode(Environment environment) {
		this.environment = environment;
	}

	/**
	 * Start the node.
	 * @param args properties as command-line arguments
	 * @throws InterruptedException if this thread is interrupted
	 */
	public static void main(String[] args) throws InterruptedException {
		ConfigurableApplicationContext context = SpringApplication.run(StompNode.class, args);
		// Spring connects to RabbitMQ in the background
		context.getBean(StompNode.class).available.await();
		NodeControl.start(context.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
	}

	@Override
	public void registerStompEndpoints(StompEndpointRegistry registry) {
		registry.addEndpoint("/stomp");
	}

	@Override
	public void configureMessageBroker(MessageBrokerRegistry registry) {
		Integer rabbit = this.environment.getProperty("rabbit-port", Integer.class);
		// Without it Spring's messages arrive in any order
		registry.setPreservePublishOrder(true);
		if (rabbit != null) {
			registry.enableStompBrokerRelay("/topic")
				.setRelayHost("127.0.0.1")
				.setRelayPort(rabbit)
				.setVirtualHost("/");
		}
		else {
			registry.enableSimpleBroker("/topic");
		}
	}

	@EventListener
	void brokerIs(BrokerAvailabilityEvent event) {
		if (event.isBrokerAvailable()) {
			this.available.countDown();
		}
	}

	@Bean
	WebSocketConfigurer publishing(SimpMessagingTemplate brokerMessagingTemplate) {
		return (registry) -> registry.addHandler(handler(brokerMessagingTemplate), "/publish");
	}

	private static WebSocketHandler handler(SimpMessagingTemplate template) {
		return new TextWebSocketHandler() {

			@Override
			protected void handleTextMessage(WebSocketSession session, TextMessage message) {
				Publication publication = Publication.of(message.getPayload());
				template.convertAndSend("/topic/chat." + publication.room(), publication.text());
			}

		};
	}

}
