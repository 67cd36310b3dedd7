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

package io.github.atmosphererelay.broadcast;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages to clients, whichever node they are connected to.
 * <p>
 * A payload is a {@link String} (sent as text), a {@code byte[]} (sent as binary), or any
 * other object, which is written as JSON by the application's {@code JsonMapper} and sent
 * as text.
 * <p>
 * Threads: may be called by any number of threads; never waits for the network. Messages
 * that one thread sends to one channel arrive in that order everywhere.
 * <p>
 * Futures: {@code join} and {@code get} return as soon as the result is known. They do
 * not wait for the continuations of other futures. Continuations such as those of
 * {@code thenAccept} may block. They run on threads of their own, whose number grows when
 * they block (up to {@code atmosphere.continuation.max-threads}, or virtual threads), and
 * never on a thread that the library needs. Continuations of futures of the same channel,
 * user or session run one after another, in the order in which the results came. If one
 * takes longer than about 50 ms, the next one starts on another thread while the first
 * still runs. So a continuation may wait for a lock whose holder waits for another
 * future. A continuation that is registered after the result is known runs at once on the
 * thread that registers it, as with any {@link CompletableFuture}.
 * <p>
 * Errors: if the call itself is wrong, the method throws:
 * {@link UnknownChannelException}, {@link MessageTooLargeException},
 * {@link IllegalArgumentException}, {@link ChannelNotRecordedException},
 * {@link ReadOnlyChannelException}, or the {@link RequestRefusedException} of an
 * {@link OutboundInterceptor}. What happens after that is reported by the future: it
 * completes with a receipt, whose {@link io.github.atmosphererelay.relay.Outcome outcome}
 * says how far the message came, or fails with a
 * {@link io.github.atmosphererelay.relay.RelayException}. For example, it fails with
 * {@link io.github.atmosphererelay.relay.RelayOverloadedException}, and nothing is sent,
 * while very many futures wait for continuations that block. A message to an ephemeral
 * channel is delivered to the clients of this node even if the relay fails. A message to
 * a recorded channel is delivered from the channel's log, in the same order on every
 * node, or to nobody.
 */
public interface Broadcaster {

	/**
	 * The maximum number of messages in one page of {@link #history}.
	 */
	int MAX_PAGE = 10_000;

	/**
	 * Send a message to all sessions that are subscribed to a channel.
	 * @param channel the channel's name; a configured pattern must cover it
	 * @param payload the message
	 * @return completes with the receipt, which says how far the message came
	 */
	default CompletableFuture<Receipt> broadcast(String channel, Object payload) {
		return broadcast(channel, payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send a message to all sessions that are subscribed to a channel.
	 * @param channel the channel's name; a configured pattern must cover it
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with the receipt, which says how far the message came
	 */
	CompletableFuture<Receipt> broadcast(String channel, Object payload, PublishOptions options);

	/**
	 * Read messages of a recorded channel from its log, from older to newer ones.
	 * @param channel the channel's name
	 * @param since the position after which to start; {@code null} to start with the
	 * oldest message
	 * @param limit the maximum number of messages to return, 1 to {@value #MAX_PAGE}
	 * @return completes with a page of at most {@link PageLimit#DEFAULT_BYTES} bytes,
	 * which says whether there may be {@linkplain LogPage#more() more}. Fails with
	 * {@link io.github.atmosphererelay.relay.RelayException} if the log cannot be read
	 * now
	 */
	default CompletableFuture<LogPage> history(String channel, @Nullable Position since, int limit) {
		return history(channel, since, limit, ReadDirection.FORWARD);
	}

	/**
	 * Read messages of a recorded channel from its log.
	 * @param channel the channel's name
	 * @param since the position to start from, which is not part of the page: reading
	 * forward starts after it, reading backward before it; {@code null} to start with the
	 * oldest message, or with the newest one when reading backward
	 * @param limit the maximum number of messages to return, 1 to {@value #MAX_PAGE}
	 * @param direction whether to read towards newer or older messages
	 * @return completes with a page of at most {@link PageLimit#DEFAULT_BYTES} bytes,
	 * which says whether there may be {@linkplain LogPage#more() more}. Fails with
	 * {@link io.github.atmosphererelay.relay.RelayException} if the log cannot be read
	 * now
	 */
	CompletableFuture<LogPage> history(String channel, @Nullable Position since, int limit, ReadDirection direction);

	/**
	 * Return the position of the end of a recorded channel's log. Use it to hand a state
	 * to a client without a gap: first read the position, then the state (for example an
	 * order from the database), and give both to the client. A client that subscribes
	 * since that position gets every message that was published after the position was
	 * read, so none is missing between the state and the subscription.
	 * @param channel the channel's name
	 * @return completes with the position; fails with
	 * {@link io.github.atmosphererelay.relay.RelayException} if the log cannot be read
	 * now
	 */
	CompletableFuture<Position> position(String channel);

	/**
	 * Send a message to all sessions of a user, on all nodes.
	 * @param user the name of the user's principal
	 * @param payload the message
	 * @return completes with the receipt, which says how far the message came
	 */
	default CompletableFuture<Receipt> toUser(String user, Object payload) {
		return toUser(user, payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send a message to all sessions of a user, on all nodes.
	 * @param user the name of the user's principal
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with the receipt, which says how far the message came
	 */
	CompletableFuture<Receipt> toUser(String user, Object payload, PublishOptions options);

	/**
	 * Send a message to one session.
	 * @param sessionId the id of a session of this or another node
	 * @param payload the message
	 * @return completes with the receipt, which says how far the message came; fails with
	 * {@link UnknownSessionException} if the id is not that of a session, or names this
	 * node and this node has no such session. For an id of another node this node does
	 * not find out whether the session exists
	 */
	default CompletableFuture<Receipt> toSession(String sessionId, Object payload) {
		return toSession(sessionId, payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send a message to one session.
	 * @param sessionId the id of a session of this or another node
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with the receipt, which says how far the message came; fails with
	 * {@link UnknownSessionException} if the id is not that of a session, or names this
	 * node and this node has no such session. For an id of another node this node does
	 * not find out whether the session exists
	 */
	CompletableFuture<Receipt> toSession(String sessionId, Object payload, PublishOptions options);

	/**
	 * Send a message to all sessions of all nodes.
	 * @param payload the message
	 * @return completes with the receipt, which says how far the message came
	 */
	default CompletableFuture<Receipt> toEveryone(Object payload) {
		return toEveryone(payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send a message to all sessions of all nodes.
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with the receipt, which says how far the message came
	 */
	CompletableFuture<Receipt> toEveryone(Object payload, PublishOptions options);

}
