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

import java.util.List;

import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.simp.broker.DefaultSubscriptionRegistry;
import org.springframework.messaging.simp.broker.SimpleBrokerMessageHandler;
import org.springframework.messaging.simp.config.MessageBrokerRegistry;
import org.springframework.messaging.simp.stomp.StompBrokerRelayMessageHandler;
import org.springframework.messaging.simp.user.DefaultUserDestinationResolver;
import org.springframework.messaging.simp.user.SimpUserRegistry;
import org.springframework.messaging.simp.user.UserDestinationResolver;
import org.springframework.messaging.support.AbstractSubscribableChannel;
import org.springframework.messaging.support.ExecutorSubscribableChannel;
import org.springframework.util.AntPathMatcher;
import org.springframework.web.socket.config.annotation.DelegatingWebSocketMessageBrokerConfiguration;
import org.springframework.web.socket.config.annotation.EnableWebSocketMessageBroker;
import org.springframework.web.socket.config.annotation.StompEndpointRegistry;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications with which the library has nothing to do, and unusual ones with which it
 * works.
 */
@ExtendWith(OutputCaptureExtension.class)
class StompStepsAsideTests {

	private static TestNode start(Class<?> configuration, String... further) {
		String[] arguments = new String[further.length + 2];
		arguments[0] = "atmosphere.stomp.enabled=true";
		arguments[1] = "logging.level.io.github.atmosphererelay=INFO";
		System.arraycopy(further, 0, arguments, 2, further.length);
		return TestNode.start(List.of(configuration), arguments);
	}

	@Test
	void anApplicationWithABrokerRelayStaysAsItIs(CapturedOutput output) {
		try (TestNode node = start(BrokerRelay.class)) {
			assertThat(node.bean(StompRelay.class).isActive()).isFalse();
			assertThat(output).contains("'atmosphere.stomp.enabled' has no effect").contains("enableStompBrokerRelay");
			StompBrokerRelayMessageHandler handler = node.bean(StompBrokerRelayMessageHandler.class);
			assertThat(handler.isPreservePublishOrder()).isFalse();
			assertThat(((ExecutorSubscribableChannel) handler.getClientInboundChannel()).getInterceptors())
				.noneMatch((each) -> each.getClass().getName().contains("atmosphererelay"));
		}
	}

	@Test
	void anApplicationWithoutStompStaysAsItIs(CapturedOutput output) {
		try (TestNode node = start(NoStomp.class)) {
			assertThat(node.bean(StompRelay.class).isActive()).isFalse();
			assertThat(output).contains("'atmosphere.stomp.enabled' has no effect")
				.contains("@EnableWebSocketMessageBroker");
		}
	}

	@Test
	void withoutThePropertyNothingIsThere() {
		try (TestNode node = TestNode.start(List.of(Dots.class))) {
			assertThat(node.context().getBeanProvider(StompRelay.class).getIfAvailable()).isNull();
			assertThat(node.bean(SimpleBrokerMessageHandler.class).getSubscriptionRegistry())
				.isInstanceOf(DefaultSubscriptionRegistry.class);
		}
	}

	@Test
	void theOrderCanBeLeftToTheApplication() {
		try (TestNode node = start(Dots.class, "atmosphere.stomp.preserve-order=false")) {
			assertThat(node.bean(SimpleBrokerMessageHandler.class).isPreservePublishOrder()).isFalse();
		}
		try (TestNode node = start(Dots.class)) {
			assertThat(node.bean(SimpleBrokerMessageHandler.class).isPreservePublishOrder()).isTrue();
		}
	}

	@Test
	void aResolverOfTheApplicationIsReportedAndUsed(CapturedOutput output) {
		try (TestNode node = start(OwnResolver.class)) {
			assertThat(node.bean(StompRelay.class).isActive()).isTrue();
			assertThat(output).contains("its own UserDestinationResolver");
			assertThat(node.bean(UserDestinationResolver.class)).isInstanceOf(OwnResolver.Resolver.class);
		}
	}

	@Test
	void aRegistryOfTheApplicationIsReportedAndUsed(CapturedOutput output) {
		try (TestNode node = start(StompVariantsTests.OwnRegistry.class)) {
			assertThat(node.bean(StompRelay.class).isActive()).isTrue();
			assertThat(output).contains("its own SimpUserRegistry");
		}
	}

	@Test
	void anApplicationWithTwoBrokersStaysAsItIs(CapturedOutput output) {
		try (TestNode node = TestNode.start(List.of(Dots.class, Parent.class), "atmosphere.stomp.enabled=true",
				"logging.level.io.github.atmosphererelay=INFO")) {
			assertThat(node.bean(StompRelay.class).isActive()).isFalse();
			assertThat(output).contains("'atmosphere.stomp.enabled' has no effect").contains("several STOMP brokers");
		}
	}

	/**
	 * The application's own context is on the parent's.
	 */
	@Test
	void theBrokerOfAParentContextIsLeftAlone() {
		try (AnnotationConfigApplicationContext parent = new AnnotationConfigApplicationContext(Parent.class);
				TestNode node = TestNode.start(parent, List.of(Dots.class), "atmosphere.stomp.enabled=true")) {
			SimpleBrokerMessageHandler above = parent.getBean(SimpleBrokerMessageHandler.class);
			SimpleBrokerMessageHandler own = node.bean(SimpleBrokerMessageHandler.class);
			assertThat(own).isNotSameAs(above);
			assertThat(node.bean(StompRelay.class).isActive()).isTrue();
			assertThat(own.isPreservePublishOrder()).isTrue();
			assertThat(above.isPreservePublishOrder()).isFalse();
			assertThat(above.getSubscriptionRegistry()).isInstanceOf(DefaultSubscriptionRegistry.class);
		}
	}

	/**
	 * A broker without WebSocket, in a parent context.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Parent {

		@Bean
		SimpleBrokerMessageHandler parentBroker() {
			ExecutorSubscribableChannel channel = new ExecutorSubscribableChannel();
			return new SimpleBrokerMessageHandler(channel, new ExecutorSubscribableChannel(),
					new ExecutorSubscribableChannel(), List.of("/topic"));
		}

	}

	/**
	 * No STOMP at all.
	 */
	@Configuration(proxyBeanMethods = false)
	static class NoStomp {

	}

	/**
	 * STOMP through an external broker, which is not there.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSocketMessageBroker
	static class BrokerRelay implements WebSocketMessageBrokerConfigurer {

		@Override
		public void registerStompEndpoints(StompEndpointRegistry registry) {
			registry.addEndpoint("/ws").setHandshakeHandler(Handshakes.onTomcat());
		}

		@Override
		public void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.enableStompBrokerRelay("/topic").setRelayPort(1).setAutoStartup(false);
		}

	}

	/**
	 * Destinations with dots, and another prefix for users.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSocketMessageBroker
	static class Dots implements WebSocketMessageBrokerConfigurer {

		@Override
		public void registerStompEndpoints(StompEndpointRegistry registry) {
			registry.addEndpoint("/ws").setHandshakeHandler(Handshakes.onTomcat());
		}

		@Override
		public void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.setPathMatcher(new AntPathMatcher("."));
			registry.enableSimpleBroker("topic", "queue");
			registry.setUserDestinationPrefix("/to");
		}

	}

	/**
	 * A resolver of the application's own.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnResolver extends DelegatingWebSocketMessageBrokerConfiguration {

		@Override
		protected void registerStompEndpoints(StompEndpointRegistry registry) {
			registry.addEndpoint("/ws").setHandshakeHandler(Handshakes.onTomcat());
		}

		@Override
		protected void configureMessageBroker(MessageBrokerRegistry registry) {
			registry.enableSimpleBroker("/topic");
		}

		@Override
		@Bean
		public UserDestinationResolver userDestinationResolver(SimpUserRegistry userRegistry,
				AbstractSubscribableChannel clientInboundChannel, AbstractSubscribableChannel clientOutboundChannel) {
			return new Resolver(userRegistry);
		}

		static class Resolver extends DefaultUserDestinationResolver {

			Resolver(SimpUserRegistry registry) {
				super(registry);
			}

		}

	}

}
