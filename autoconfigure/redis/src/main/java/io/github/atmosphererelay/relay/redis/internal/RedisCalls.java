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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Runs scripts in Redis for a part beside the relay, and follows one Redis channel for
 * it.
 * <p>
 * The two connections are made like the relay's, with its timeouts, from the
 * application's configuration. They open when they are first used, and again after a
 * failure. Scripts that Redis has lost are sent again; a call that may have been executed
 * is not.
 */
public final class RedisCalls {

	/** The driver needs one, and no envelope is sent. */
	private static final EnvelopeCodec NO_ENVELOPES = new EnvelopeCodec(1024);

	private final RedisDriver driver;

	private final Duration timeout;

	private final byte @Nullable [] channel;

	private final @Nullable Listener listener;

	private volatile @Nullable Attachment attachment;

	/**
	 * Create calls that follow no Redis channel. They connect when they are first used.
	 * @param applicationFactory the application's Lettuce or Jedis connection factory
	 * @param keyPrefix the prefix of the keys and channels, all of which the account may
	 * use
	 * @param maxPending the maximum number of calls that wait for an answer
	 * @param timeout the maximum time to connect, and to wait for an answer
	 * @throws IllegalArgumentException if the factory's type is not supported, or the
	 * client cannot run scripts with this configuration
	 */
	public RedisCalls(RedisConnectionFactory applicationFactory, String keyPrefix, int maxPending, Duration timeout) {
		this(applicationFactory, keyPrefix, maxPending, timeout, null, null);
	}

	/**
	 * Create calls that follow a Redis channel. They connect when they are first used.
	 * @param applicationFactory the application's Lettuce or Jedis connection factory
	 * @param keyPrefix the prefix of the keys and channels, all of which the account may
	 * use
	 * @param maxPending the maximum number of calls that wait for an answer
	 * @param timeout the maximum time to connect, and to wait for an answer
	 * @param channel the Redis channel, or {@code null}
	 * @param listener receives what is published there, or {@code null}
	 * @throws IllegalArgumentException if the factory's type is not supported, or the
	 * client cannot run scripts with this configuration
	 */
	public RedisCalls(RedisConnectionFactory applicationFactory, String keyPrefix, int maxPending, Duration timeout,
			@Nullable String channel, @Nullable Listener listener) {
		this.driver = RedisDriver.of(applicationFactory,
				new RedisRelaySettings(keyPrefix, NO_ENVELOPES, maxPending, timeout));
		if (!this.driver.runsScripts()) {
			throw new IllegalArgumentException("With Redis Cluster, Lettuce is needed"
					+ " (spring.data.redis.client-type=lettuce) instead of " + this.driver.name());
		}
		this.timeout = timeout;
		this.channel = (channel != null) ? channel.getBytes(StandardCharsets.UTF_8) : null;
		this.listener = listener;
	}

	/**
	 * Run a script and wait for its reply. Connects if necessary. Blocks, for a few times
	 * the timeout at most.
	 * @param script the script
	 * @param keys its keys, at least one, in one slot of a Redis Cluster
	 * @param arguments its arguments
	 * @return the reply; one that is no list as the only element
	 * @throws RelayUnavailableException if Redis has not executed it, or has not said so
	 * in time
	 */
	public synchronized List<?> call(RedisScript script, List<byte[]> keys, List<byte[]> arguments) {
		try {
			return run(link(), script, keys, arguments).get(2 * this.timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			release();
			throw new RelayUnavailableException(RedisRelay.NAME, ex);
		}
		catch (TimeoutException | ExecutionException | RuntimeException ex) {
			release();
			throw unavailable(ex);
		}
	}

	/**
	 * Connect if there is no connection. Blocks, for a few times the timeout at most.
	 * @throws RelayUnavailableException if Redis cannot be reached
	 */
	public synchronized void connect() {
		try {
			link();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			release();
			throw new RelayUnavailableException(RedisRelay.NAME, ex);
		}
		catch (TimeoutException | ExecutionException | RuntimeException ex) {
			release();
			throw unavailable(ex);
		}
	}

	/**
	 * Return whether there is a connection.
	 * @return {@code false} if the next call connects
	 */
	public boolean isConnected() {
		Attachment attachment = this.attachment;
		return attachment != null && attachment.isOpen();
	}

	/**
	 * Run a script. Never blocks. The calls of one thread are sent together, without
	 * waiting for the reply of the one before.
	 * @param script the script
	 * @param keys its keys, at least one, in one slot of a Redis Cluster
	 * @param arguments its arguments
	 * @return completes with the reply, one that is no list as the only element; fails
	 * with {@link RelayUnavailableException} if there is no connection or no answer, and
	 * with {@code RelayOverloadedException} if too many calls wait
	 */
	public CompletableFuture<List<?>> run(RedisScript script, List<byte[]> keys, List<byte[]> arguments) {
		Attachment attachment = this.attachment;
		RedisLink link = (attachment != null && !attachment.lost) ? attachment.link : null;
		if (attachment == null || link == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(RedisRelay.NAME, null));
		}
		return run(link, script, keys, arguments).whenComplete((reply, ex) -> {
			if (ex != null && unwrap(ex) instanceof RelayUnavailableException unavailable
					&& unavailable.getCause() instanceof TimeoutException) {
				// The connection may be frozen
				attachment.lost = true;
			}
		});
	}

	private CompletableFuture<List<?>> run(RedisLink link, RedisScript script, List<byte[]> keys,
			List<byte[]> arguments) {
		return link.run(RedisCall.script(script, keys, arguments, this.timeout)).thenApply((reply) -> {
			if (reply == null) {
				throw new RelayUnavailableException(RedisRelay.NAME,
						new TimeoutException("Redis has refused the script, or has not answered in time"));
			}
			// Lettuce returns every reply as a list
			return (reply instanceof List<?> list) ? list : List.of(reply);
		});
	}

	private static RelayUnavailableException unavailable(Exception ex) {
		Throwable cause = unwrap(ex);
		return (cause instanceof RelayUnavailableException unavailable) ? unavailable
				: new RelayUnavailableException(RedisRelay.NAME, cause);
	}

	private static Throwable unwrap(Throwable ex) {
		Throwable cause = ex.getCause();
		return ((ex instanceof ExecutionException || ex instanceof CompletionException) && cause != null) ? cause : ex;
	}

	/**
	 * Close the connections. They open again with the next call.
	 */
	public synchronized void close() {
		release();
		this.driver.close();
	}

	/**
	 * Return the open link, or open one. A subscription that fails counts as a failure to
	 * connect.
	 */
	private RedisLink link() throws InterruptedException, ExecutionException, TimeoutException {
		Attachment attachment = this.attachment;
		RedisLink link = (attachment != null && !attachment.lost) ? attachment.link : null;
		if (link != null) {
			return link;
		}
		release();
		attachment = new Attachment();
		this.attachment = attachment;
		link = this.driver.connect(attachment);
		attachment.link = link;
		if (this.channel != null) {
			link.subscribe(List.of(this.channel));
			attachment.subscribed.get(2 * this.timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		return link;
	}

	private void release() {
		Attachment attachment = this.attachment;
		this.attachment = null;
		RedisLink link = (attachment != null) ? attachment.link : null;
		if (link != null) {
			// Closing a frozen connection may block
			Threads.factory("redis-closer").newThread(link::close).start();
		}
	}

	/**
	 * Receives what is published in the Redis channel. Called by threads of the client
	 * library, one at a time; must not block.
	 */
	public interface Listener {

		/**
		 * A message has arrived.
		 * @param message the message
		 */
		void message(byte[] message);

		/**
		 * The channel is followed from now on. What was published before may have been
		 * missed.
		 */
		void connected();

		/**
		 * The channel is not followed any more, until the next call or
		 * {@link RedisCalls#connect()} connects.
		 */
		void interrupted();

	}

	/**
	 * A link and its events, which count while it is the present one.
	 */
	private final class Attachment implements RedisLink.Listener {

		private final CompletableFuture<Void> subscribed = new CompletableFuture<>();

		private volatile @Nullable RedisLink link;

		private volatile boolean lost;

		private boolean isOpen() {
			return this.link != null && !this.lost;
		}

		private @Nullable Listener present() {
			return (RedisCalls.this.attachment == this) ? RedisCalls.this.listener : null;
		}

		@Override
		public void message(byte[] message) {
			Listener listener = present();
			if (listener != null) {
				listener.message(message);
			}
		}

		@Override
		public void subscribed(byte[] channel) {
			Listener listener = present();
			if (listener != null) {
				listener.connected();
			}
			this.subscribed.complete(null);
		}

		@Override
		public void lost(Throwable cause) {
			this.lost = true;
			// A call that waits for the subscription fails by itself
			if (!this.subscribed.completeExceptionally(cause)) {
				Listener listener = present();
				if (listener != null) {
					listener.interrupted();
				}
			}
		}

	}

}
