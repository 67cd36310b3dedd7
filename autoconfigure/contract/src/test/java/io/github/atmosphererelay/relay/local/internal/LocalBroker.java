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

package io.github.atmosphererelay.relay.local.internal;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;

/**
 * The broker of local relays, which have none.
 */
final class LocalBroker implements RelayBroker {

	@Override
	public ClusterRelay relay(String cluster, EnvelopeCodec codec) {
		return new LocalRelay();
	}

	@Override
	public ClusterRelay proxiedRelay(String cluster, EnvelopeCodec codec) {
		throw new UnsupportedOperationException("There is no broker");
	}

	@Override
	public TcpProxy proxy() {
		throw new UnsupportedOperationException("There is no broker");
	}

	@Override
	public void publishRaw(String cluster, Address address, byte[] bytes) {
		throw new UnsupportedOperationException("There is no broker");
	}

	@Override
	public long connections() {
		return 0;
	}

}
