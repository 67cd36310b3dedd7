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

import java.util.List;

import io.github.atmosphererelay.actuate.internal.AtmosphereEndpoint;
import io.github.atmosphererelay.actuate.internal.AtmosphereHealthIndicator;
import io.github.atmosphererelay.actuate.internal.AtmosphereMeters;
import io.github.atmosphererelay.actuate.internal.RelayReadiness;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.door.internal.HandshakeGate;
import io.github.atmosphererelay.door.internal.SessionDrain;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.security.spring.internal.JwtTokenAuthenticator;
import io.github.atmosphererelay.security.spring.internal.LogoutListener;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.subscription.InitialChannels;
import io.github.atmosphererelay.test.FakeRelay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.task.SimpleAsyncTaskExecutorBuilder;
import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.web.servlet.HandlerMapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link AtmosphereAutoConfiguration} and those that follow it.
 */
@ExtendWith(OutputCaptureExtension.class)
class AtmosphereAutoConfigurationTests {

	private static final AutoConfigurations OURS = AutoConfigurations.of(AtmosphereAutoConfiguration.class,
			AtmosphereWebSocketAutoConfiguration.class, AtmosphereHealthContributorAutoConfiguration.class,
			AtmosphereMetricsAutoConfiguration.class, AtmosphereEndpointAutoConfiguration.class,
			AtmosphereSecurityAutoConfiguration.class, AtmosphereApiAutoConfiguration.class);

	private static final String[] ARGS = { "atmosphere.relay.type=local", "atmosphere.channels[0].pattern=chat/**",
			"management.endpoints.web.exposure.include=*" };

	private final WebApplicationContextRunner web = new WebApplicationContextRunner().withConfiguration(OURS)
		.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
				SimpleMetricsExportAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class))
		.withPropertyValues(ARGS);

	private final ApplicationContextRunner plain = new ApplicationContextRunner().withConfiguration(OURS)
		.withPropertyValues(ARGS);

	@Test
	void aWebApplicationGetsEverything() {
		this.web.run((context) -> {
			assertThat(context).hasSingleBean(Broadcaster.class)
				.hasSingleBean(MessagingNode.class)
				.hasSingleBean(SessionRegistry.class)
				.hasSingleBean(LocalRelay.class)
				.hasSingleBean(SessionDrain.class)
				.hasSingleBean(HandshakeGate.class)
				.hasSingleBean(AtmosphereHealthIndicator.class)
				.hasSingleBean(AtmosphereMeters.class)
				.hasSingleBean(AtmosphereEndpoint.class)
				.doesNotHaveBean(RelayReadiness.class)
				.hasBean("atmosphereRawDoorMapping")
				.hasBean("atmosphereCentrifugeMapping");
			assertThat(context.getBean(MessagingNode.class).monitor().state()).isEqualTo(RelayState.UP);
		});
	}

	@Test
	void anApplicationWithoutWebGetsABroadcaster() {
		this.plain.run((context) -> {
			assertThat(context).hasSingleBean(Broadcaster.class)
				.hasSingleBean(AtmosphereHealthIndicator.class)
				.doesNotHaveBean(HandlerMapping.class)
				.doesNotHaveBean(SessionDrain.class);
			assertThat(context.getBean(Broadcaster.class).broadcast("chat/a", "hello").join().outcome())
				.isEqualTo(Outcome.LOCAL_ONLY);
		});
	}

	@Test
	void nothingIsConfiguredIfItIsDisabled() {
		this.web.withPropertyValues("atmosphere.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(Broadcaster.class)
				.doesNotHaveBean(AtmosphereProperties.class)
				.doesNotHaveBean(HandlerMapping.class)
				.doesNotHaveBean(AtmosphereHealthIndicator.class)
				.doesNotHaveBean(AtmosphereMeters.class)
				.doesNotHaveBean(AtmosphereEndpoint.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.web.socket", "jakarta.websocket", "org.springframework.web.servlet" })
	void withoutWebSocketsThereIsNoDoor(String absent) {
		this.plain.withClassLoader(new FilteredClassLoader(absent))
			.run((context) -> assertThat(context).hasSingleBean(Broadcaster.class).doesNotHaveBean(SessionDrain.class));
		this.web.withClassLoader(new FilteredClassLoader(absent))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(Broadcaster.class)
				.doesNotHaveBean(SessionDrain.class)
				.doesNotHaveBean("atmosphereRawDoorMapping"));
	}

	@Test
	void aProcessThatOnlyPublishesNeedsNeitherServletNorWebSocketClasses() {
		new ApplicationContextRunner().withUserConfiguration(Imports.class)
			.withPropertyValues(ARGS)
			.withPropertyValues("atmosphere.api.enabled=true")
			.withClassLoader(new FilteredClassLoader("org.springframework.web", "jakarta.servlet", "jakarta.websocket",
					"org.springframework.boot.webmvc", "org.springframework.boot.web", "org.springframework.security",
					"org.apache.catalina", "org.apache.coyote", "org.eclipse.jetty", "io.github.bucket4j"))
			.run((context) -> {
				assertThat(context).hasSingleBean(Broadcaster.class)
					.doesNotHaveBean(SessionDrain.class)
					.doesNotHaveBean("atmospherePublishApi");
				assertThat(context.getBean(Broadcaster.class).broadcast("chat/a", "hello").join().outcome())
					.isEqualTo(Outcome.LOCAL_ONLY);
			});
	}

	@Test
	void publishingByHttpIsOffUnlessWanted() {
		this.web.run((context) -> assertThat(context).doesNotHaveBean("atmospherePublishApi"));
		this.web.withPropertyValues("atmosphere.api.enabled=true")
			.run((context) -> assertThat(context).hasBean("atmospherePublishApi"));
	}

	@Test
	void tokensAreCheckedWhereThereIsOneDecoder() {
		this.web.run((context) -> assertThat(context).doesNotHaveBean(TokenAuthenticator.class)
			.hasSingleBean(PrincipalExpiry.class)
			.hasSingleBean(LogoutListener.class));
		this.web.withBean("decoder", JwtDecoder.class, () -> mock())
			.run((context) -> assertThat(context).hasSingleBean(JwtTokenAuthenticator.class));
		this.web.withBean("decoder", JwtDecoder.class, () -> mock())
			.withBean("another", JwtDecoder.class, () -> mock())
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(TokenAuthenticator.class));
		this.web.withBean("decoder", JwtDecoder.class, () -> mock())
			.withBean("own", TokenAuthenticator.class, () -> mock())
			.run((context) -> assertThat(context).hasSingleBean(TokenAuthenticator.class)
				.doesNotHaveBean(JwtTokenAuthenticator.class));
		this.web.withPropertyValues("atmosphere.security.disconnect-on-logout=false")
			.run((context) -> assertThat(context).doesNotHaveBean(LogoutListener.class));
		asInAnApplication().withClassLoader(new FilteredClassLoader("org.springframework.security"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasBean("atmosphereRawDoorMapping")
				.doesNotHaveBean(PrincipalExpiry.class)
				.doesNotHaveBean("atmosphereLogoutListener"));
	}

	@Test
	void severalAuthorizersAreNamed() {
		this.web.withBean("first", ChannelAuthorizer.class, () -> mock())
			.withBean("second", ChannelAuthorizer.class, () -> mock())
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("ChannelAuthorizer")
				.hasMessageContaining("first")
				.hasMessageContaining("second")
				.hasMessageContaining("none is primary"));
	}

	@Test
	void anApplicationWithSeveralMappersAndExecutorsStarts() {
		JsonMapper snakeCase = JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();
		WebApplicationContextRunner several = this.web
			.withConfiguration(AutoConfigurations.of(AtmosphereManagedServiceAutoConfiguration.class))
			.withBean("firstMapper", JsonMapper.class, () -> JsonMapper.builder().build())
			.withBean("firstPool", ThreadPoolTaskExecutorBuilder.class, ThreadPoolTaskExecutorBuilder::new)
			.withBean("secondPool", ThreadPoolTaskExecutorBuilder.class, ThreadPoolTaskExecutorBuilder::new)
			.withBean("firstVirtual", SimpleAsyncTaskExecutorBuilder.class, SimpleAsyncTaskExecutorBuilder::new)
			.withBean("secondVirtual", SimpleAsyncTaskExecutorBuilder.class, SimpleAsyncTaskExecutorBuilder::new);
		record Order(int orderNumber) {
		}
		several.withBean("secondMapper", JsonMapper.class, () -> snakeCase)
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(PayloadEncoder.class)
				.satisfies((encoder) -> assertThat(encoder.encode(new Order(1), false).asText())
					.isEqualTo("{\"orderNumber\":1}")));
		several.withBean("secondMapper", JsonMapper.class, () -> snakeCase, (definition) -> definition.setPrimary(true))
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(PayloadEncoder.class)
				.satisfies((encoder) -> assertThat(encoder.encode(new Order(1), false).asText())
					.isEqualTo("{\"order_number\":1}")));
	}

	@ParameterizedTest
	@ValueSource(classes = { ChannelAuthorizer.class, TokenAuthenticator.class, ClientSendHandler.class,
			InitialChannels.class, PresenceAttributes.class })
	<T> void severalBeansWhereOneIsMeantAreNamed(Class<T> type) {
		this.web.withBean("first", type, () -> mock(type)).withBean("second", type, () -> mock(type)).run((context) -> {
			assertThat(context).hasFailed();
			FailureAnalysis analysis = new AmbiguousBeanFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains(type.getName()).contains("first, second");
			assertThat(analysis.getAction()).contains("@Primary");
		});
		this.web.withBean("first", type, () -> mock(type))
			.withBean("second", type, () -> mock(type), (definition) -> definition.setPrimary(true))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void severalJwtDecodersCauseAWarning(CapturedOutput output) {
		this.web.withBean("decoder", JwtDecoder.class, () -> mock())
			.withBean("another", JwtDecoder.class, () -> mock())
			.run((context) -> assertThat(output).contains("several JwtDecoder beans").contains("TokenAuthenticator"));
	}

	@Test
	void aMistypedPropertyOfAChannelListsTheValidOnes() {
		this.web.withPropertyValues("atmosphere.channels[1].patern=news/**").run((context) -> {
			FailureAnalysis analysis = new UnboundChannelPropertyFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("A channel has no property 'atmosphere.channels[1].patern'");
			assertThat(analysis.getAction()).contains("pattern, client-publish, ")
				.contains("history.size, history.ttl, history.idempotency-window");
		});
	}

	@Test
	void otherUnknownPropertiesAreLeftToSpringBoot() {
		this.web.withPropertyValues("atmosphere.websocket.allowed-origins[0].mistyped=x")
			.run((context) -> assertThat(
					new UnboundChannelPropertyFailureAnalyzer().analyze(context.getStartupFailure()))
				.isNull());
	}

	@Test
	void aDurationWithoutAUnitIsInTheUnitOfItsDefault() {
		this.web
			.withPropertyValues("atmosphere.websocket.ping-interval=25", "atmosphere.relay.probe-timeout=3",
					"atmosphere.channels[0].history.ttl=90", "atmosphere.presence.flush-interval=200",
					"atmosphere.shutdown.slice-interval=50", "atmosphere.websocket.pong-timeout=200ms")
			.run((context) -> {
				AtmosphereProperties properties = context.getBean(AtmosphereProperties.class);
				assertThat(properties.websocket().pingInterval()).hasSeconds(25);
				assertThat(properties.websocket().pongTimeout()).hasMillis(200);
				assertThat(properties.relay().probeTimeout()).hasSeconds(3);
				assertThat(properties.channels().get(0).history().ttl()).hasSeconds(90);
				assertThat(properties.presence().flushInterval()).hasMillis(200);
				assertThat(properties.shutdown().sliceInterval()).hasMillis(50);
			});
	}

	@Test
	void aNameWithALeadingSlashIsRefusedByItsName() {
		this.plain.run((context) -> assertThatIllegalArgumentException()
			.isThrownBy(() -> context.getBean(Broadcaster.class).broadcast("/chat", "hello"))
			.withMessage("Invalid channel name '/chat': a channel name does not begin with a slash"));
	}

	@Test
	void withoutOptionalModulesTheRestIsThere() {
		asInAnApplication()
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.health",
					"org.springframework.boot.actuate", "io.micrometer"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(Broadcaster.class)
				.hasSingleBean(SessionDrain.class)
				.doesNotHaveBean(AtmosphereHealthIndicator.class)
				.doesNotHaveBean("atmosphereRelayHealthContributor")
				.doesNotHaveBean("atmosphereMeters")
				.doesNotHaveBean("atmosphereEndpoint"));
	}

	@Test
	void healthDoesNotNeedTheActuator() {
		asInAnApplication().withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
			.withPropertyValues("atmosphere.health.degraded-is-down=true")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(AtmosphereHealthIndicator.class)
				.doesNotHaveBean("atmosphereRelayReadiness")
				.doesNotHaveBean("atmosphereEndpoint"));
	}

	@Test
	void healthAndEndpointCanBeSwitchedOff() {
		this.web
			.withPropertyValues("management.health.atmosphere-relay.enabled=false",
					"management.endpoint.atmosphere.access=NONE", "atmosphere.health.degraded-is-down=true")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(AtmosphereHealthIndicator.class)
				.doesNotHaveBean(RelayReadiness.class)
				.doesNotHaveBean(AtmosphereEndpoint.class)
				.hasSingleBean(AtmosphereMeters.class));
	}

	@Test
	void theCentrifugeDoorCanBeSwitchedOff() {
		this.web.withPropertyValues("atmosphere.centrifuge.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasBean("atmosphereRawDoorMapping")
				.doesNotHaveBean("atmosphereCentrifugeMapping"));
	}

	@Test
	void withoutJacksonStringsAndBytesCanBeSent() {
		this.plain.withClassLoader(new FilteredClassLoader("tools.jackson")).run((context) -> {
			Broadcaster broadcaster = context.getBean(Broadcaster.class);
			assertThat(broadcaster.broadcast("chat/a", "text").join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
			assertThatIllegalArgumentException().isThrownBy(() -> broadcaster.broadcast("chat/a", List.of(1)))
				.withMessageContaining("spring-boot-starter-jackson");
		});
		this.plain.run((context) -> assertThat(
				context.getBean(Broadcaster.class).broadcast("chat/a", List.of(1)).join().outcome())
			.isEqualTo(Outcome.LOCAL_ONLY));
	}

	@Test
	void beansOfTheApplicationReplaceOurs() {
		this.web.withUserConfiguration(OwnBeans.class).run((context) -> {
			assertThat(context).hasSingleBean(ClusterRelay.class)
				.hasSingleBean(Broadcaster.class)
				.hasSingleBean(SessionRegistry.class)
				.doesNotHaveBean(LocalRelay.class)
				.doesNotHaveBean("atmosphereBroadcaster")
				.doesNotHaveBean("atmosphereSessionRegistry");
			MessagingNode node = context.getBean(MessagingNode.class);
			assertThat(node.registry()).isSameAs(context.getBean(SessionRegistry.class));
			assertThat(node.broadcaster().broadcast("chat/a", "m", PublishOptions.DEFAULTS).join().outcome())
				.isEqualTo(Outcome.RELAYED);
			assertThat(context.getBean(FakeRelay.class).published())
				.filteredOn((envelope) -> envelope.kind() == Envelope.Kind.MESSAGE)
				.hasSize(1);
		});
	}

	@Test
	void bootsOwnExecutorsStay() {
		this.web
			.withConfiguration(
					AutoConfigurations.of(TaskExecutionAutoConfiguration.class, TaskSchedulingAutoConfiguration.class))
			.withUserConfiguration(Scheduling.class)
			.run((context) -> assertThat(context).hasBean("applicationTaskExecutor").hasBean("taskScheduler"));
	}

	@ParameterizedTest
	@CsvSource({ "atmosphere.relay.max-message-size, 0B", "atmosphere.relay.max-message-size, 2GB",
			"atmosphere.relay.max-pending, 0", "atmosphere.relay.publish-timeout, 0s",
			"atmosphere.relay.probe-interval, 0s", "atmosphere.relay.probe-timeout, -1s",
			"atmosphere.relay.start-timeout, -1s", "atmosphere.relay.unsubscribe-delay, -1s",
			"atmosphere.relay.kafka.partitions, 0", "atmosphere.relay.kafka.retention, 0s",
			"atmosphere.relay.kafka.log-retention, 0s", "atmosphere.relay.kafka.replication, 0",
			"atmosphere.relay.kafka.topic, no topic", "atmosphere.websocket.path, chat", "atmosphere.websocket.path, /",
			"atmosphere.websocket.path, /chat/", "atmosphere.websocket.path, /{a}",
			"atmosphere.centrifuge.path, connection", "atmosphere.websocket.max-message-size, 0B",
			"atmosphere.websocket.max-message-size, 2MB", "atmosphere.websocket.messages-per-second, -1",
			"atmosphere.websocket.burst, 0", "atmosphere.websocket.ping-interval, 0s",
			"atmosphere.websocket.pong-timeout, 0s", "atmosphere.websocket.send-timeout, 0s",
			"atmosphere.websocket.max-stuck-writers, 0", "atmosphere.websocket.connection-buffer, 100B",
			"atmosphere.websocket.queue.max-messages, 0", "atmosphere.websocket.queue.max-bytes, 0B",
			"atmosphere.presence.flush-interval, 0", "atmosphere.presence.digest-interval, 0",
			"atmosphere.presence.push-interval, 0", "atmosphere.presence.leave-delay, -1s",
			"atmosphere.presence.move-timeout, -1s", "atmosphere.presence.max-names, 0",
			"atmosphere.presence.max-attribute-size, 17KB", "atmosphere.websocket.writers, -1",
			"atmosphere.websocket.writers, 65", "atmosphere.shutdown.slice-size, 0",
			"atmosphere.limits.channels-per-session, -1", "atmosphere.limits.sessions-per-user, -1",
			"atmosphere.limits.sessions-per-address, -1", "atmosphere.limits.user-messages-per-second, -1",
			"atmosphere.limits.user-burst, 0", "atmosphere.security.token-timeout, 0s",
			"atmosphere.shutdown.slice-interval, 0s", "atmosphere.shutdown.timeout, 0s",
			"atmosphere.cluster.heartbeat-interval, 0s", "atmosphere.cluster.node-timeout, 5s",
			"atmosphere.cluster.request-timeout, 0s", "atmosphere.cluster.name, my cluster",
			"atmosphere.cluster.name, ''", "atmosphere.channels[0].pattern, '  '",
			"atmosphere.channels[0].pattern, chat/{room", "atmosphere.channels[0].pattern, /chat/**",
			"atmosphere.channels[0].pattern, chat/***", "atmosphere.channels[0].pattern, api/**",
			"atmosphere.channels[0].max-queued-messages, 0", "atmosphere.channels[0].max-queued-bytes, 0B",
			"atmosphere.durable-sessions.ttl, 5s", "atmosphere.durable-sessions.save-interval, 0s",
			"atmosphere.durable-sessions.timeout, 0s", "atmosphere.durable-sessions.cookie-name, a b" })
	void aPropertyThatCannotWorkIsRefusedByItsName(String name, String value) {
		this.web.withPropertyValues(name + "=" + value).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(context.getStartupFailure()).rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo(name);
					assertThat(ex.getReason()).isNotBlank();
				});
		});
	}

	@ParameterizedTest
	@CsvSource({ "scope, node, history.size", "slow-consumer, latest, slow-consumer",
			"slow-consumer, drop-oldest, slow-consumer", "history.ttl, 1ms, history.ttl",
			"history.idempotency-window, 0s, history.idempotency-window", "history.size, -1, history.size" })
	void aHistoryThatCannotKeepItsPromiseIsRefused(String name, String value, String told) {
		this.web
			.withPropertyValues("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=10",
					"atmosphere.channels[0]." + name + "=" + value)
			.run((context) -> {
				assertThat(context).hasFailed();
				assertThat(context.getStartupFailure()).rootCause()
					.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
							(ex) -> assertThat(ex.getName()).isEqualTo("atmosphere.channels[0]." + told));
			});
	}

	@Test
	void aRecordedChannelDisconnectsSlowClientsWhateverHoldsForOthers() {
		this.web
			.withPropertyValues("atmosphere.websocket.queue.slow-consumer=drop-oldest",
					"atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=10",
					"atmosphere.channels[1].pattern=chat/**")
			.run((context) -> {
				ChannelCatalog catalog = context.getBean(MessagingNode.class).catalog();
				assertThat(catalog.get("log/a").queue().policy()).isEqualTo(SlowConsumerPolicy.DISCONNECT);
				assertThat(catalog.get("chat/a").queue().policy()).isEqualTo(SlowConsumerPolicy.DROP_OLDEST);
			});
	}

	@Test
	void anEntryWithoutAPatternIsRefused() {
		new ApplicationContextRunner().withConfiguration(OURS)
			.withPropertyValues("atmosphere.relay.type=local", "atmosphere.channels[0].echo=false")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo("atmosphere.channels[0].pattern")));
	}

	@Test
	void anApplicationsNameThatCannotNameAClusterIsExplained() {
		this.plain.withPropertyValues("spring.application.name=My Shop")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("atmosphere.cluster.name")
				.hasMessageContaining("spring.application.name"));
		this.plain.withPropertyValues("spring.application.name=My Shop", "atmosphere.cluster.name=shop")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	/**
	 * With the filter that an application has before conditions are read.
	 */
	private static WebApplicationContextRunner asInAnApplication() {
		return new WebApplicationContextRunner().withUserConfiguration(Imports.class).withPropertyValues(ARGS);
	}

	/**
	 * Imports our auto-configurations as an application does.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AtmosphereAutoConfiguration.class, AtmosphereWebSocketAutoConfiguration.class,
			AtmosphereHealthContributorAutoConfiguration.class, AtmosphereMetricsAutoConfiguration.class,
			AtmosphereEndpointAutoConfiguration.class, AtmosphereSecurityAutoConfiguration.class,
			AtmosphereApiAutoConfiguration.class })
	static class Imports {

	}

	/**
	 * What an application may bring along.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnBeans {

		@Bean
		FakeRelay ownRelay() {
			return new FakeRelay();
		}

		@Bean
		Broadcaster ownBroadcaster() {
			return mock();
		}

		@Bean
		SessionRegistry ownRegistry() {
			return new SessionRegistry();
		}

	}

	/**
	 * An application with scheduled methods.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableScheduling
	static class Scheduling {

	}

}
