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

package io.github.atmosphererelay.gateway.internal;

import java.net.URI;
import java.util.List;

import io.github.atmosphererelay.routing.RingMember;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Which instance of the service is which member of the ring. An instance's identity in
 * discovery is not the node's name, so the instance tells it in its metadata; else its id
 * or the node's address decides.
 */
final class NodeInstances {

	/** The key of an instance's metadata that holds its node's name. */
	static final String NODE_NAME = "atmosphere-node";

	private NodeInstances() {
	}

	/**
	 * Return the instance of a member, or {@code null} if it is not among them.
	 */
	static @Nullable ServiceInstance find(RingMember member, List<ServiceInstance> instances) {
		for (ServiceInstance instance : instances) {
			if (member.name().equals(nodeName(instance))) {
				return instance;
			}
		}
		// Discovery makes up ids of its own, so an id that is no node's name says nothing
		List<ServiceInstance> unnamed = instances.stream().filter((instance) -> nodeName(instance) == null).toList();
		for (ServiceInstance instance : unnamed) {
			if (member.name().equals(instance.getInstanceId())) {
				return instance;
			}
		}
		String authority = authority(member);
		for (ServiceInstance instance : unnamed) {
			if (OpenExchanges.key(instance).equalsIgnoreCase(authority)) {
				return instance;
			}
		}
		return null;
	}

	private static @Nullable String nodeName(ServiceInstance instance) {
		return (instance.getMetadata() != null) ? instance.getMetadata().get(NODE_NAME) : null;
	}

	private static @Nullable String authority(RingMember member) {
		if (member.address() == null) {
			return null;
		}
		try {
			URI address = URI.create(member.address());
			boolean secure = "https".equals(address.getScheme()) || "wss".equals(address.getScheme());
			int port = (address.getPort() >= 0) ? address.getPort() : (secure ? 443 : 80);
			return address.getHost() + ":" + port;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
