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

package io.github.atmosphererelay.testkit;

import io.github.atmosphererelay.contract.GroupContractTests;
import io.github.atmosphererelay.contract.RelayBroker;

/**
 * The contract of consumer groups for {@link MemoryRelay}, with several nodes.
 */
class MemoryRelayGroupTests extends GroupContractTests {

	private final RelayBroker broker = new MemoryRelayBroker();

	/**
	 * There is no network between the nodes and the broker.
	 */
	@Override
	protected boolean hasLeases() {
		return false;
	}

	@Override
	protected RelayBroker broker() {
		return this.broker;
	}

}
