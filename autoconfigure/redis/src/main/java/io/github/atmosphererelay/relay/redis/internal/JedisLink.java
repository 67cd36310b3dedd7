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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.Outcome;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * A link of two Jedis connections: one with a thread that publishes, one with a thread
 * that receives.
 */
final class JedisLink extends BinaryJedisPubSub implements RedisLink {

	private final JedisPublisher publisher;

	private final Connection publishing;

	private final Connection subscribing;

	private final RedisServerInfo server;

	private final RedisRelaySettings settings;

	private final RedisLink.Listener listener;

	/**
	 * A channel that only this link uses. Jedis starts to read when it subscribes to its
	 * first channel, and stops when it leaves the last one.
	 */
	private final byte[] ownChannel;

	private final CountDownLatch opened = new CountDownLatch(1);

	private volatile boolean confirmed;

	private volatile boolean open;

	private volatile @Nullable RuntimeException ending;

	JedisLink(Connection publishing, Connection subscribing, RedisServerInfo server, RedisRelaySettings settings,
			RedisLink.Listener listener) {
		this.publishing = publishing;
		this.server = server;
		this.subscribing = subscribing;
		this.settings = settings;
		this.listener = listener;
		this.ownChannel = (settings.keyPrefix() + "link:" + UUID.randomUUID()).getBytes(StandardCharsets.UTF_8);
		this.publisher = new JedisPublisher(publishing, settings.maxPending(), new PendingBytes(), listener);
	}

	/**
	 * Start to publish and to receive. Blocks until Redis has confirmed the first
	 * subscription.
	 * @throws RuntimeException if Redis refuses the subscription or does not confirm it
	 * in time
	 */
	void open() {
		try {
			this.subscribing.connect();
			Threads.factory("redis-subscriber").newThread(this::read).start();
			this.opened.await(this.settings.commandTimeout().toMillis(), TimeUnit.MILLISECONDS);
			RuntimeException ending = this.ending;
			if (ending != null) {
				// For example, the account may not subscribe
				throw ending;
			}
			if (!this.confirmed) {
				throw new JedisConnectionException("Redis did not confirm the first subscription in time");
			}
			this.publisher.start();
			this.open = true;
			ending = this.ending;
			if (ending != null) {
				throw ending;
			}
		}
		catch (InterruptedException ex) {
			close();
			Thread.currentThread().interrupt();
			throw new JedisConnectionException("Interrupted while connecting", ex);
		}
		catch (RuntimeException | Error ex) {
			close();
			throw ex;
		}
	}

	private void read() {
		RuntimeException cause = new JedisConnectionException("The subscribing connection has ended");
		try {
			proceed(this.subscribing, this.ownChannel);
		}
		catch (RuntimeException ex) {
			cause = ex;
		}
		catch (Throwable ex) {
			this.listener.guards().of(Part.RELAY_RECEIVER).failed(ex);
			cause = new JedisConnectionException("The subscribing connection has failed", ex);
		}
		this.ending = cause;
		this.opened.countDown();
		if (this.open) {
			this.listener.lost(cause);
		}
	}

	@Override
	public CompletableFuture<Outcome> publish(byte[] channel, byte[] message) {
		return this.publisher.send(RedisCall.publish(channel, message, this.settings.commandTimeout()))
			.thenApply((receivers) -> (receivers != null) ? Outcome.RELAYED : Outcome.UNCONFIRMED);
	}

	@Override
	public RedisServerInfo server() {
		return this.server;
	}

	@Override
	public CompletableFuture<@Nullable Object> run(RedisCall call) {
		return this.publisher.send(call);
	}

	@Override
	public void subscribe(List<byte[]> channels) {
		subscribe(channels.toArray(new byte[0][]));
	}

	@Override
	public void unsubscribe(List<byte[]> channels) {
		unsubscribe(channels.toArray(new byte[0][]));
	}

	@Override
	public void close() {
		this.publisher.stop();
		disconnect(this.publishing);
		disconnect(this.subscribing);
	}

	@Override
	public void onMessage(byte[] channel, byte[] message) {
		this.listener.message(message);
	}

	@Override
	public void onSubscribe(byte[] channel, int count) {
		if (!this.confirmed) {
			this.confirmed = true;
			this.opened.countDown();
			return;
		}
		this.listener.subscribed(channel);
	}

	/**
	 * Close a connection's socket, whatever the connection's thread is doing.
	 * @param connection the connection, which may already be closed
	 */
	static void disconnect(Connection connection) {
		try {
			connection.forceDisconnect();
		}
		catch (IOException | RuntimeException ex) {
			// There is no other way to close it
		}
	}

}
