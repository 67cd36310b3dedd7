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

import java.time.Duration;
import java.util.Map;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.node.internal.MessagingNode;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/**
 * A node of a {@link RelayCluster}: an application context of its own, with its own web
 * server and its own node id. For any thread.
 */
public final class ApplicationNode implements AutoCloseable {

	private final RelayCluster cluster;

	private final String name;

	private final ConfigurableApplicationContext context;

	private final Duration timeout;

	ApplicationNode(RelayCluster cluster, String name, ConfigurableApplicationContext context, Duration timeout) {
		this.cluster = cluster;
		this.name = name;
		this.context = context;
		this.timeout = timeout;
	}

	/**
	 * Return the node's name, which is also its {@code atmosphere.cluster.node-name}
	 * unless a property of the cluster says otherwise.
	 * @return for example {@code node-0}
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Return the port of the node's web server.
	 * @return the port
	 * @throws IllegalStateException if the application has no web server
	 */
	public int port() {
		Integer port = this.context.getEnvironment().getProperty("local.server.port", Integer.class);
		if (port == null) {
			throw new IllegalStateException(this.name + " has no web server");
		}
		return port;
	}

	/**
	 * Return the node's application context.
	 * @return the context
	 */
	public ConfigurableApplicationContext context() {
		return this.context;
	}

	/**
	 * Return a bean of the node.
	 * @param <T> the bean's type
	 * @param type the bean's type
	 * @return the bean
	 * @throws org.springframework.beans.BeansException if there is no such bean, or more
	 * than one
	 */
	public <T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	/**
	 * Return the node's broadcaster, which sends messages as the application's Java code
	 * does.
	 * @return the broadcaster
	 */
	public Broadcaster broadcaster() {
		return bean(Broadcaster.class);
	}

	/**
	 * Connect a client to a channel, and block until its subscription is confirmed: every
	 * message that any node publishes to the channel from then on arrives. The client is
	 * closed with the cluster.
	 * @param channel the channel's name, as in Java and not percent-encoded
	 * @return the client
	 * @throws ClientRefusedException if the node refuses the handshake
	 * @throws AssertionError if the subscription is not confirmed in time
	 * @throws IllegalStateException if the node does not answer
	 */
	public RelayClient connect(String channel) {
		return client().connect(channel);
	}

	/**
	 * Return a builder for a client with other settings, for example with a header.
	 * @return a builder
	 */
	public RelayClient.Builder client() {
		return new RelayClient.Builder(this, this.timeout);
	}

	RelayClient connect(String channel, ClientSettings settings, Map<String, String> parameters) {
		RelayClient client = RelayClient.connect(this, channel, settings, parameters);
		this.cluster.remember(client);
		return client;
	}

	/**
	 * Return whether the node runs.
	 * @return {@code false} after it was closed
	 */
	public boolean isRunning() {
		return this.context.isActive();
	}

	/**
	 * Return the library's broadcaster, even if the application has replaced the bean by
	 * one of its own.
	 */
	Broadcaster libraryBroadcaster() {
		return bean(MessagingNode.class).broadcaster();
	}

	boolean isRelayUp() {
		return isRunning() && bean(MessagingNode.class).monitor().isUp();
	}

	/**
	 * Stop the node as a deployment does: its clients are closed with 1001, and it
	 * announces its end to the other nodes. Blocks until it has stopped. Does nothing if
	 * it was stopped before.
	 */
	@Override
	public void close() {
		this.context.close();
	}

	RelayCluster cluster() {
		return this.cluster;
	}

	String doorUrl() {
		Environment environment = this.context.getEnvironment();
		return "ws://localhost:" + port() + environment.getProperty("server.servlet.context-path", "")
				+ bean(AtmosphereProperties.class).websocket().path();
	}

	@Override
	public String toString() {
		return this.name;
	}

}
