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

import java.time.Duration;
import java.util.stream.Stream;

import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FeedsConfiguration} and {@link ConfiguredFeeds}.
 */
@ExtendWith(OutputCaptureExtension.class)
class FeedsConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class))
		// No broker is needed: feeds start without it
		.withPropertyValues("atmosphere.relay.type=local", "spring.kafka.bootstrap-servers=localhost:1",
				"atmosphere.channels[0].pattern=chat/**", "atmosphere.feeds[0].topic=prices");

	private final ApplicationContextRunner kafka = this.runner
		.withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class));

	@Test
	void aFeedStartsWithoutItsBrokerAndSaysWhatIsWrong() {
		this.kafka.withPropertyValues("atmosphere.feeds[0].channel=prices/{key}").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(Feeds.class).all()).singleElement().satisfies((feed) -> {
				assertThat(feed.isUp()).isFalse();
				assertThat(feed.problem()).isNotNull();
				assertThat(feed.name()).isEqualTo("prices");
				assertThat(feed.settings().isRecorded()).isTrue();
			});
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			textBlock = """
					channel=prices                                                 | channel         | it has no variable
					channel=                                                       | channel         | for example prices/{key}
					channel=chat/{key}                                             | channel         | 'atmosphere.channels[0].pattern', 'chat/**'
					channel=prices/{key},topic=                                    | topic           | the topic to read
					channel=prices/{key},mode=routed                               | mode            | 'atmosphere.routing.enabled'
					channel=prices/{header:id},mode=routed                         | mode            | made from the key
					channel=prices/{key},mode=routed,snapshot=true                 | snapshot        | 'atmosphere.feeds[0].mode' everyone
					channel=prices/{key},mode=redistributed,snapshot=true          | snapshot        | 'atmosphere.feeds[0].mode' everyone
					channel=prices/{key},recovery=-1s                              | recovery        | must not be negative
					channel=prices/{key},recovery-bytes=0B                         | recovery-bytes  | must be positive
					channel=prices/{key},scan-timeout=0s                           | scan-timeout    | must be positive
					channel=prices/{key},snapshot-bytes=0B                         | snapshot-bytes  | must be positive
					channel=prices/{key},max-rate=-1                               | max-rate        | must not be negative
					channel=prices/{key},max-rate=2                                | max-rate        | 'atmosphere.feeds[0].conflate' to be latest
					channel=prices/{header:id},publish=true                        | publish         | made from the key
					channel=prices/{header:id},snapshot=true                       | snapshot        | made from the key
					channel=prices/{key},recovery=0,snapshot=true                  | snapshot        | 'recovery' is not 0
					channel=prices/{key},client-publish=anyone                     | client-publish  | 'atmosphere.feeds[0].publish' is true
					channel=prices/{key},mapping=missing                           | mapping         | no bean of the type FeedMapping
					channel=prices/{key},deserializer=missing                      | deserializer    | no bean of the type Deserializer
					channel=prices/{key},partitioner=missing                       | partitioner     | no bean of the type FeedPartitioner
					""")
	void whatIsWrongIsNamedWithItsProperty(String properties, String property, String reason) {
		this.kafka
			.withPropertyValues(
					Stream.of(properties.split(",")).map("atmosphere.feeds[0]."::concat).toArray(String[]::new))
			.run((context) -> assertThat(context.getStartupFailure()).rootCause()
				.hasMessageContaining("atmosphere.feeds[0]." + property)
				.hasMessageContaining(reason));
	}

	@Test
	void channelsOfARoutedFeedArePlacedByItsPartitionsUnlessTheApplicationPlacesThem() {
		ApplicationContextRunner routed = this.kafka
			.withConfiguration(AutoConfigurations.of(AtmosphereRoutingAutoConfiguration.class))
			.withPropertyValues("atmosphere.feeds[0].channel=prices/{key}", "atmosphere.feeds[0].mode=routed",
					"atmosphere.routing.enabled=true", "atmosphere.cluster.node-name=n1");
		routed.run((context) -> {
			assertThat(context).hasNotFailed();
			ChannelPlaces places = context.getBean(ChannelPlaces.class);
			assertThat(places).isInstanceOf(PartitionPlaces.class);
			// Without the broker nobody reads a partition
			assertThat(places.snapshot().node("prices/a")).isNull();
			assertThat(places.snapshot()).isEqualTo(places.snapshot());
			assertThat(context.getBean(Routes.class).findByChannel("prices/a")).isNull();
		});
		routed.withBean(ChannelPlaces.class, () -> () -> (channel) -> channel.equals("prices/a") ? "n1" : null)
			.run((context) -> {
				assertThat(context).doesNotHaveBean(PartitionPlaces.class);
				Routes routes = context.getBean(Routes.class);
				MachineTime.await(Duration.ofSeconds(30)).until(() -> routes.ring() != null);
				assertThat(routes.findByChannel("prices/a").node()).isEqualTo("n1");
				assertThat(routes.findByChannel("prices/b")).isNull();
			});
	}

	@Test
	void feedsOfOneTopicNeedDifferentNamesAndChannels() {
		ApplicationContextRunner two = this.kafka.withPropertyValues("atmosphere.feeds[0].channel=prices/{key}",
				"atmosphere.feeds[1].topic=prices");
		two.withPropertyValues("atmosphere.feeds[1].channel=other/{key}")
			.run((context) -> assertThat(context.getStartupFailure()).rootCause()
				.hasMessageContaining("atmosphere.feeds[1].name"));
		two.withPropertyValues("atmosphere.feeds[1].channel=prices/{*key}", "atmosphere.feeds[1].name=other")
			.run((context) -> assertThat(context.getStartupFailure()).rootCause()
				.hasMessageContaining("atmosphere.feeds[1].channel")
				.hasMessageContaining("another feed"));
		two.withPropertyValues("atmosphere.feeds[1].channel=other/{key}", "atmosphere.feeds[1].name=other")
			.run((context) -> assertThat(context.getBean(Feeds.class).all()).extracting(Feed::name)
				.containsExactly("prices", "other"));
	}

	@Test
	void feedsNeedKafka() {
		this.runner.withPropertyValues("atmosphere.feeds[0].channel=prices/{key}")
			.withClassLoader(new FilteredClassLoader("org.springframework.kafka"))
			.run((context) -> assertThat(context.getStartupFailure()).rootCause()
				.hasMessageContaining("spring-boot-starter-kafka"));
		this.runner.withPropertyValues("atmosphere.feeds[0].channel=prices/{key}")
			.run((context) -> assertThat(context.getStartupFailure()).rootCause()
				.hasMessageContaining("Add spring-boot-starter-kafka"));
	}

	@Test
	void aFeedWithoutPositionsSaysSoAtItsStart(CapturedOutput output) {
		LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
		logging.setLogLevel(Feeds.class.getPackageName(), LogLevel.INFO);
		try {
			this.kafka.withPropertyValues("atmosphere.feeds[0].channel=prices/{header:id}").run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(output).containsOnlyOnce("The channels of the feed 'prices' are ephemeral");
			});
			this.kafka.withPropertyValues("atmosphere.feeds[0].channel=prices/{key}")
				.run((context) -> assertThat(output).containsOnlyOnce("are ephemeral"));
		}
		finally {
			logging.setLogLevel(Feeds.class.getPackageName(), null);
		}
	}

}
