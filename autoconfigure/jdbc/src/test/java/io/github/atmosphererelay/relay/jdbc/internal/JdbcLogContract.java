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
import io.github.atmosphererelay.contract.RelayLogContractTests;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import org.junit.jupiter.api.BeforeAll;

/**
 * The contract of every relay with logs, over tables of a database.
 */
abstract class JdbcLogContract extends RelayLogContractTests {

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

	JdbcTestBroker jdbcBroker() {
		return this.broker;
	}

	/**
	 * Logs are cut to their size every few seconds.
	 */
	@Override
	protected boolean trimsBySize() {
		return false;
	}

}
