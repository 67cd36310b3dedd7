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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;

/**
 * Finds the nodes as the instances of a service that Spring Cloud's
 * {@code DiscoveryClient} knows. It is asked only when the application has started: a
 * client that is used earlier may register this node before the port of its web server is
 * known.
 */
final class CloudPeerDiscovery implements PeerDiscovery, ApplicationListener<ContextRefreshedEvent> {

	private static final Log logger = LogFactory.getLog(CloudPeerDiscovery.class);

	private final ObjectProvider<DiscoveryClient> clients;

	private final String service;

	private final CountDownLatch started = new CountDownLatch(1);

	CloudPeerDiscovery(ObjectProvider<DiscoveryClient> clients, String service) {
		this.clients = clients;
		this.service = service;
	}

	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		this.started.countDown();
	}

	@Override
	public Collection<URI> peers() {
		try {
			this.started.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("The application stops before it has started", ex);
		}
		DiscoveryClient client = this.clients.getIfAvailable();
		return (client != null) ? urls(client.getInstances(this.service)) : List.of();
	}

	/**
	 * Return the URLs of the instances. An answer without any does not say that this node
	 * is alone, because this node should be in it.
	 */
	private List<URI> urls(List<ServiceInstance> instances) {
		List<URI> urls = new ArrayList<>();
		for (ServiceInstance instance : instances) {
			URI url = url(instance);
			if (url != null) {
				urls.add(url);
			}
		}
		if (urls.isEmpty()) {
			throw new IllegalStateException("The DiscoveryClient knows no instance of '" + this.service
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
