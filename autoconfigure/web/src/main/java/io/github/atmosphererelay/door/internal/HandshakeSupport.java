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

package io.github.atmosphererelay.door.internal;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

import org.springframework.web.socket.server.RequestUpgradeStrategy;

/**
 * Settings and helpers that doors need to answer handshakes.
 *
 * @param allowedOrigins patterns of origins that may connect, in addition to the server's
 * own
 * @param gate decides whether clients are accepted
 * @param capacity decides whether the web server has room for more connections
 * @param addresses determines the addresses of clients
 * @param refusals answers refused handshakes
 * @param failures recognizes failures that are the client's fault
 * @param upgradeStrategy upgrades connections
 * @param nodeAddresses returns the addresses of the cluster's nodes, whose pages may
 * connect, too
 */
public record HandshakeSupport(List<String> allowedOrigins, HandshakeGate gate, ServerCapacity capacity,
		ClientAddresses addresses, RefusalResponder refusals, HandshakeFailures failures,
		RequestUpgradeStrategy upgradeStrategy, Supplier<Collection<String>> nodeAddresses) {

	/**
	 * Create the settings of a node to which no pages of other nodes connect.
	 * @param allowedOrigins patterns of origins that may connect
	 * @param gate decides whether clients are accepted
	 * @param capacity decides whether the web server has room for more connections
	 * @param addresses determines the addresses of clients
	 * @param refusals answers refused handshakes
	 * @param failures recognizes failures that are the client's fault
	 * @param upgradeStrategy upgrades connections
	 */
	public HandshakeSupport(List<String> allowedOrigins, HandshakeGate gate, ServerCapacity capacity,
			ClientAddresses addresses, RefusalResponder refusals, HandshakeFailures failures,
			RequestUpgradeStrategy upgradeStrategy) {
		this(allowedOrigins, gate, capacity, addresses, refusals, failures, upgradeStrategy, List::of);
	}

}
