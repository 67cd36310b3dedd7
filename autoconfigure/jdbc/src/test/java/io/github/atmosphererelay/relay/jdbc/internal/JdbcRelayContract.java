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

package io.github.atmosphererelay.relay.jdbc.internal;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayContractTests;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import org.junit.jupiter.api.BeforeAll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The contract of every relay, over tables of a database.
 */
abstract class JdbcRelayContract extends RelayContractTests {

	private JdbcTestBroker broker;

	@BeforeAll
	void createBroker() {
		this.broker = new JdbcTestBroker(server());
	}

	abstract DatabaseServer server();

	@Override
	protected RelayBroker broker() {
		return this.broker;
	}

	/**
	 * The tables keep what was published meanwhile: nothing is missed, so there is no
	 * gap.
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
