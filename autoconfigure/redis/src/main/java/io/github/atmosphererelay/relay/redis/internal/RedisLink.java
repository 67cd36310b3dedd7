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

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.relay.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * A pair of connections: one to publish and one to subscribe. A link that has lost a
 * connection is never repaired but replaced, so that nothing of the old link, such as an
 * unanswered command or a late confirmation, affects the new one.
 * <p>
 * Spring Data creates the clients and converts the application's configuration for them.
 * Its listener container is not used for three reasons: it waits for confirmations
 * without a timeout, so a frozen Jedis connection would block the waiting thread forever;
 * it keeps a listener's topics in a list that is copied for each new topic; and it does
 * not report the loss of a Lettuce connection.
 */
interface RedisLink {

	/**
	 * Publish a message. Called by any thread; never blocks. Messages of one thread are
	 * sent in the order of its calls.
	 * @param channel the Redis channel
	 * @param message the message
	 * @return completes with {@link Outcome#RELAYED} or {@link Outcome#UNCONFIRMED};
	 * fails with {@code RelayUnavailableException} or {@code RelayOverloadedException}
	 */
	CompletableFuture<Outcome> publish(byte[] channel, byte[] message);

	/**
	 * Return information about the server, as of the time when the link connected.
	 * @return the information
	 */
	RedisServerInfo server();

	/**
	 * Run a script. Called by any thread; never blocks. Calls of one thread with the same
	 * key are executed in the order of its calls.
	 * @param call the call
	 * @return the call's result; fails with {@code RelayOverloadedException} if too much
	 * is pending
	 */
	CompletableFuture<@Nullable Object> run(RedisCall call);

	/**
	 * Subscribe to channels. Called by one thread at a time. Blocks while the connection
	 * is frozen, until the link is closed.
	 * @param channels the Redis channels, at least one
	 * @throws RuntimeException if the link no longer works
	 */
	void subscribe(List<byte[]> channels);

	/**
	 * Unsubscribe from channels. Threads and errors are those of {@link #subscribe}.
	 * @param channels the Redis channels, at least one
	 */
	void unsubscribe(List<byte[]> channels);

	/**
	 * Close both connections. Pending publications complete as unconfirmed, or fail if
	 * they were certainly not sent. May block; can be called more than once.
	 */
	void close();

	/**
	 * Is told of a link's events. Called on threads of the client library; messages and
	 * confirmations by one thread at a time.
	 */
	interface Listener {

		/**
		 * Called when a message has arrived.
		 * @param message the message
		 */
		void message(byte[] message);

		/**
		 * Called when Redis has confirmed the subscription to a channel.
		 * @param channel the Redis channel
		 */
		void subscribed(byte[] channel);

		/**
		 * Return the guards, which protect loops and callbacks.
		 * @return the guards
		 */
		default Guards guards() {
			return Guards.UNREPORTED;
		}

		/**
		 * Called when a connection of the link was lost.
		 * @param cause the failure that the client library has reported
		 */
		void lost(Throwable cause);

	}

}
