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

import java.io.IOException;
import java.net.URI;
import java.util.Set;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what an IDE says about our properties.
 */
class PropertyMetadataTests {

	/** Their default is another property, or nothing. */
	private static final Set<String> WITHOUT_DEFAULT = Set.of("atmosphere.jdbc.data-source",
			"atmosphere.centrifuge.path", "atmosphere.channels", "atmosphere.feeds", "atmosphere.cluster.name",
			"atmosphere.console.logout", "atmosphere.cluster.node-name", "atmosphere.cluster.address",
			"atmosphere.limits.reserved-connections", "atmosphere.relay.type", "atmosphere.relay.kafka.topic",
			"atmosphere.relay.jdbc.url", "atmosphere.relay.jdbc.username", "atmosphere.relay.jdbc.password",
			"atmosphere.relay.jdbc.listen-url", "atmosphere.relay.http.accepted-secrets", "atmosphere.relay.http.peers",
			"atmosphere.relay.http.secret", "atmosphere.relay.http.service-id", "atmosphere.relay.http.ssl.bundle",
			"atmosphere.relay.http.ssl.names", "atmosphere.relay.http.ssl.require-certificate",
			"atmosphere.relay.http.url", "atmosphere.redistribution.group", "atmosphere.redistribution.topic",
			"atmosphere.routing.redis-copy", "atmosphere.routing.ring-role", "atmosphere.state.store",
			"atmosphere.streams.instance", "atmosphere.websocket.allowed-origins");

	@Test
	void everyPropertyHasADescriptionAndADefault() throws IOException {
		Set<String> names = new TreeSet<>();
		for (JsonNode property : metadata().path("properties")) {
			String name = property.path("name").asString();
			if (!name.startsWith("atmosphere.")) {
				continue;
			}
			names.add(name);
			assertThat(property.path("description").asString("")).as("description of " + name)
				.matches("(?s)[A-Z].*\\.");
			if (!WITHOUT_DEFAULT.contains(name)) {
				assertThat(property.has("defaultValue")).as("default of " + name).isTrue();
			}
		}
		assertThat(names).contains("atmosphere.enabled", "atmosphere.channels", "atmosphere.feeds",
				"atmosphere.relay.redis.key-prefix", "atmosphere.relay.kafka.topic",
				"atmosphere.websocket.queue.slow-consumer", "atmosphere.health.degraded-is-down",
				"atmosphere.shutdown.timeout");
		assertThat(names).hasSizeGreaterThanOrEqualTo(35);
	}

	@Test
	void hintsAreOfPropertiesThatExist() throws IOException {
		JsonNode metadata = metadata();
		Set<String> names = new TreeSet<>();
		metadata.path("properties").forEach((property) -> names.add(property.path("name").asString()));
		assertThat(metadata.path("hints").size()).isPositive();
		metadata.path("hints").forEach((hint) -> assertThat(names).contains(hint.path("name").asString()));
	}

	private static JsonNode metadata() throws IOException {
		URI classes = URI.create(AtmosphereProperties.class.getProtectionDomain().getCodeSource().getLocation() + "");
		URI file = classes.resolve("META-INF/spring-configuration-metadata.json");
		return JsonMapper.builder().build().readTree(file.toURL().openStream());
	}

}
