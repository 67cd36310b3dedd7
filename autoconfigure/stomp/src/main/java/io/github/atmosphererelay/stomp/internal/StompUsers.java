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

package io.github.atmosphererelay.stomp.internal;

import java.util.UUID;

import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.presence.internal.PresenceSettings;
import io.github.atmosphererelay.presence.internal.SharedEntries;
import io.github.atmosphererelay.relay.internal.RelayMonitor;

/**
 * The exchange of users, their STOMP sessions and subscriptions with the other nodes.
 */
public final class StompUsers {

	private final RemoteUsers remote = new RemoteUsers();

	private final SharedEntries entries;

	/**
	 * Create an exchange.
	 * @param node this node's id
	 * @param monitor knows whether the relay is up
	 * @param timers run the exchange
	 * @param link sends messages to other nodes
	 * @param settings how often changes are sent and compared
	 */
	public StompUsers(UUID node, RelayMonitor monitor, Timers timers, ClusterLink link, PresenceSettings settings) {
		this.entries = new SharedEntries(node, monitor, timers, link, settings, this.remote::change);
	}

	/**
	 * Return the entries that are exchanged.
	 * @return the entries
	 */
	public SharedEntries entries() {
		return this.entries;
	}

	RemoteUsers remote() {
		return this.remote;
	}

}
