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
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Finds the nodes for the HTTP relay by Spring Cloud's {@code DiscoveryClient}, if it is
 * on the classpath.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ HttpRelay.class, DiscoveryClient.class })
@ConditionalOnProperty(name = "atmosphere.relay.type", havingValue = "http")
class PeerDiscoveryConfiguration {

	private static final Log logger = LogFactory.getLog(PeerDiscoveryConfiguration.class);

	/**
	 * The clients are found with the first question, on a thread that may block: they may
	 * ask their server when they are created.
	 */
	@Bean
	PeerDiscovery atmospherePeerDiscovery(ObjectProvider<DiscoveryClient> clients, AtmosphereProperties properties,
			@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String applicationName) {
		String configured = properties.relay().http().serviceId();
		String service = (configured != null) ? configured : applicationName;
		return () -> {
			DiscoveryClient client = clients.getIfAvailable();
			return (client != null) ? urls(client.getInstances(service), service) : List.of();
		};
	}

	/**
	 * Return the URLs of the instances. An answer without any does not say that this node
	 * is alone, because this node should be in it.
	 */
	private static List<URI> urls(List<ServiceInstance> instances, String service) {
		List<URI> urls = instances.stream()
			.map(PeerDiscoveryConfiguration::url)
			.filter(Objects::nonNull)
			.map(Objects::requireNonNull)
			.toList();
		if (urls.isEmpty()) {
			throw new IllegalStateException("The DiscoveryClient knows no instance of '" + service
					+ "', not even this node: see 'atmosphere.relay.http.service-id'");
		}
		return urls;
	}

	/**
	 * Return the URL of an instance, or {@code null} if it has none that can be used.
	 */
	private static @Nullable URI url(ServiceInstance instance) {
		Map<String, String> metadata = instance.getMetadata();
		String path = (metadata != null) ? metadata.get("contextPath") : null;
		URI uri = instance.getUri();
		if (path == null || !String.valueOf(uri.getPath()).isEmpty()) {
			return uri;
		}
		try {
			return URI.create(uri + path);
		}
		catch (IllegalArgumentException ex) {
			logger.warn("An instance has no usable 'contextPath' in its metadata, and is left out: " + ex.getMessage());
			return null;
		}
	}

}
