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

package io.github.atmosphererelay.relay.kafka.internal;

import io.github.atmosphererelay.contract.GroupContractTests;
import io.github.atmosphererelay.contract.RelayBroker;

/**
 * The contract of consumer groups against a broker in a process of its own.
 */
class KafkaRelayGroupTests extends GroupContractTests {

	@Override
	protected RelayBroker broker() {
		return KafkaTestBroker.shared().withLogs();
	}

	/**
	 * The broker removes records by age, and not by their number in a channel.
	 */
	@Override
	protected boolean trimsBySize() {
		return false;
	}

}
