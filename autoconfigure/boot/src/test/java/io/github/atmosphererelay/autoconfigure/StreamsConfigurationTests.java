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

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.feed.internal.FeedClients;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.internal.Streams;
import org.apache.kafka.clients.consumer.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AtmosphereStreamsAutoConfiguration}.
 */
class StreamsConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(AtmosphereAutoConfiguration.class, AtmosphereStateAutoConfiguration.class,
						AtmosphereStreamsAutoConfiguration.class, KafkaAutoConfiguration.class))
		// No broker is needed: streams start without it
		.withPropertyValues("spring.application.name=shop", "atmosphere.relay.type=local",
				"spring.kafka.bootstrap-servers=localhost:1");

	private final ApplicationContextRunner reducers = this.runner.withUserConfiguration(Odds.class);

	@Test
	void thereAreNoStreamsWithoutReducers() {
		this.runner.run((context) -> {
			assertThat(context).doesNotHaveBean(Streams.class);
			assertThat(context.getBean(ChannelCatalog.class).find("streams/abc")).isNull();
		});
	}

	@Test
	void reducersHaveStreamsAndTheChannelsAmongProcessesAreClosed() {
		this.reducers.withPropertyValues("atmosphere.state.store=memory", "atmosphere.channels[0].pattern={*any}")
			.run((context) -> {
				assertThat(context).hasNotFailed().hasSingleBean(Streams.class);
				ChannelCatalog catalog = context.getBean(ChannelCatalog.class);
				assertThat(catalog.get("streams/abc").source()).isNotNull();
				MessagingNode node = context.getBean(MessagingNode.class);
				assertThat(node.clientMessages().authorizeSubscribe(() -> "ann", null, "~s/i/abc").isGranted())
					.isFalse();
				assertThat(node.clientMessages().authorizeSubscribe(() -> "ann", null, "streams/abc").isGranted())
					.isFalse();
				assertThat(node.clientMessages().authorizeSubscribe(() -> "ann", null, "chat").isGranted()).isTrue();
			});
	}

	@Test
	void reducersNeedAStore() {
		this.reducers.run((context) -> assertThat(context.getStartupFailure()).rootCause()
			.hasMessageContaining("atmosphere.state.store")
			.hasMessageContaining("atmosphere.streams.reduce"));
		this.reducers.withPropertyValues("atmosphere.streams.reduce=false")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(Streams.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "consumers=0", "max-streams=0", "max-streams-per-user=0", "max-keys-per-stream=0",
			"max-keys=0", "cache-bytes=0B", "max-snapshot-bytes=0B" })
	void whatIsWrongIsNamedWithItsProperty(String property) {
		this.reducers.withPropertyValues("atmosphere.state.store=memory", "atmosphere.streams." + property)
			.run((context) -> assertThat(context.getStartupFailure()).rootCause()
				.hasMessageContaining("atmosphere.streams." + property.substring(0, property.indexOf('='))));
	}

	@Test
	void aProcessWithANameIsAStaticMemberOfTheGroups() {
		this.reducers.withPropertyValues("atmosphere.state.store=memory", "atmosphere.streams.instance=odds-reducers-0")
			.run((context) -> {
				FeedClients clients = context.getBean(FeedClients.class);
				String instance = context.getBean(AtmosphereProperties.class).streams().instance();
				try (Consumer<byte[], byte[]> named = clients.groupMember("group", instance);
						Consumer<byte[], byte[]> other = clients.groupMember("group", null)) {
					assertThat(named.groupMetadata().groupInstanceId()).contains("odds-reducers-0");
					assertThat(other.groupMetadata().groupInstanceId()).isEmpty();
				}
			});
	}

	@Test
	void withoutTheModuleNothingChanges() {
		this.runner.withClassLoader(new FilteredClassLoader("io.github.atmosphererelay.stream"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Configuration(proxyBeanMethods = false)
	static class Odds {

		@Bean
		Reducer<String, Integer> odds() {
			return Reducer.named("odds").topic("odds", Integer.class).fold((state, record) -> record.value()).build();
		}

	}

}
