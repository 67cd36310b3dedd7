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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;

/**
 * The npm client {@code centrifuge} without WebSocket. It sends every second request to a
 * node that its session is not on.
 */
abstract class AbstractEmulatedCentrifugeJsTests extends AbstractCentrifugeJsTests {

	private Broker broker;

	private TestNode other;

	@Override
	TestNode startNode() throws Exception {
		this.broker = new Broker.Redis();
		this.other = node(this.broker.directProperties()).awaitUp();
		TestNode node = node(this.broker.directProperties()).awaitUp();
		MachineTime.await(Duration.ofSeconds(30))
			.until(() -> node.bean(Cluster.class).nodes().size() == 2
					&& this.other.bean(Cluster.class).nodes().size() == 2);
		return node;
	}

	@AfterAll
	void stopOther() throws Exception {
		if (this.other != null) {
			this.other.close();
		}
		if (this.broker != null) {
			this.broker.close();
		}
	}

	List<String> transport(TestNode node, String path, String name) {
		return List.of(node.http(path).toString(), name, node.http("/atmosphere/connection/emulation").toString(),
				this.other.http("/atmosphere/connection/emulation").toString());
	}

}
