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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts in a Redis Cluster: on one connection to each master, which is created
 * when it is first needed. Lettuce's own cluster connection does not keep the order of
 * calls while it connects and while it follows redirections. Here a call that reaches the
 * wrong node fails, and the topology of the cluster is refreshed. Losing such a
 * connection does not affect the link's subscriptions. Never blocks.
 */
final class LettuceClusterScriptRunner implements ScriptRunner {

	/** The time after a failed connect before a master is tried again. */
	private static final long RETRY_NANOS = Duration.ofMillis(200).toNanos();

	private static final List<String> REDIRECTIONS = List.of("MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "READONLY");

	private final RedisClusterClient cluster;

	private final RedisClient client;

	private final UnaryOperator<RedisURI> nodeUri;

	private final LettuceRefusals refusals;

	private final PendingBytes pendingBytes;

	private final long timeoutNanos;

	private final Executor completionThread;

	private final Map<String, Node> nodes = new HashMap<>();

	private final AtomicBoolean refreshing = new AtomicBoolean();

	private volatile long refreshedAt = System.nanoTime();

	private boolean closed;

	/**
	 * Create a runner.
	 * @param cluster knows the topology
	 * @param client connects to single nodes
	 * @param nodeUri adds credentials and other settings to a node's address
	 * @param refusals recognizes calls that were not executed
	 * @param pendingBytes counts the bytes that Lettuce holds
	 * @param timeout a node that has answered nothing for this long is disconnected
	 * @param completionThread completes results that were found by other threads than
	 * Lettuce's
	 */
	LettuceClusterScriptRunner(RedisClusterClient cluster, RedisClient client, UnaryOperator<RedisURI> nodeUri,
			LettuceRefusals refusals, PendingBytes pendingBytes, Duration timeout, Executor completionThread) {
		this.cluster = cluster;
		this.client = client;
		this.nodeUri = nodeUri;
		this.refusals = refusals;
		this.pendingBytes = pendingBytes;
		this.timeoutNanos = timeout.toNanos();
		this.completionThread = completionThread;
	}

	@Override
	public void run(RedisCall call) {
		RedisClusterNode master = this.cluster.getPartitions().getPartitionBySlot(SlotHash.getSlot(call.key()));
		Node node = (master != null) ? node(master) : null;
		if (node == null) {
			this.pendingBytes.remove(call.size());
			refresh();
			call.refuse(new RedisException("No known node of the cluster has the slot of the channel"));
			return;
		}
		call.result().whenComplete((reply, ex) -> {
			node.answered(reply != null || ex != null);
			if (ex != null && isRedirection(ex.getCause())) {
				refresh();
			}
		});
		node.scripts.run(call);
	}

	private static boolean isRedirection(@Nullable Throwable ex) {
		String message = (ex != null) ? ex.getMessage() : null;
		return message != null && REDIRECTIONS.stream().anyMatch(message::startsWith);
	}

	private @Nullable Node node(RedisClusterNode master) {
		Node node;
		synchronized (this) {
			if (this.closed) {
				return null;
			}
			node = this.nodes.get(master.getNodeId());
			if (node != null && !node.isToBeReplaced(System.nanoTime())) {
				return node;
			}
			node = new Node(new LettuceScriptRunner(this.refusals, this.pendingBytes, this.completionThread));
			this.nodes.put(master.getNodeId(), node);
		}
		// Calls wait in the runner until it is connected, in order
		node.connect(master);
		return node;
	}

	private void refresh() {
		// Thousands of replies may request it at once
		if (System.nanoTime() - this.refreshedAt < RETRY_NANOS || !this.refreshing.compareAndSet(false, true)) {
			return;
		}
		try {
			this.cluster.refreshPartitionsAsync().whenComplete((done, ex) -> refreshed());
		}
		catch (Throwable ex) {
			// Otherwise it would never be tried again
			refreshed();
			throw ex;
		}
	}

	private void refreshed() {
		this.refreshedAt = System.nanoTime();
		this.refreshing.set(false);
	}

	@Override
	public void close() {
		List<Node> nodes;
		synchronized (this) {
			this.closed = true;
			nodes = new ArrayList<>(this.nodes.values());
			this.nodes.clear();
		}
		nodes.forEach((node) -> node.close(new RedisException("The relay has closed the connection")));
	}

	/**
	 * A master and the connection to it. The relay's probes do not use this connection,
	 * so it is checked here whether Redis still answers.
	 */
	private final class Node implements RedisConnectionStateListener {

		private final LettuceScriptRunner scripts;

		private @Nullable StatefulRedisConnection<byte[], byte[]> connection;

		private volatile long answeredAt = System.nanoTime();

		private boolean closed;

		private long closedAt;

		private Node(LettuceScriptRunner scripts) {
			this.scripts = scripts;
		}

		private void connect(RedisClusterNode master) {
			try {
				RedisURI uri = LettuceClusterScriptRunner.this.nodeUri.apply(master.getUri());
				LettuceClusterScriptRunner.this.client.connectAsync(ByteArrayCodec.INSTANCE, uri)
					.whenComplete((connection, ex) -> {
						if (ex != null) {
							close(ex);
						}
						else {
							connected(connection);
						}
					});
			}
			catch (Throwable ex) {
				close(ex);
			}
		}

		private void connected(StatefulRedisConnection<byte[], byte[]> connection) {
			synchronized (this) {
				this.connection = connection;
				if (this.closed) {
					connection.closeAsync();
					return;
				}
			}
			connection.addListener(this);
			LettuceActivation.of(connection).whenComplete((active, ex) -> {
				if (ex != null) {
					close(new RedisException("The connection to a master of the cluster was lost"));
				}
				else {
					this.scripts.open(connection);
				}
			});
		}

		private void answered(boolean inTime) {
			long now = System.nanoTime();
			if (inTime) {
				this.answeredAt = now;
			}
			else if (now - this.answeredAt >= LettuceClusterScriptRunner.this.timeoutNanos) {
				close(new RedisException("A master of the cluster did not answer in time"));
			}
		}

		private synchronized boolean isToBeReplaced(long now) {
			return this.closed && now - this.closedAt >= RETRY_NANOS;
		}

		private void close(Throwable cause) {
			StatefulRedisConnection<byte[], byte[]> connection;
			synchronized (this) {
				if (!this.closed) {
					this.closed = true;
					this.closedAt = System.nanoTime();
				}
				connection = this.connection;
			}
			this.scripts.close(cause);
			if (connection != null) {
				connection.closeAsync();
			}
			if (!isLinkClosed()) {
				refresh();
			}
		}

		private boolean isLinkClosed() {
			synchronized (LettuceClusterScriptRunner.this) {
				return LettuceClusterScriptRunner.this.closed;
			}
		}

		@Override
		public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
			close(new RedisException("The connection to a master of the cluster was lost"));
		}

	}

}
