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

package io.github.atmosphererelay.relay.http.internal;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayContractTests;
import io.github.atmosphererelay.contract.RelayNode;
import org.junit.jupiter.api.AfterAll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The contract of every relay, between nodes that talk to each other over HTTP.
 */
class HttpRelayTests extends RelayContractTests {

	private final HttpTestBroker broker = new HttpTestBroker();

	@AfterAll
	void close() {
		this.broker.close();
	}

	@Override
	protected RelayBroker broker() {
		return this.broker;
	}

	/**
	 * The HTTP client and the web server have pools of threads.
	 */
	@Override
	protected int threadTolerance() {
		return 8;
	}

	/**
	 * Peers keep what was published meanwhile: nothing is missed, so there is no gap.
	 */
	@Override
	protected void afterOutage(RelayNode node) {
		await().untilAsserted(() -> assertThat(node.received())
			.anySatisfy((envelope) -> assertThat(envelope.payload().asText()).isEqualTo("lost or late")));
		assertThat(node.gaps()).isEmpty();
		await().untilAsserted(() -> assertThat(node.disconnects()).isPositive());
		await().untilAsserted(() -> assertThat(node.connects()).isGreaterThan(1));
	}

}
