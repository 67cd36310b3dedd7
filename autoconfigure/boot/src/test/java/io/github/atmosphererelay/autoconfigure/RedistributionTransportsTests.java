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

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.server.context.WebServerApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link CacheBackChannelConfiguration} and
 * {@link HttpForwardingConfiguration}.
 */
class RedistributionTransportsTests {

	private static final String SECRET = "atmosphere.relay.http.secret=0123456789abcdef0123456789abcdef";

	private static final String FORWARDING = "atmosphere.redistribution.forwarding=http";

	private static final String BACK_CHANNEL = "atmosphere.redistribution.back-channel=cache";

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class))
		.withPropertyValues("atmosphere.relay.type=local", "spring.application.name=shop");

	@Test
	void aProcessWithoutWebServerForwardsToNodesBesideAnotherRelay() throws Exception {
		int port = Ports.free();
		try (RedisServers.Standalone redis = RedisServers.standalone()) {
			String[] shared = { "atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
					"spring.data.redis.port=" + redis.port(), "atmosphere.channels[0].pattern=chat/**", SECRET,
					FORWARDING, BACK_CHANNEL, "atmosphere.relay.http.peers=http://localhost:" + port };
			try (TestNode node = TestNode.start(with(shared, "server.port=" + port));
					TestNode process = TestNode.start(with(shared, "spring.main.web-application-type=none"))) {
				assertThat(process.context()).isNotInstanceOf(WebServerApplicationContext.class);
				assertThatARecordIsForwarded(node, process);
				assertThatAStrangerIsRefused(node);
			}
		}
	}

	private static String[] with(String[] properties, String property) {
		return Stream.concat(Stream.of(properties), Stream.of(property)).toArray(String[]::new);
	}

	private static void assertThatARecordIsForwarded(TestNode node, TestNode process) throws Exception {
		UUID receiver = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		Forwarding receiving = forwarding(node, receiver);
		Forwarding sending = forwarding(process, sender);
		BackChannel publishing = backChannel(node, receiver);
		BackChannel listening = backChannel(process, sender);
		try {
			BlockingQueue<ForwardedRange> received = new LinkedBlockingQueue<>();
			receiving.receive(receiver, received::addAll).get(20, TimeUnit.SECONDS);
			publishing.publish(new InterestChange("prices", receiver, 1, Set.of("prices/a"), Set.of()))
				.get(20, TimeUnit.SECONDS);
			Interest interest = new Interest();
			listening.listen(interest).get(20, TimeUnit.SECONDS);
			assertThat(interest.events).containsExactly("replaced prices " + receiver + " 1 [prices/a]");
			ForwardedRange range = new ForwardedRange("prices", sender, "epoch-1", 0, 5, 7, 1,
					List.of(new ForwardedRecord(6, 0, "prices/a", Payload.text("1"), Map.of())));
			sending.send(receiver, List.of(range)).get(20, TimeUnit.SECONDS);
			assertThat(received).containsExactly(range);
		}
		finally {
			Stream.of(sending, receiving).forEach(Forwarding::stop);
			Stream.of(publishing, listening).forEach(BackChannel::stop);
		}
	}

	private static Forwarding forwarding(TestNode node, UUID id) {
		ForwardingFactory factory = node.bean(ForwardingFactory.class);
		assertThat(factory.type()).isEqualTo(RedistributionForwarding.HTTP);
		return factory.create(id, new Guards().of(Part.FEEDS));
	}

	private static BackChannel backChannel(TestNode node, UUID id) {
		BackChannelFactory factory = node.bean(BackChannelFactory.class);
		assertThat(factory.type()).isEqualTo(RedistributionBackChannel.CACHE);
		return factory.create(id, new Guards().of(Part.FEEDS));
	}

	private static void assertThatAStrangerIsRefused(TestNode node) throws Exception {
		Forwarding receiving = forwarding(node, UUID.randomUUID());
		HttpResponse<String> stranger = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/atmosphere/connection/feeds"))
				.POST(HttpRequest.BodyPublishers.ofString("hello"))
				.build(), HttpResponse.BodyHandlers.ofString());
		assertThat(stranger.statusCode()).isEqualTo(401);
		receiving.stop();
		HttpResponse<String> stopped = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/atmosphere/connection/feeds"))
				.POST(HttpRequest.BodyPublishers.ofString("hello"))
				.build(), HttpResponse.BodyHandlers.ofString());
		assertThat(stopped.statusCode()).isEqualTo(503);
	}

	@Test
	void byDefaultBothAreKafka() {
		this.runner.run((context) -> {
			assertThat(context.getBean(BackChannelFactory.class).type()).isEqualTo(RedistributionBackChannel.KAFKA);
			assertThat(context.getBean(ForwardingFactory.class).type()).isEqualTo(RedistributionForwarding.KAFKA);
		});
	}

	@Test
	void withoutSecretAndCertificatesTheFailureNamesTheProperty() {
		this.runner.withPropertyValues(FORWARDING)
			.run((context) -> assertThatExceptionOfType(RelayNotConfiguredException.class)
				.isThrownBy(() -> context.getBean(ForwardingFactory.class)
					.create(UUID.randomUUID(), new Guards().of(Part.FEEDS)))
				.withMessageContaining("http forwarding")
				.satisfies((ex) -> assertThat(ex.getAction()).contains("'atmosphere.relay.http.secret'")));
	}

	@Test
	void withoutRedisTheFailureNamesTheProperty() {
		this.runner.withPropertyValues(BACK_CHANNEL)
			.run((context) -> assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
				.isThrownBy(() -> context.getBean(BackChannelFactory.class)
					.create(UUID.randomUUID(), new Guards().of(Part.FEEDS)))
				.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("atmosphere.redistribution.back-channel")));
	}

	/**
	 * Notes what it learns.
	 */
	private static final class Interest implements BackChannel.Listener {

		private final List<String> events = new ArrayList<>();

		@Override
		public void changed(InterestChange change) {
			this.events.add("changed " + change);
		}

		@Override
		public void replaced(String feed, UUID node, long version, Set<String> channels) {
			this.events.add("replaced " + feed + " " + node + " " + version + " " + channels);
		}

		@Override
		public void forgotten(UUID node) {
			this.events.add("forgotten " + node);
		}

	}

}
