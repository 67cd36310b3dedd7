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

package io.github.atmosphererelay.stomp;

import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.test.UsersByParameter;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.MessageMapping;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.annotation.SendToUser;
import org.springframework.messaging.simp.annotation.SubscribeMapping;
import org.springframework.messaging.simp.config.ChannelRegistration;
import org.springframework.messaging.simp.config.MessageBrokerRegistry;
import org.springframework.messaging.support.ChannelInterceptor;
import org.springframework.stereotype.Controller;
import org.springframework.web.socket.config.annotation.EnableWebSocketMessageBroker;
import org.springframework.web.socket.config.annotation.StompEndpointRegistry;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;

/**
 * An application as one finds it: Spring's STOMP with the simple broker, and nothing of
 * this library.
 */
@Configuration(proxyBeanMethods = false)
@EnableWebSocketMessageBroker
@Import(UsersByParameter.class)
class StompApplication implements WebSocketMessageBrokerConfigurer {

	private final Seen seen = new Seen();

	private final Environment environment;

	StompApplication(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void registerStompEndpoints(StompEndpointRegistry registry) {
		registry.addEndpoint("/ws").setHandshakeHandler(Handshakes.of(this.environment));
		registry.addEndpoint("/sockjs")
			.setHandshakeHandler(Handshakes.of(this.environment))
			.withSockJS()
			.setHeartbeatTime(1000)
			.setDisconnectDelay(1000);
	}

	@Override
	public void configureMessageBroker(MessageBrokerRegistry registry) {
		registry.enableSimpleBroker("/topic", "/queue").setSelectorHeaderName("selector");
		registry.setApplicationDestinationPrefixes("/app");
		registry.configureBrokerChannel().interceptors(this.seen);
	}

	@Override
	public void configureClientInboundChannel(ChannelRegistration registration) {
		registration.interceptors(new ForbiddenDestinations());
	}

	@Bean
	Seen seen() {
		return this.seen;
	}

	/**
	 * Refuses what clients send to some destinations.
	 */
	private static final class ForbiddenDestinations implements ChannelInterceptor {

		@Override
		public Message<?> preSend(Message<?> message, MessageChannel channel) {
			String destination = SimpMessageHeaderAccessor.getDestination(message.getHeaders());
			if (destination != null && destination.contains("forbidden")
					&& SimpMessageHeaderAccessor.getMessageType(message.getHeaders()) == SimpMessageType.MESSAGE) {
				throw new IllegalArgumentException("It is forbidden to send to " + destination);
			}
			return message;
		}

	}

	/**
	 * Keeps the destinations of what the application sends to the broker on this node.
	 */
	static final class Seen implements ChannelInterceptor {

		private final List<String> destinations = new CopyOnWriteArrayList<>();

		@Override
		public Message<?> preSend(Message<?> message, MessageChannel channel) {
			if (SimpMessageHeaderAccessor.getMessageType(message.getHeaders()) == SimpMessageType.MESSAGE) {
				this.destinations.add(SimpMessageHeaderAccessor.getDestination(message.getHeaders()));
			}
			return message;
		}

		List<String> destinations() {
			return this.destinations;
		}

	}

	/**
	 * Handles what clients send to the application.
	 */
	@Controller
	static class Methods {

		@MessageMapping("/echo")
		@SendTo("/topic/echo")
		Map<String, String> echo(@Payload String text) {
			return Map.of("text", text);
		}

		@MessageMapping("/one")
		@SendToUser(destinations = "/queue/reply", broadcast = false)
		String one(@Payload String text) {
			return "one " + text;
		}

		@MessageMapping("/all")
		@SendToUser("/queue/reply")
		String all(@Payload String text) {
			return "all " + text;
		}

		@MessageMapping("/me")
		@SendToUser(destinations = "/queue/me", broadcast = false)
		String me(@Header(SimpMessageHeaderAccessor.SESSION_ID_HEADER) String session, Principal user) {
			return session;
		}

		@SubscribeMapping("/hello")
		String hello() {
			return "hello";
		}

	}

}
