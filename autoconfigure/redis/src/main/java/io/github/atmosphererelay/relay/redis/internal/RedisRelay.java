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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.RelayWithoutLogException;
import io.github.atmosphererelay.relay.UnavailableLog;
import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.util.Assert;

/**
 * The relay over Redis. Ephemeral envelopes use pub/sub: at most once, in the order of
 * each publishing node. There is one Redis channel for each address, and one connection
 * each to publish and to subscribe, however many addresses there are.
 * <p>
 * For an envelope with log options, one script appends it to its channel's log, which is
 * a stream, and publishes it with its position, in one round trip. The epoch changes when
 * the log's key is lost, removed or flushed, and when the server process is another one:
 * after a restart or a failover Redis may have lost messages that it had confirmed. A
 * message that is lost on the way to a node shows as a gap in the offsets. In a Redis
 * Cluster the two connections lead to different servers, so that probes also measure the
 * way between servers. With Jedis there are no logs in a Redis Cluster, because they are
 * spread over servers. With Lettuce, a link has one more connection to each master for
 * them.
 * <p>
 * The connections belong to the relay. They have the servers, credentials, TLS and socket
 * options of the application's configuration, but not its pool, command timeout and
 * reconnect settings. Stand-alone servers, Sentinel, Cluster and, with Lettuce, Unix
 * domain sockets are supported. The application's connection factory is only read.
 * <p>
 * Threads: one thread that connects and subscribes. With Jedis three more: one publishes,
 * one checks for overdue calls, one receives. With Lettuce the client's event loops do
 * that. Failures: when a connection is lost, both connections are replaced after one
 * second at most. Publications that were pending at that time are unconfirmed, and are
 * not sent again.
 */
public final class RedisRelay implements ClusterRelay {

	static final String NAME = "redis";

	private static final ChannelLog NOT_STARTED = new UnavailableLog(() -> new RelayUnavailableException(NAME, null));

	private final RedisDriver driver;

	private final RedisRelaySettings settings;

	private final RedisLogScripts scripts;

	private final @Nullable RedisGroups groups;

	private volatile @Nullable RedisConnector connector;

	/**
	 * Create a relay. {@link #start} connects it.
	 * @param applicationFactory the application's Lettuce or Jedis connection factory
	 * @param settings the relay's settings
	 * @throws IllegalArgumentException if the factory's type is not supported, or its
	 * configuration does not support pub/sub
	 */
	public RedisRelay(RedisConnectionFactory applicationFactory, RedisRelaySettings settings) {
		this(applicationFactory, settings, LanePace.DEFAULT);
	}

	RedisRelay(RedisConnectionFactory applicationFactory, RedisRelaySettings settings, LanePace pace) {
		Assert.notNull(applicationFactory, "'applicationFactory' must not be null");
		Assert.notNull(settings, "'settings' must not be null");
		this.driver = RedisDriver.of(applicationFactory, settings);
		this.settings = settings;
		this.scripts = new RedisLogScripts(settings);
		this.groups = this.driver.runsScripts() ? new RedisGroups(() -> this.connector, settings, pace) : null;
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public synchronized void start(RelayListener listener) {
		Assert.notNull(listener, "'listener' must not be null");
		Assert.state(this.connector == null, "The relay is already started");
		RedisConnector connector = new RedisConnector(this.driver, this.settings, this.scripts, this.groups, listener);
		this.connector = connector;
		connector.start();
	}

	@Override
	public synchronized void stop() {
		RedisConnector connector = this.connector;
		this.connector = null;
		if (this.groups != null) {
			this.groups.stop();
		}
		if (connector != null) {
			connector.stop();
			this.driver.close();
		}
	}

	@Override
	public void reconnect() {
		RedisConnector connector = this.connector;
		if (connector != null) {
			connector.reconnect();
		}
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		if (envelope.log() != null && !this.driver.runsScripts()) {
			return CompletableFuture.failedFuture(new RelayWithoutLogException(NAME,
					"with Redis Cluster, recorded channels need Lettuce (spring.data.redis.client-type=lettuce) instead"
							+ " of " + this.driver.name()));
		}
		RedisConnector connector = this.connector;
		return (connector != null) ? connector.publish(envelope)
				: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	@Override
	public @Nullable ChannelLog log() {
		if (!this.driver.runsScripts()) {
			return null;
		}
		RedisConnector connector = this.connector;
		return (connector != null) ? connector.log() : NOT_STARTED;
	}

	@Override
	public @Nullable ConsumerGroups groups() {
		return this.groups;
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		RedisConnector connector = this.connector;
		return (connector != null) ? connector.subscribe(address)
				: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	@Override
	public void unsubscribe(Address address) {
		RedisConnector connector = this.connector;
		if (connector != null) {
			connector.unsubscribe(address);
		}
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.CLUSTERED);
	}

	@Override
	public Map<String, Object> details() {
		return Map.of("driver", this.driver.name(), "topology", this.driver.topology());
	}

}
