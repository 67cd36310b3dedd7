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

package io.github.atmosphererelay.cluster;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.cluster.internal.TooManyRequestsException;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;

/**
 * All nodes together: which there are, and what they do for each other. Works with every
 * relay; without a broker this node is alone. For use by any thread; nothing here blocks.
 * <p>
 * What nodes are asked is asked of all that {@link #nodes()} lists at that moment.
 * Results name those that did not answer within
 * {@code atmosphere.cluster.request-timeout}, or within the timeout that is given. The
 * futures fail with {@link TooManyRequestsException} when 1000 requests wait for answers,
 * and with {@link io.github.atmosphererelay.broadcast.MessageTooLargeException} when a
 * request is larger than the relay carries. Their continuations may block, as those of a
 * {@link io.github.atmosphererelay.broadcast.Broadcaster} may, and have no order.
 */
public interface Cluster {

	/**
	 * Return the nodes that this node knows to be there: itself first, the others by
	 * name. A node that dies is among them until nothing has been heard of it for
	 * {@code atmosphere.cluster.node-timeout}; while the broker is away, all that were
	 * there before are.
	 * @return the nodes, a snapshot
	 */
	List<ClusterNode> nodes();

	/**
	 * Return this node.
	 * @return how it describes itself at this moment
	 */
	ClusterNode self();

	/**
	 * Return whether this node cannot tell at the moment who is there, because it does
	 * not hear its own messages through the broker. Meanwhile {@link #nodes()} stays as
	 * it was.
	 * @return whether membership is frozen
	 */
	boolean isFrozen();

	/**
	 * List sessions of all nodes, by id.
	 * @param query which sessions
	 * @return completes with a page of them
	 */
	CompletableFuture<SessionPage> sessions(SessionQuery query);

	/**
	 * Close all sessions of a user, after what waits for them has been written.
	 * @param user the name of the user's principal
	 * @param reason what the clients are told
	 * @return completes with how many were closed
	 */
	CompletableFuture<AffectedSessions> disconnectUser(String user, CloseReason reason);

	/**
	 * Close one session, wherever it is, after what waits for it has been written.
	 * @param sessionId the session's id
	 * @param reason what the client is told
	 * @return completes with how many were closed, 0 or 1; fails with
	 * {@link io.github.atmosphererelay.broadcast.UnknownSessionException} if that is no
	 * id of a session
	 */
	CompletableFuture<AffectedSessions> disconnectSession(String sessionId, CloseReason reason);

	/**
	 * Subscribe all sessions that a user has at this moment to a channel. Nobody is asked
	 * whether the user may.
	 * @param user the name of the user's principal
	 * @param channel the channel's name
	 * @return completes with how many are subscribed now
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the channel
	 */
	CompletableFuture<AffectedSessions> subscribe(String user, String channel);

	/**
	 * End the subscriptions of all sessions of a user to a channel.
	 * @param user the name of the user's principal
	 * @param channel the channel's name
	 * @return completes with how many were subscribed
	 */
	CompletableFuture<AffectedSessions> unsubscribe(String user, String channel);

	/**
	 * Ask the application on all nodes, this one included.
	 * @param question the name of the question; see {@link ClusterQuestionHandler}
	 * @param details what to hand to those who answer
	 * @param timeout how long to wait for answers
	 * @return completes with the answers
	 */
	CompletableFuture<ClusterAnswers<Payload>> ask(String question, Payload details, Duration timeout);

	/**
	 * Send a message to everyone in a channel, as
	 * {@link io.github.atmosphererelay.broadcast.Broadcaster#broadcast} does and in order
	 * with it, and gather how many sessions on how many nodes have taken it: it was
	 * queued for them, and not refused. That a client has received it is not known.
	 * @param channel the channel's name
	 * @param payload the message: a string, bytes, or an object to be encoded
	 * @param options how it is sent
	 * @param timeout how long to wait for the numbers of the other nodes
	 * @return completes with the numbers; fails as a broadcast does
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the channel
	 */
	CompletableFuture<Acknowledgement> broadcastAcknowledged(String channel, Object payload, PublishOptions options,
			Duration timeout);

	/**
	 * Send a message to everyone in a channel, and gather how many have taken it.
	 * @param channel the channel's name
	 * @param payload the message: a string, bytes, or an object to be encoded
	 * @param timeout how long to wait for the numbers of the other nodes
	 * @return completes with the numbers; fails as a broadcast does
	 * @see #broadcastAcknowledged(String, Object, PublishOptions, Duration)
	 */
	default CompletableFuture<Acknowledgement> broadcastAcknowledged(String channel, Object payload, Duration timeout) {
		return broadcastAcknowledged(channel, payload, PublishOptions.DEFAULTS, timeout);
	}

}
