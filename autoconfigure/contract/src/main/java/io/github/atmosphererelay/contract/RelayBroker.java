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

package io.github.atmosphererelay.contract;

import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;

/**
 * A running broker as the contract suite needs it. The cluster's name differs from test
 * to test, so that no test hears another.
 */
public interface RelayBroker {

	/**
	 * Make a relay that talks to the broker directly. Outcomes are to be known about one
	 * second after publishing, and at least 10,000 envelopes may wait.
	 * @param cluster the name of the cluster
	 * @param codec the codec to use
	 * @return a relay that is not started yet
	 */
	ClusterRelay relay(String cluster, EnvelopeCodec codec);

	/**
	 * Make a relay that reaches the broker only through {@link #proxy()}.
	 * @param cluster the name of the cluster
	 * @param codec the codec to use
	 * @return a relay that is not started yet
	 */
	ClusterRelay proxiedRelay(String cluster, EnvelopeCodec codec);

	/**
	 * Return the proxy before the broker.
	 * @return the proxy
	 */
	TcpProxy proxy();

	/**
	 * Put bytes where the relays of a cluster look for envelopes.
	 * @param cluster the name of the cluster
	 * @param address the address to publish to
	 * @param bytes anything
	 */
	void publishRaw(String cluster, Address address, byte[] bytes);

	/**
	 * Return the number of connections that the broker has from clients.
	 * @return the number of connections
	 */
	long connections();

}
