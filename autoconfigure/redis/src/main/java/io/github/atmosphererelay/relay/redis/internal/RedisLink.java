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
 * One life of the relay's connections: one to publish and one to subscribe. A link that
 * has lost a connection is never repaired but replaced, so that nothing of the old one,
 * neither an unanswered command nor a late confirmation, reaches into the new.
 * <p>
 * Spring Data makes the clients and translates the application's configuration for them.
 * Its listener container is not used: it waits for confirmations without a deadline, so a
 * frozen connection of Jedis would hold the waiting thread for ever; it keeps the topics
 * of a listener in a list that is copied with each one; and it does not tell when a
 * connection of Lettuce is lost.
 */
interface RedisLink {

	/**
	 * Send a message. Called by any thread; never waits. Messages of one thread are sent
	 * in the order of its calls.
	 * @param channel the Redis channel
	 * @param message the message
	 * @return completes with {@link Outcome#RELAYED} or {@link Outcome#UNCONFIRMED}, or
	 * fails with {@code RelayUnavailableException} or {@code RelayOverloadedException}
	 */
	CompletableFuture<Outcome> publish(byte[] channel, byte[] message);

	/**
	 * Return what the server said of itself when the link connected.
	 * @return what is known of it
	 */
	RedisServerInfo server();

	/**
	 * Run a script. Called by any thread; never waits. Calls of one thread with the same
	 * key are executed in the order of its calls.
	 * @param call the call
	 * @return the call's result, or a failure with {@code RelayOverloadedException}
	 */
	CompletableFuture<@Nullable Object> run(RedisCall call);

	/**
	 * Ask Redis for channels. Called by one thread at a time; may block while the
	 * connection is frozen, until the link is closed.
	 * @param channels the Redis channels, at least one
	 * @throws RuntimeException if the link does not work any more
	 */
	void subscribe(List<byte[]> channels);

	/**
	 * Tell Redis that channels are not wanted any more. Threads and errors as with
	 * {@link #subscribe}.
	 * @param channels the Redis channels, at least one
	 */
	void unsubscribe(List<byte[]> channels);

	/**
	 * Close both connections. Open publishes complete as unconfirmed or, if they were
	 * certainly not sent, fail. May block; can be called more than once.
	 */
	void close();

	/**
	 * Receives what a link brings. Called on threads of the client library, messages and
	 * confirmations by one thread at a time.
	 */
	interface Listener {

		/**
		 * A message has arrived.
		 * @param message the message
		 */
		void message(byte[] message);

		/**
		 * Redis has confirmed one subscription.
		 * @param channel the Redis channel
		 */
		void subscribed(byte[] channel);

		/**
		 * Return what keeps loops and callbacks going.
		 * @return the guards
		 */
		default Guards guards() {
			return Guards.UNREPORTED;
		}

		/**
		 * A connection of the link was lost.
		 * @param cause what the client library said
		 */
		void lost(Throwable cause);

	}

}
