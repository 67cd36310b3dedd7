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
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;

/**
 * The nodes of the cluster, and operations that reach the sessions of all nodes. Works
 * with every relay; with the local relay, this node is the only one. For use by any
 * thread; no method blocks.
 * <p>
 * A request goes to all nodes that {@link #nodes()} lists at that moment. The result
 * names the nodes that did not answer within {@code atmosphere.cluster.request-timeout},
 * or within the timeout that is passed. The futures fail with
 * {@link TooManyRequestsException} when 1000 requests wait for answers, and with
 * {@link io.github.atmosphererelay.broadcast.MessageTooLargeException} when a request is
 * larger than the relay carries. Continuations may block, as with
 * {@link io.github.atmosphererelay.broadcast.Broadcaster}, but run in no particular
 * order.
 */
public interface Cluster {

	/**
	 * Return the nodes that this node knows: itself first, then the others by name. A
	 * node that dies is listed until nothing has been heard from it for
	 * {@code atmosphere.cluster.node-timeout}. While the broker is unreachable, the list
	 * stays as it was.
	 * @return the nodes, a snapshot
	 */
	List<ClusterNode> nodes();

	/**
	 * Return this node.
	 * @return this node with its present load
	 */
	ClusterNode self();

	/**
	 * Return whether membership is frozen: this node does not receive its own messages
	 * through the broker, and so cannot tell which nodes are alive. Meanwhile
	 * {@link #nodes()} stays as it was.
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
	 * Close all sessions of a user, after the messages that are queued for them have been
	 * written.
	 * @param user the name of the user's principal
	 * @param reason the reason that the clients receive
	 * @return completes with the number of closed sessions
	 */
	CompletableFuture<AffectedSessions> disconnectUser(String user, CloseReason reason);

	/**
	 * Close one session of any node, after the messages that are queued for it have been
	 * written.
	 * @param sessionId the session's id
	 * @param reason the reason that the client receives
	 * @return completes with the number of closed sessions, 0 or 1; fails with
	 * {@link io.github.atmosphererelay.broadcast.UnknownSessionException} if the string
	 * is not an id of a session
	 */
	CompletableFuture<AffectedSessions> disconnectSession(String sessionId, CloseReason reason);

	/**
	 * Subscribe all present sessions of a user to a channel. The
	 * {@code ChannelAuthorizer} is not asked.
	 * @param user the name of the user's principal
	 * @param channel the channel's name
	 * @return completes with the number of sessions that are now subscribed
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the channel
	 */
	CompletableFuture<AffectedSessions> subscribe(String user, String channel);

	/**
	 * End the subscriptions of all sessions of a user to a channel.
	 * @param user the name of the user's principal
	 * @param channel the channel's name
	 * @return completes with the number of sessions that were subscribed
	 */
	CompletableFuture<AffectedSessions> unsubscribe(String user, String channel);

	/**
	 * Send a question to the application on all nodes, including this one.
	 * @param question the name of the question; see {@link ClusterQuestionHandler}
	 * @param details passed to the handlers of the question
	 * @param timeout how long to wait for answers
	 * @return completes with the answers
	 */
	CompletableFuture<ClusterAnswers<Payload>> ask(String question, Payload details, Duration timeout);

	/**
	 * Send a message to all sessions that are subscribed to a channel, and count the
	 * sessions of all nodes that have accepted it, which means that it was queued for
	 * them. That does not say that the clients have received it. The message is published
	 * like those of {@link io.github.atmosphererelay.broadcast.Broadcaster#broadcast},
	 * and in order with them.
	 * @param channel the channel's name
	 * @param payload the message: a string, bytes, or an object to be encoded
	 * @param options how it is sent
	 * @param timeout how long to wait for the counts of the other nodes
	 * @return completes with the counts; fails as a broadcast does
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no pattern
	 * covers the channel
	 */
	CompletableFuture<Acknowledgement> broadcastAcknowledged(String channel, Object payload, PublishOptions options,
			Duration timeout);

	/**
	 * Send a message to all sessions that are subscribed to a channel, and count the
	 * sessions that have accepted it.
	 * @param channel the channel's name
	 * @param payload the message: a string, bytes, or an object to be encoded
	 * @param timeout how long to wait for the counts of the other nodes
	 * @return completes with the counts; fails as a broadcast does
	 * @see #broadcastAcknowledged(String, Object, PublishOptions, Duration)
	 */
	default CompletableFuture<Acknowledgement> broadcastAcknowledged(String channel, Object payload, Duration timeout) {
		return broadcastAcknowledged(channel, payload, PublishOptions.DEFAULTS, timeout);
	}

}
