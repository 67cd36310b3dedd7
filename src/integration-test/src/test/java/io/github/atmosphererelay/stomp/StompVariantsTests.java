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

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportResource;
import org.springframework.messaging.simp.SimpMessagingTemplate;
import org.springframework.messaging.simp.config.MessageBrokerRegistry;
import org.springframework.messaging.simp.user.DefaultUserDestinationResolver;
import org.springframework.messaging.simp.user.SimpUserRegistry;
import org.springframework.messaging.simp.user.UserDestinationResolver;
import org.springframework.messaging.support.AbstractSubscribableChannel;
import org.springframework.util.AntPathMatcher;
import org.springframework.web.socket.config.annotation.DelegatingWebSocketMessageBrokerConfiguration;
import org.springframework.web.socket.config.annotation.EnableWebSocketMessageBroker;
import org.springframework.web.socket.config.annotation.StompEndpointRegistry;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;
import org.springframework.web.socket.messaging.DefaultSimpUserRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications that configure STOMP in unusual ways, on two nodes with a broker in
 * memory.
 */
class StompVariantsTests {

	private final List<AutoCloseable> open = new ArrayList<>();

	@AfterEach
	void close() throws Exception {
		for (int i = this.open.size() - 1; i >= 0; i--) {
			this.open.get(i).close();
		}
	}

	private RelayCluster start(Class<?> configuration) {
		RelayCluster cluster = BrokerCluster.inMemory(configuration)
			.property("atmosphere.stomp.enabled=true")
			.nodes(2)
			.start();
		this.open.add(cluster);
		assertThat(cluster.nodes()).allMatch((node) -> node.bean(StompRelay.class).isActive());
		return cluster;
	}

	private StompClient connect(ApplicationNode node, @Nullable String user) {
		StompClient client = StompClient.connect(node.port(), user);
		this.open.add(client);
		return client;
	}

	private static SimpMessagingTemplate template(ApplicationNode node) {
		return node.context().getBean(SimpMessagingTemplate.class);
	}

	@Test
	void destinationsWithDotsAndAnotherPrefixForUsers() {
		RelayCluster cluster = start(Dots.class);
		StompClient here = connect(cluster.node(0), "ada").subscribe("1", "topic.news.*")
			.subscribe("2", "/to/queue.notes");
		StompClient there = connect(cluster.node(1), "ada").subscribe("1", "topic.news.*")
			.subscribe("2", "/to/queue.notes");
		template(cluster.node(0)).convertAndSend("topic.news.sports", "sports");
		here.expect("sports");
		there.expect("sports");
		template(cluster.node(0)).convertAndSendToUser("ada", "/queue.notes", "note");
		here.expect("sports", "note");
		there.expect("sports", "note");
	}

	@Test
	void aBrokerWithoutPrefixes() {
		RelayCluster cluster = start(NoPrefixes.class);
		StompClient here = connect(cluster.node(0), "ada").subscribe("1", "/anything")
			.subscribe("2", "/user/queue/notes");
		StompClient there = connect(cluster.node(1), "ada").subscribe("1", "/anything")
			.subscribe("2", "/user/queue/notes");
		template(cluster.node(0)).convertAndSend("/anything", "any");
		here.expect("any");
		there.expect("any");
		template(cluster.node(0)).convertAndSendToUser("ada", "/queue/notes", "note");
		here.expect("any", "note");
		there.expect("any", "note");
		assertThat(here.frames().stream().filter((frame) -> frame.command().equals("RECEIPT"))).hasSize(2);
	}

	@Test
	void aBrokerChannelWithThreads() {
		RelayCluster cluster = start(Threads.class);
		StompClient here = connect(cluster.node(0), "ada").subscribe("1", "/topic/x")
			.subscribe("2", "/user/queue/notes");
		StompClient there = connect(cluster.node(1), "ada").subscribe("1", "/topic/x")
			.subscribe("2", "/user/queue/notes");
		template(cluster.node(0)).convertAndSend("/topic/x", "x");
		here.expect("x");
		there.expect("x");
		template(cluster.node(0)).convertAndSendToUser("ada", "/queue/notes", "note");
		here.expect("x", "note");
		there.expect("x", "note");
	}

	@Test
	void aResolverOfTheApplicationThatUsesTheRegistryReachesAllNodes() {
		RelayCluster cluster = start(OwnResolver.class);
		StompClient here = connect(cluster.node(0), "ada").subscribe("1", "/user/queue/notes");
		StompClient there = connect(cluster.node(1), "ada").subscribe("1", "/user/queue/notes");
		MachineTime.await(Duration.ofSeconds(5))
			.until(() -> cluster.node(0).bean(SimpUserRegistry.class).getUser("ada").getSessions().size() == 2);
		template(cluster.node(0)).convertAndSendToUser("ada", "/queue/notes", "note");
		here.expect("note");
		there.expect("note");
	}

	@Test
	void aRegistryOfTheApplication() {
		RelayCluster cluster = start(OwnRegistry.class);
		StompClient here = connect(cluster.node(0), "ada").subscribe("1", "/user/queue/notes");
		StompClient there = connect(cluster.node(1), "ada").subscribe("1", "/user/queue/notes");
		template(cluster.node(0)).convertAndSendToUser("ada", "/queue/notes", "note");
		here.expect("note");
		there.expect("note");
	}

	@Test
	void configurationInXml() {
		RelayCluster cluster = start(Xml.class);
		StompClient here = connect(cluster.node(0), "ada").subscribe("1", "/topic/x")
			.subscribe("2", "/user/queue/notes");
		StompClient there = connect(cluster.node(1), "ada").subscribe("1", "/topic/x")
			.subscribe("2", "/user/queue/notes");
		template(cluster.node(0)).convertAndSend("/topic/x", "x");
		here.expect("x");
		there.expect("x");
		template(cluster.node(0)).convertAndSendToUser("ada", "/queue/notes", "note");
		here.expect("x", "note");
		there.expect("x", "note");
	}

	/**
	 * SockJS lets clients choose the ids of their sessions, and Spring's translated
	 * destinations end with these.
	 */
	@Test
	void noClientCanKeepADestinationOnItsNode() {
		RelayCluster cluster = start(StompApplication.class);
		StompClient there = connect(cluster.node(1), null).subscribe("1", "/topic/chat-user42");
		SockJsClient chosen = SockJsClient
			.connect(URI.create("http://localhost:" + cluster.node(0).port() + "/sockjs/000/42?user=eve"));
		this.open.add(chosen);
		template(cluster.node(0)).convertAndSend("/topic/chat-user42", "from the application");
		there.expect("from the application");
		connect(cluster.node(0), null).publish("/topic/chat-user42", "from a client", "atmosphereTranslated:true",
				"simpOrigDestination:/user/queue/x");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> there.messages().size() == 2);
	}

	/**
	 * Destinations with dots, and another prefix for users.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSocketMessageBroker
	@Import(UsersByParameter.class)
	static class Dots extends Endpoint {

		@Override
		public void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.setPathMatcher(new AntPathMatcher("."));
			registry.enableSimpleBroker("topic", "queue");
			registry.setUserDestinationPrefix("/to");
		}

	}

	/**
	 * A broker for all destinations.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSocketMessageBroker
	@Import(UsersByParameter.class)
	static class NoPrefixes extends Endpoint {

		@Override
		public void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.enableSimpleBroker();
			// Without it Spring's broker takes the destinations of users for its own
			registry.setUserDestinationPrefix("/user/");
			registry.setApplicationDestinationPrefixes("/app");
		}

	}

	/**
	 * A channel of the broker with an executor.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSocketMessageBroker
	@Import(UsersByParameter.class)
	static class Threads extends Endpoint {

		@Override
		public void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.enableSimpleBroker("/topic", "/queue");
			registry.configureBrokerChannel().taskExecutor().corePoolSize(4);
		}

	}

	/**
	 * STOMP as the XML namespace configures it.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(UsersByParameter.class)
	@ImportResource("classpath:io/github/atmosphererelay/stomp/stomp.xml")
	static class Xml {

	}

	/**
	 * A resolver of the application's own.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(UsersByParameter.class)
	static class OwnResolver extends DelegatingWebSocketMessageBrokerConfiguration {

		@Override
		protected void registerStompEndpoints(StompEndpointRegistry registry) {
			registry.addEndpoint("/ws").setHandshakeHandler(Handshakes.onTomcat());
		}

		@Override
		protected void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.enableSimpleBroker("/topic", "/queue");
		}

		@Override
		@Bean
		public UserDestinationResolver userDestinationResolver(SimpUserRegistry userRegistry,
				AbstractSubscribableChannel clientInboundChannel, AbstractSubscribableChannel clientOutboundChannel) {
			return new DefaultUserDestinationResolver(userRegistry) {
			};
		}

	}

	/**
	 * A registry of the application's own.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(UsersByParameter.class)
	static class OwnRegistry extends DelegatingWebSocketMessageBrokerConfiguration {

		@Override
		protected void registerStompEndpoints(StompEndpointRegistry registry) {
			registry.addEndpoint("/ws").setHandshakeHandler(Handshakes.onTomcat());
		}

		@Override
		protected void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.enableSimpleBroker("/topic", "/queue");
		}

		@Override
		protected SimpUserRegistry createLocalUserRegistry(@Nullable Integer order) {
			return new DefaultSimpUserRegistry() {
			};
		}

	}

	/**
	 * The endpoint of all of them.
	 */
	abstract static class Endpoint implements WebSocketMessageBrokerConfigurer {

		@Override
		public void registerStompEndpoints(StompEndpointRegistry registry) {
			registry.addEndpoint("/ws").setHandshakeHandler(Handshakes.onTomcat());
		}

	}

}
