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

import io.github.atmosphererelay.relay.http.internal.HttpRelay;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Finds the nodes for what nodes send each other over HTTP, by Spring Cloud's
 * {@code DiscoveryClient}, if it is on the classpath.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ HttpRelay.class, DiscoveryClient.class })
@Conditional(OnPeers.class)
class PeerDiscoveryConfiguration {

	@Bean
	CloudPeerDiscovery atmospherePeerDiscovery(ObjectProvider<DiscoveryClient> clients, AtmosphereProperties properties,
			@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String applicationName) {
		String configured = properties.relay().http().serviceId();
		return new CloudPeerDiscovery(clients, (configured != null) ? configured : applicationName);
	}

}
