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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscriber;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for.
 */
sealed interface Command {

	/**
	 * Return the number that the reply has to bear.
	 * @return the number, 0 if there is no reply
	 */
	long id();

	/**
	 * A command that is about a channel.
	 */
	sealed interface InChannel extends Command {

		String channel();

	}

	/**
	 * Who the client is; the first command of a connection.
	 *
	 * @param token proves it, or is empty
	 * @param subscriptions where the client stands in channels that it was subscribed to
	 * without having asked
	 */
	record Connect(long id, String token, Map<String, Recovery> subscriptions) implements Command {

	}

	/**
	 * Subscribe to a channel.
	 *
	 * @param recovery what the client has had, or {@code null} if it asks for nothing
	 * @param joinLeave whether the client wants to hear who comes and goes
	 * @param rejectUnrecovered whether not to subscribe if something is missing
	 */
	record Subscribe(long id, String channel, @Nullable Recovery recovery, boolean joinLeave,
			boolean rejectUnrecovered) implements InChannel {

	}

	/**
	 * Leave a channel.
	 */
	record Unsubscribe(long id, String channel) implements InChannel {

	}

	/**
	 * Send a message into a channel.
	 *
	 * @param data the message; as in all commands empty if there is none
	 */
	record Publish(long id, String channel, Payload data) implements InChannel {

	}

	/**
	 * Who is in a channel?
	 */
	record Presence(long id, String channel) implements InChannel {

	}

	/**
	 * How many are in a channel?
	 */
	record PresenceStats(long id, String channel) implements InChannel {

	}

	/**
	 * What has been in a channel?
	 *
	 * @param limit how many messages at most; 0 for none, below for as many as there may
	 * be
	 * @param since where to begin, or {@code null} for the log's end that is read first
	 * @param reverse whether to begin with the newest
	 */
	record History(long id, String channel, int limit, @Nullable Recovery since, boolean reverse) implements InChannel {

	}

	/**
	 * Call a method.
	 */
	record Rpc(long id, String method, Payload data) implements Command {

	}

	/**
	 * A message that has no reply and belongs to no channel.
	 */
	record Send(long id, Payload data) implements Command {

	}

	/**
	 * A new token.
	 */
	record Refresh(long id, String token) implements Command {

	}

	/**
	 * A new token of a subscription, which here has none.
	 */
	record SubRefresh(long id) implements Command {

	}

	/**
	 * Anything that asks for nothing but a reply.
	 */
	record Ping(long id) implements Command {

	}

	/**
	 * The answer to a ping of the node.
	 */
	record Pong(long id) implements Command {

	}

	/**
	 * What this node does not offer.
	 */
	record Unknown(long id) implements Command {

	}

	/**
	 * Where a client stands.
	 *
	 * @param epoch the log's life, or empty if it may be any
	 * @param offset the place in it
	 */
	record Recovery(String epoch, long offset) {

		/**
		 * Make the request to subscribe with what has been missed since.
		 */
		SubscribeRequest request(Subscriber subscriber) {
			return this.epoch.isEmpty() ? new SubscribeRequest(true, null, this.offset, subscriber)
					: new SubscribeRequest(true, new Position(this.epoch, this.offset), subscriber);
		}

	}

}
