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

package io.github.atmosphererelay.contract.broker;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A Redis Cluster of three masters that write every command to disk.
 */
public final class RedisClusterBroker implements Broker {

	private final List<RedisServers.Standalone> servers;

	/**
	 * Start the masters.
	 * @param directory the directory for their data
	 */
	public RedisClusterBroker(Path directory) {
		this.servers = RedisServers.durableCluster(directory);
	}

	private List<Integer> ports() {
		return this.servers.stream().map(RedisServers.Standalone::port).toList();
	}

	/**
	 * Move the slot of a key to another master, while clients use it.
	 * @param key the key
	 */
	public void moveSlot(String key) {
		RedisServers.moveSlot(ports(), key);
	}

	@Override
	public String[] directProperties() {
		return new String[] { "atmosphere.relay.type=redis", "spring.data.redis.cluster.nodes="
				+ ports().stream().map((port) -> RedisServers.HOST + ":" + port).collect(Collectors.joining(",")) };
	}

	@Override
	public String[] proxiedProperties() {
		throw new UnsupportedOperationException("The masters name each other, and not a proxy");
	}

	@Override
	public TcpProxy proxy() {
		throw new UnsupportedOperationException("The masters name each other, and not a proxy");
	}

	/**
	 * Kill one of the masters.
	 */
	@Override
	public void kill() {
		this.servers.get(0).kill();
	}

	@Override
	public void start() {
		this.servers.get(0).start();
		RedisServers.awaitCluster(ports());
	}

	@Override
	public boolean keepsWhatItAcknowledged() {
		return true;
	}

	@Override
	public void close() {
		this.servers.forEach(RedisServers.Standalone::close);
	}

}
