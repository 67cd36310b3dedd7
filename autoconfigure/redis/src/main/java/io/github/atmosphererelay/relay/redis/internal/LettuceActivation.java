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

import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.internal.Failures;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

/**
 * Waits until a connection that Lettuce has returned accepts commands. With a password,
 * Lettuce ends the handshake on a thread of the common pool, and may return the
 * connection before the event loop has marked it as active. Until then the connection
 * refuses every command with "Currently not connected".
 */
final class LettuceActivation implements RedisConnectionStateListener {

	private final StatefulRedisConnection<?, ?> connection;

	private final CompletableFuture<@Nullable Void> active = new CompletableFuture<>();

	private LettuceActivation(StatefulRedisConnection<?, ?> connection) {
		this.connection = connection;
	}

	/**
	 * Return a future that completes when a connection accepts commands. Never blocks.
	 * @param connection a connection that Lettuce has just returned
	 * @return completes on the calling thread or on the connection's event loop; fails
	 * with a {@link RedisException} if the connection is lost before
	 */
	static CompletableFuture<@Nullable Void> of(StatefulRedisConnection<?, ?> connection) {
		LettuceActivation activation = new LettuceActivation(connection);
		connection.addListener(activation);
		activation.active.whenComplete((done, ex) -> connection.removeListener(activation));
		activation.ask();
		return activation.active;
	}

	/**
	 * Wait until a connection accepts commands. Closes the connection if it does not.
	 * @param <C> the type of the connection
	 * @param connection a connection that Lettuce has just returned
	 * @param timeout the maximum time to wait
	 * @return the connection
	 * @throws RedisException if the connection is lost or does not accept commands in
	 * time
	 */
	static <C extends StatefulRedisConnection<?, ?>> C await(C connection, Duration timeout) {
		try {
			of(connection).get(timeout.toNanos(), TimeUnit.NANOSECONDS);
			return connection;
		}
		catch (Throwable ex) {
			// An Error too: nobody else would close the connection
			connection.closeAsync();
			if (ex instanceof Error error) {
				throw error;
			}
			if (ex instanceof InterruptedException) {
				Thread.currentThread().interrupt();
			}
			throw new RedisException("The connection to Redis did not accept commands in time", ex);
		}
	}

	private void ask() {
		// Lettuce refuses a command at once, or has accepted it. An error that Redis
		// answers, such as a missing permission to ping, means that it was accepted. The
		// listener hears of what changes from here on.
		CompletableFuture<String> answer = this.connection.async().ping().toCompletableFuture();
		if (!isRefused(answer)) {
			this.active.complete(null);
		}
		else if (!this.connection.isOpen()) {
			this.active.completeExceptionally(new RedisException("The connection to Redis is closed"));
		}
	}

	private static boolean isRefused(CompletableFuture<String> answer) {
		return answer.isCompletedExceptionally()
				&& answer.handle((pong, ex) -> !(Failures.unwrap(ex) instanceof RedisCommandExecutionException)).join();
	}

	@Override
	public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
		this.active.complete(null);
	}

	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
		this.active.completeExceptionally(new RedisException("The connection to Redis was closed"));
	}

}
