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

package io.github.atmosphererelay.channel.internal;

import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.RelayWithoutLogException;
import io.github.atmosphererelay.relay.UnavailableLog;

/**
 * Finds the log of a channel: the one in the channel's options, or else the relay's.
 * Every reader of a log must get it here. For any thread; never blocks.
 */
public final class ChannelLogs {

	private final ClusterRelay relay;

	private final ChannelCatalog catalog;

	private final ChannelLog none;

	public ChannelLogs(ClusterRelay relay, ChannelCatalog catalog) {
		this.relay = relay;
		this.catalog = catalog;
		this.none = new UnavailableLog(() -> new RelayWithoutLogException(relay.name()));
	}

	/**
	 * Return the log of a channel. The log may be another object after the relay was
	 * stopped.
	 * @param channel the channel's name. The name need not be covered by a pattern, and
	 * the channel need not be recorded on this node, since other nodes may have recorded
	 * it
	 * @return the log; if the relay has none, a log whose methods fail with
	 * {@link RelayWithoutLogException}
	 */
	public ChannelLog of(String channel) {
		ChannelOptions options = this.catalog.find(channel);
		HistoryOptions history = (options != null) ? options.history() : null;
		ChannelLog own = (history != null) ? history.log() : null;
		ChannelLog log = (own != null) ? own : this.relay.log();
		return (log != null) ? log : this.none;
	}

}
