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

import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.kafka.internal.KafkaRelay;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import io.github.atmosphererelay.relay.redis.internal.RedisRelay;
import io.github.atmosphererelay.test.FakeRelay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link RelayChooser} within an application, and for what it says when no
 * relay can be made.
 */
@ExtendWith(OutputCaptureExtension.class)
class RelayChoiceTests {

	private static final String REDIS = "org.springframework.data.redis";

	private static final String KAFKA = "org.springframework.kafka";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class))
		// No broker is needed: a relay starts without it.
		.withPropertyValues("atmosphere.channels[0].pattern=chat/**", "atmosphere.relay.start-timeout=0s",
				"spring.data.redis.port=1", "spring.kafka.bootstrap-servers=localhost:1");

	private final ApplicationContextRunner withBrokers = this.runner
		.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, KafkaAutoConfiguration.class));

	@Test
	void withoutAModuleMessagesStayOnThisNode() {
		this.runner.withClassLoader(new FilteredClassLoader(REDIS, KAFKA))
			.run((context) -> assertThat(context).hasSingleBean(LocalRelay.class).hasSingleBean(ClusterRelay.class));
	}

	@Test
	void clusterChannelsCauseAWarningIfThereIsNoRelayOnTheClasspath(CapturedOutput output) {
		ApplicationContextRunner lonely = this.runner.withClassLoader(new FilteredClassLoader(REDIS, KAFKA));
		String warning = "messages of the channels 'chat/**' do not reach clients of other nodes";
		lonely.withPropertyValues("atmosphere.relay.type=local").run((context) -> assertThat(context).hasNotFailed());
		lonely.withPropertyValues("atmosphere.channels[0].scope=node")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).doesNotContain(warning);
		lonely.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).containsOnlyOnce(warning)
			.contains("spring-boot-starter-data-redis")
			.contains("spring-boot-starter-kafka")
			.contains("atmosphere.relay.type");
	}

	@Test
	void theOnlyModuleIsTaken() {
		this.withBrokers.withClassLoader(new FilteredClassLoader(KAFKA))
			.run((context) -> assertThat(context).hasSingleBean(ClusterRelay.class)
				.getBean(ClusterRelay.class)
				.isInstanceOf(RedisRelay.class));
		this.withBrokers.withClassLoader(new FilteredClassLoader(REDIS))
			.run((context) -> assertThat(context).hasSingleBean(ClusterRelay.class)
				.getBean(ClusterRelay.class)
				.isInstanceOf(KafkaRelay.class));
	}

	@Test
	void oneOfSeveralModulesHasToBeChosen() {
		this.withBrokers.run((context) -> {
			FailureAnalysis analysis = analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("kafka and redis").contains("no property says");
			assertThat(analysis.getAction()).contains("atmosphere.relay.type").contains("redis, kafka, local");
		});
	}

	@Test
	void theChosenRelayIsTaken() {
		this.withBrokers.withPropertyValues("atmosphere.relay.type=redis")
			.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(RedisRelay.class));
		this.withBrokers.withPropertyValues("atmosphere.relay.type=kafka")
			.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(KafkaRelay.class));
		this.withBrokers.withPropertyValues("atmosphere.relay.type=local")
			.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(LocalRelay.class));
	}

	@Test
	void aRelayWithoutLogsIsRefusedWhereAChannelKeepsAHistory() {
		this.runner.withBean(ClusterRelay.class, FakeRelay::new)
			.withPropertyValues("atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].history.size=10")
			.run((context) -> {
				FailureAnalysis analysis = analyze(context.getStartupFailure());
				assertThat(analysis.getDescription()).contains("'chat/**'")
					.contains("fake relay cannot record channels");
				assertThat(analysis.getAction()).contains("history.size").contains("atmosphere.relay.type");
			});
	}

	@Test
	void kafkaHasLogsIfAChannelIsRecorded() {
		ApplicationContextRunner kafka = this.withBrokers.withPropertyValues("atmosphere.relay.type=kafka",
				"atmosphere.channels[0].pattern=chat/**");
		kafka.run((context) -> assertThat(context.getBean(ClusterRelay.class).log()).isNull());
		kafka.withPropertyValues("atmosphere.channels[0].history.size=10", "atmosphere.channels[0].history.ttl=24h")
			.run((context) -> {
				ClusterRelay relay = context.getBean(ClusterRelay.class);
				assertThat(relay.log()).isNotNull();
				assertThat(relay.details().get("logTopic")).asString().endsWith("-log");
			});
	}

	@Test
	void aLogRetentionBelowAChannelsHistoryIsRefused() {
		this.withBrokers
			.withPropertyValues("atmosphere.relay.type=kafka", "atmosphere.channels[0].pattern=chat/**",
					"atmosphere.channels[0].history.size=10", "atmosphere.channels[0].history.ttl=25h")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("atmosphere.relay.kafka.log-retention");
					assertThat(ex.getReason()).contains("'history.ttl' of the channels 'chat/**' is PT25H");
				}));
	}

	@ParameterizedTest
	@CsvSource({ "redis, spring-boot-starter-data-redis", "kafka, spring-boot-starter-kafka" })
	void aMissingModuleIsExplained(String type, String starter) {
		this.runner.withClassLoader(new FilteredClassLoader(REDIS, KAFKA))
			.withPropertyValues("atmosphere.relay.type=" + type)
			.run((context) -> {
				FailureAnalysis analysis = analyze(context.getStartupFailure());
				assertThat(analysis.getDescription()).contains("'atmosphere.relay.type' is '" + type + "'")
					.contains("not on the classpath");
				assertThat(analysis.getAction()).contains("org.springframework.boot:" + starter);
			});
	}

	@ParameterizedTest
	@CsvSource({ "redis, RedisConnectionFactory", "kafka, ProducerFactory" })
	void aMissingConnectionIsExplained(String type, String bean) {
		this.runner.withPropertyValues("atmosphere.relay.type=" + type).run((context) -> {
			FailureAnalysis analysis = analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("The " + type + " relay needs one " + bean);
			assertThat(analysis.getAction()).contains("@AtmosphereRelayConnection").contains("atmosphere.relay.type");
		});
	}

	@Test
	void oneOfSeveralConnectionsHasToBeMarkedOrPrimary() {
		ApplicationContextRunner redis = this.runner.withPropertyValues("atmosphere.relay.type=redis");
		redis.withUserConfiguration(TwoConnections.class)
			.run((context) -> assertThat(analyze(context.getStartupFailure()).getDescription())
				.contains("several of which none is primary"));
		redis.withUserConfiguration(TwoConnections.class, PrimaryConnection.class)
			.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(RedisRelay.class));
		redis.withUserConfiguration(TwoConnections.class, MarkedConnection.class)
			.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(RedisRelay.class));
	}

	@Test
	void theMarkedConnectionIsPreferredToThePrimaryOne() {
		this.runner.withPropertyValues("atmosphere.relay.type=redis")
			.withUserConfiguration(PrimaryThatCannotBeUsed.class, MarkedConnection.class)
			.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(RedisRelay.class));
		this.runner.withPropertyValues("atmosphere.relay.type=redis")
			.withUserConfiguration(PrimaryThatCannotBeUsed.class)
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void anUnknownRelayIsRefusedByItsProperty() {
		this.runner.withPropertyValues("atmosphere.relay.type=pigeon")
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("atmosphere.relay.type"));
	}

	@Test
	void theAnalyzerIsRegistered() {
		assertThat(SpringFactoriesLoader.forDefaultResourceLocation().load(FailureAnalyzer.class, (type, name, ex) -> {
		})).hasAtLeastOneElementOfType(RelayNotConfiguredFailureAnalyzer.class);
	}

	private static FailureAnalysis analyze(Throwable failure) {
		assertThat(failure).isNotNull();
		FailureAnalysis analysis = new RelayNotConfiguredFailureAnalyzer().analyze(failure);
		assertThat(analysis).as("analysis of " + failure).isNotNull();
		return analysis;
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoConnections {

		@Bean
		RedisConnectionFactory one() {
			return new LettuceConnectionFactory("localhost", 1);
		}

		@Bean
		RedisConnectionFactory two() {
			return new LettuceConnectionFactory("localhost", 1);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrimaryConnection {

		@Bean
		@Primary
		RedisConnectionFactory primary() {
			return new LettuceConnectionFactory("localhost", 1);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class MarkedConnection {

		@Bean
		@AtmosphereRelayConnection
		RedisConnectionFactory marked() {
			return new LettuceConnectionFactory("localhost", 1);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrimaryThatCannotBeUsed {

		@Bean
		@Primary
		RedisConnectionFactory unusable() {
			return mock();
		}

	}

}
