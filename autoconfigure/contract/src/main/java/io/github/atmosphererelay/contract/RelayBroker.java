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
 * A running broker for the contract tests. Each test uses a cluster name of its own, so
 * that tests do not receive each other's messages.
 */
public interface RelayBroker {

	/**
	 * Create a relay that connects to the broker directly. It must be configured so that
	 * outcomes are known about one second after publishing, and so that at least 10,000
	 * envelopes may wait for the broker.
	 * @param cluster the name of the cluster
	 * @param codec the codec to use
	 * @return a relay that is not started yet
	 */
	ClusterRelay relay(String cluster, EnvelopeCodec codec);

	/**
	 * Create a relay that reaches the broker only through {@link #proxy()}.
	 * @param cluster the name of the cluster
	 * @param codec the codec to use
	 * @return a relay that is not started yet
	 */
	ClusterRelay proxiedRelay(String cluster, EnvelopeCodec codec);

	/**
	 * Return the proxy in front of the broker.
	 * @return the proxy
	 */
	TcpProxy proxy();

	/**
	 * Publish bytes to the place from which the relays of a cluster receive envelopes.
	 * @param cluster the name of the cluster
	 * @param address the address to publish to
	 * @param bytes any bytes, which need not be an envelope
	 */
	void publishRaw(String cluster, Address address, byte[] bytes);

	/**
	 * Return the number of client connections of the broker.
	 * @return the number of connections
	 */
	long connections();

}
