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

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.routing.RingMember;
import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for which instance of a service is which node.
 */
class NodeInstancesTests {

	private final RingMember member = new RingMember("n1", 1, "https://node.example.com");

	private static ServiceInstance instance(String id, String host, int port, Map<String, String> metadata) {
		return new DefaultServiceInstance(id, "chat", host, port, true, metadata);
	}

	@Test
	void theNameInTheMetadataCountsBeforeIdAndAddress() {
		ServiceInstance byName = instance("x", "a", 1, Map.of("atmosphere-node", "n1"));
		ServiceInstance byId = instance("n1", "b", 1, Map.of());
		ServiceInstance byAddress = instance("y", "node.example.com", 443, Map.of());
		assertThat(NodeInstances.find(this.member, List.of(byAddress, byId, byName))).isSameAs(byName);
		assertThat(NodeInstances.find(this.member, List.of(byAddress, byId))).isSameAs(byId);
	}

	@Test
	void anInstanceIsFoundByItsAddressAlthoughDiscoveryGivesItAnId() {
		ServiceInstance byAddress = instance("10.0.0.1:chat:443", "Node.example.com", 443, Map.of());
		ServiceInstance other = instance("10.0.0.1:chat:444", "node.example.com", 444, Map.of());
		assertThat(NodeInstances.find(this.member, List.of(other, byAddress))).isSameAs(byAddress);
		assertThat(NodeInstances.find(new RingMember("n1", 1), List.of(other, byAddress))).isNull();
	}

	@Test
	void anInstanceWithTheNameOfAnotherNodeIsNotTaken() {
		ServiceInstance other = instance("n1", "node.example.com", 443, Map.of("atmosphere-node", "n2"));
		assertThat(NodeInstances.find(this.member, List.of(other))).isNull();
	}

}
