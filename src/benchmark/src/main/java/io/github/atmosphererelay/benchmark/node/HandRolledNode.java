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

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.handler.ConcurrentWebSocketSessionDecorator;
import org.springframework.web.socket.handler.TextWebSocketHandler;

/**
 * What teams write by hand, done well: one listener per room, one thread for the
 * listeners so that messages keep their order, one message object for all sessions of a
 * room, and Spring's decorator around each session.
 * <p>
 * That one thread waits in the socket of a client that does not read, until the container
 * gives up on it. More threads would need an order of their own.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableWebSocket
public class HandRolledNode {

	private static final int SEND_TIME_LIMIT_MILLIS = 10_000;

	private static final int BUFFER_LIMIT = 512 * 1024;

	/**
	 * Start the node.
	 * @param args properties as command-line arguments
	 */
	public static void main(String[] args) {
		ConfigurableApplicationContext context = SpringApplication.run(HandRolledNode.class, args);
		NodeControl.start(context.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
	}

	@Bean
	RedisMessageListenerContainer redisMessageListenerContainer(RedisConnectionFactory connectionFactory) {
		RedisMessageListenerContainer container = new RedisMessageListenerContainer();
		container.setConnectionFactory(connectionFactory);
		container.setTaskExecutor(Executors.newSingleThreadExecutor());
		return container;
	}

	@Bean
	WebSocketConfigurer handlers(RedisMessageListenerContainer container, StringRedisTemplate redis) {
		return (registry) -> registry.addHandler(new Rooms(container), "/chat/{room}")
			.addHandler(new Publishing(redis), "/publish");
	}

	/**
	 * Takes what is to be published.
	 */
	private static final class Publishing extends TextWebSocketHandler {

		private final StringRedisTemplate redis;

		Publishing(StringRedisTemplate redis) {
			this.redis = redis;
		}

		@Override
		protected void handleTextMessage(WebSocketSession session, TextMessage message) {
			Publication publication = Publication.of(message.getPayload());
			this.redis.convertAndSend("chat:" + publication.room(), publication.text());
		}

	}

	/**
	 * Keeps who is in which room.
	 */
	private static final class Rooms extends TextWebSocketHandler {

		private final Map<String, Set<WebSocketSession>> sessions = new ConcurrentHashMap<>();

		private final RedisMessageListenerContainer container;

		Rooms(RedisMessageListenerContainer container) {
			this.container = container;
		}

		@Override
		public void afterConnectionEstablished(WebSocketSession session) {
			WebSocketSession decorated = new ConcurrentWebSocketSessionDecorator(session, SEND_TIME_LIMIT_MILLIS,
					BUFFER_LIMIT);
			session.getAttributes().put("decorated", decorated);
			this.sessions.computeIfAbsent(room(session), this::follow).add(decorated);
		}

		/**
		 * Subscribe to a room. Synchronized, because a container that is about to listen
		 * for the first time has already decided on its topics: one that is added
		 * meanwhile waits for the start, is not among them and is not added later either.
		 * Two rooms whose first sessions came at once would lose one of their
		 * subscriptions.
		 */
		private synchronized Set<WebSocketSession> follow(String room) {
			Set<WebSocketSession> members = ConcurrentHashMap.newKeySet();
			this.container.addMessageListener((message, pattern) -> deliver(members, message.getBody()),
					ChannelTopic.of("chat:" + room));
			return members;
		}

		private static void deliver(Set<WebSocketSession> members, byte[] body) {
			TextMessage message = new TextMessage(body);
			for (WebSocketSession member : members) {
				try {
					member.sendMessage(message);
				}
				catch (IOException | RuntimeException ex) {
					// It has missed a message, and must not go on as if it had not
					members.remove(member);
					close(member);
				}
			}
		}

		private static void close(WebSocketSession session) {
			try {
				session.close(CloseStatus.SESSION_NOT_RELIABLE);
			}
			catch (IOException | RuntimeException ex) {
				// Then it is closed
			}
		}

		@Override
		public void afterConnectionClosed(WebSocketSession session, CloseStatus status) {
			Set<WebSocketSession> members = this.sessions.get(room(session));
			if (members != null && session.getAttributes().get("decorated") instanceof WebSocketSession decorated) {
				members.remove(decorated);
			}
		}

		private static String room(WebSocketSession session) {
			String path = String.valueOf(session.getUri());
			return path.substring(path.lastIndexOf('/') + 1);
		}

	}

}
