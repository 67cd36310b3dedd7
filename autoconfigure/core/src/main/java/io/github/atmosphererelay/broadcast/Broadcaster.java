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
 * Futures: {@code join} and {@code get} go on as soon as the result is known, whatever
 * other futures do. Continuations such as those of {@code thenAccept} run on a growing
 * number of threads that they may block ({@code atmosphere.continuation.max-threads}, or
 * virtual threads), never on one that the library needs. Those of futures of one channel,
 * user or session run in the order in which the results came, one after another; one that
 * takes longer than about 50 ms keeps its thread, and the next begins beside it. So a
 * continuation may wait for a lock whose holder waits for another future. One that is
 * registered when the result is known already runs at once on the thread that registers
 * it, as with any {@link CompletableFuture}.
 * <p>
 * Errors: what is wrong with the call itself is thrown: {@link UnknownChannelException},
 * {@link MessageTooLargeException}, {@link IllegalArgumentException},
 * {@link ChannelNotRecordedException}, {@link ReadOnlyChannelException}, and
 * {@link RequestRefusedException} of an {@link OutboundInterceptor}. What goes wrong on
 * the way is told by the future: a receipt that says how far the message came, or a
 * {@link io.github.atmosphererelay.relay.RelayException}, among them
 * {@link io.github.atmosphererelay.relay.RelayOverloadedException} without anything
 * having been sent when very many futures wait for continuations that block. Clients of
 * this node get a message of an ephemeral channel in either case; one of a recorded
 * channel is delivered from the channel's log, on every node in the same order, or not at
 * all.
 */
public interface Broadcaster {

	/**
	 * The greatest number of messages that are read at once.
	 */
	int MAX_PAGE = 10_000;

	/**
	 * Send to everyone who is subscribed to a channel.
	 * @param channel the channel's name; a configured pattern must cover it
	 * @param payload the message
	 * @return completes with how far the message came
	 */
	default CompletableFuture<Receipt> broadcast(String channel, Object payload) {
		return broadcast(channel, payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send to everyone who is subscribed to a channel.
	 * @param channel the channel's name; a configured pattern must cover it
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with how far the message came
	 */
	CompletableFuture<Receipt> broadcast(String channel, Object payload, PublishOptions options);

	/**
	 * Read what a recorded channel has had, from older to newer messages.
	 * @param channel the channel's name
	 * @param since the position after which to begin; {@code null} for the oldest message
	 * @param limit the greatest number of messages to return, 1 to {@value #MAX_PAGE}
	 * @return completes with a page of {@link PageLimit#DEFAULT_BYTES} at most, which
	 * says whether there may be {@linkplain LogPage#more() more}. Fails with
	 * {@link io.github.atmosphererelay.relay.RelayException} if the log cannot be read
	 * now
	 */
	default CompletableFuture<LogPage> history(String channel, @Nullable Position since, int limit) {
		return history(channel, since, limit, ReadDirection.FORWARD);
	}

	/**
	 * Read what a recorded channel has had.
	 * @param channel the channel's name
	 * @param since the position after which, or read backward before which, to begin;
	 * {@code null} for the oldest, or the newest, message
	 * @param limit the greatest number of messages to return, 1 to {@value #MAX_PAGE}
	 * @param direction whether to read towards newer or older messages
	 * @return completes with a page of {@link PageLimit#DEFAULT_BYTES} at most, which
	 * says whether there may be {@linkplain LogPage#more() more}. Fails with
	 * {@link io.github.atmosphererelay.relay.RelayException} if the log cannot be read
	 * now
	 */
	CompletableFuture<LogPage> history(String channel, @Nullable Position since, int limit, ReadDirection direction);

	/**
	 * Return where a recorded channel is. A client that is given a state that was read
	 * after this position was told, and subscribes since the position, misses nothing
	 * between the two.
	 * @param channel the channel's name
	 * @return completes with the position; fails with
	 * {@link io.github.atmosphererelay.relay.RelayException} if the log cannot be read
	 * now
	 */
	CompletableFuture<Position> position(String channel);

	/**
	 * Send to every session of a user.
	 * @param user the name of the user's principal
	 * @param payload the message
	 * @return completes with how far the message came
	 */
	default CompletableFuture<Receipt> toUser(String user, Object payload) {
		return toUser(user, payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send to every session of a user.
	 * @param user the name of the user's principal
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with how far the message came
	 */
	CompletableFuture<Receipt> toUser(String user, Object payload, PublishOptions options);

	/**
	 * Send to one session.
	 * @param sessionId the session's id, of this node or another one
	 * @param payload the message
	 * @return completes with how far the message came; fails with
	 * {@link UnknownSessionException} if the id is of this node and there is no such
	 * session
	 */
	default CompletableFuture<Receipt> toSession(String sessionId, Object payload) {
		return toSession(sessionId, payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send to one session.
	 * @param sessionId the session's id, of this node or another one
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with how far the message came; fails with
	 * {@link UnknownSessionException} if the id is of this node and there is no such
	 * session
	 */
	CompletableFuture<Receipt> toSession(String sessionId, Object payload, PublishOptions options);

	/**
	 * Send to every session of every node.
	 * @param payload the message
	 * @return completes with how far the message came
	 */
	default CompletableFuture<Receipt> toEveryone(Object payload) {
		return toEveryone(payload, PublishOptions.DEFAULTS);
	}

	/**
	 * Send to every session of every node.
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with how far the message came
	 */
	CompletableFuture<Receipt> toEveryone(Object payload, PublishOptions options);

}
