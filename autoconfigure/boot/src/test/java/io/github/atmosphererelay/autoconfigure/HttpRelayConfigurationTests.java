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

import java.net.URI;
import java.util.List;

import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link HttpRelayConfiguration}, {@link PeerDiscoveryConfiguration} and
 * {@link PeerChecks}.
 */
class HttpRelayConfigurationTests {

	private static final String SECRET = "atmosphere.relay.http.secret=0123456789abcdef0123456789abcdef";

	private final WebApplicationContextRunner plain = new WebApplicationContextRunner()
		.withClassLoader(new FilteredClassLoader("org.springframework.data.redis", "org.springframework.kafka"))
		.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class))
		.withPropertyValues("atmosphere.channels[0].pattern=chat/**", "spring.application.name=shop");

	private final WebApplicationContextRunner runner = this.plain.withPropertyValues("atmosphere.relay.type=http");

	@Test
	void itIsNeverChosenBecauseItsModuleIsThere() {
		this.plain.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(LocalRelay.class));
	}

	@Test
	void aNodeThatKnowsNoOtherIsUpAndSaysThatItIsAlone() {
		this.runner.withPropertyValues(SECRET).run((context) -> {
			MessagingNode node = context.getBean(MessagingNode.class);
			await().until(() -> node.monitor().isUp());
			assertThat(context.getBean(HttpRelay.class).details()).containsKey("alone").containsEntry("livePeers", 0);
			assertThat(context).hasSingleBean(PeerDiscovery.class);
		});
	}

	@Test
	void aNodeWhosePeersAreNotThereIsNotUp() {
		this.runner.withPropertyValues(SECRET, "atmosphere.relay.http.peers=https://localhost:1,https://localhost:2")
			.run((context) -> {
				MessagingNode node = context.getBean(MessagingNode.class);
				await().until(() -> node.monitor().state() == RelayState.DOWN);
				assertThat(context.getBean(HttpRelay.class).details().get("peers").toString())
					.contains("https://localhost:2=not found: ConnectException");
			});
	}

	@Test
	void withoutSecretAndCertificatesTheFailureNamesTheProperty() {
		this.runner.run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOfSatisfying(RelayNotConfiguredException.class, (ex) -> assertThat(ex.getAction())
				.contains("'atmosphere.relay.http.secret'", "'atmosphere.relay.http.ssl.bundle'")));
	}

	@Test
	void recordedChannelsAreAFailureThatNamesTheRelaysWithLogs() {
		this.runner.withPropertyValues(SECRET, "atmosphere.channels[0].history.size=10")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(RelayNotConfiguredException.class, (ex) -> {
					assertThat(ex).hasMessageContaining("http relay cannot record channels");
					assertThat(ex.getAction()).contains("redis, kafka or jdbc");
				}));
	}

	@Test
	void anApplicationWithoutAServletWebServerIsAFailure() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class))
			.withPropertyValues("atmosphere.relay.type=http", SECRET)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(RelayNotConfiguredException.class)
				.hasMessageContaining("web server"));
	}

	@Test
	void valuesThatCannotBeAreRefusedByTheirNames() {
		assertInvalid("secret", "short");
		assertInvalid("accepted-secrets", "0123456789abcdef0123456789abcdef,short");
		assertInvalid("peers", "chat-1:8080");
		assertInvalid("peers", "https://user@chat-1:8080");
		assertInvalid("url", "ftp://chat-1");
		assertInvalid("discovery-interval", "0s");
		assertInvalid("max-clock-skew", "10ms");
		assertInvalid("ssl.require-certificate", "true");
	}

	@Test
	void aShortSecretIsNotShown() {
		this.runner.withPropertyValues("atmosphere.relay.http.secret=topsecret")
			.run((context) -> assertThat(context.getStartupFailure()).rootCause()
				.message()
				.doesNotContain("topsecret"));
	}

	@Test
	void aBundleThatDoesNotExistIsAFailureThatNamesIt() {
		this.runner.withPropertyValues("atmosphere.relay.http.ssl.bundle=nodes", "server.ssl.client-auth=want")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(RelayNotConfiguredException.class)
				.hasMessageContaining("'nodes'"));
	}

	@Test
	void instancesOfTheServiceAreThePeers() {
		DiscoveryClient client = new DiscoveryClient() {

			@Override
			public String description() {
				return "test";
			}

			@Override
			public List<ServiceInstance> getInstances(String serviceId) {
				DefaultServiceInstance secure = new DefaultServiceInstance("1", serviceId, serviceId, 8443, true);
				DefaultServiceInstance below = new DefaultServiceInstance("2", serviceId, "below", 8080, false);
				below.getMetadata().put("contextPath", "/app");
				return List.of(secure, below);
			}

			@Override
			public List<String> getServices() {
				return List.of();
			}

		};
		this.runner.withPropertyValues(SECRET).withBean(DiscoveryClient.class, () -> client).run((context) -> {
			assertThat(context.getBean(PeerDiscovery.class).peers()).containsExactly(URI.create("https://shop:8443"),
					URI.create("http://below:8080/app"));
			await().untilAsserted(() -> assertThat(context.getBean(HttpRelay.class).details().get("peers").toString())
				.contains("https://shop:8443", "http://below:8080/app"));
		});
		this.runner.withPropertyValues(SECRET, "atmosphere.relay.http.service-id=chat")
			.withBean(DiscoveryClient.class, () -> client)
			.run((context) -> assertThat(context.getBean(PeerDiscovery.class).peers())
				.contains(URI.create("https://chat:8443")));
	}

	@Test
	void anEmptyAnswerOfDiscoveryDoesNotSayThatTheNodeIsAlone() {
		DiscoveryClient client = new DiscoveryClient() {

			@Override
			public String description() {
				return "test";
			}

			@Override
			public List<ServiceInstance> getInstances(String serviceId) {
				return List.of();
			}

			@Override
			public List<String> getServices() {
				return List.of();
			}

		};
		this.runner.withPropertyValues(SECRET).withBean(DiscoveryClient.class, () -> client).run((context) -> {
			MessagingNode node = context.getBean(MessagingNode.class);
			await().until(() -> node.monitor().state() == RelayState.DOWN);
			assertThat(context.getBean(HttpRelay.class).details()).doesNotContainKey("alone")
				.extractingByKey("discovery")
				.asString()
				.contains("no instance of 'shop'");
		});
	}

	@Test
	void springCloudMayBeAbsent() {
		this.runner
			.withClassLoader(new FilteredClassLoader("org.springframework.cloud", "org.springframework.data.redis",
					"org.springframework.kafka"))
			.withPropertyValues(SECRET)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PeerDiscovery.class));
	}

	private void assertInvalid(String property, String value) {
		this.runner.withPropertyValues(SECRET)
			.withPropertyValues("atmosphere.relay.http." + property + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("atmosphere.relay.http." + property));
	}

}
