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

package io.github.atmosphererelay.feed;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.kafka.clients.consumer.ConsumerRecord;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.handler.ConcurrentWebSocketSessionDecorator;
import org.springframework.web.socket.handler.TextWebSocketHandler;

/**
 * What one writes without this library: a listener of spring-kafka in each node, in a
 * group of its own, that hands records to the WebSocket sessions of their key.
 */
public final class PlainListenerNode {

	private PlainListenerNode() {
	}

	/**
	 * Run a node.
	 * @param args its properties
	 * @throws IOException if the process that started it cannot be watched
	 */
	public static void main(String[] args) throws IOException {
		SpringApplication.run(Application.class, args);
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

	/**
	 * The application, without this library.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableWebSocket
	@EnableAutoConfiguration(excludeName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration" })
	static class Application {

		@Bean
		Sessions sessions() {
			return new Sessions();
		}

		@Bean
		WebSocketConfigurer sockets(Sessions sessions) {
			return (registry) -> registry.addHandler(sessions, "/atmosphere/prices/*").setAllowedOriginPatterns("*");
		}

		@Bean
		String group() {
			return "plain-" + UUID.randomUUID();
		}

	}

	/**
	 * The sessions by the key that they want.
	 */
	static class Sessions extends TextWebSocketHandler {

		private final Map<String, Set<WebSocketSession>> sessions = new ConcurrentHashMap<>();

		@Override
		public void afterConnectionEstablished(WebSocketSession session) throws IOException {
			String path = String.valueOf(session.getUri()).replaceAll("[?].*", "");
			WebSocketSession safe = new ConcurrentWebSocketSessionDecorator(session, 5000, 1024 * 1024);
			this.sessions
				.computeIfAbsent(path.substring(path.lastIndexOf('/') + 1), (key) -> ConcurrentHashMap.newKeySet())
				.add(safe);
			session.getAttributes().put("safe", safe);
			safe.sendMessage(new TextMessage("subscribed"));
		}

		@Override
		public void afterConnectionClosed(WebSocketSession session, CloseStatus status) {
			this.sessions.values().forEach((all) -> all.remove(session.getAttributes().get("safe")));
		}

		@KafkaListener(topics = "${plain.topic}", groupId = "#{@group}")
		void received(ConsumerRecord<String, String> record) throws IOException {
			for (WebSocketSession session : this.sessions.getOrDefault(record.key(), Set.of())) {
				session.sendMessage(new TextMessage(record.value()));
			}
		}

	}

}
