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

package io.github.atmosphererelay.actuate.internal;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * Shows operators what this node does: {@code /actuator/atmosphere} for the node, and
 * {@code /actuator/atmosphere/sessions} and {@code /actuator/atmosphere/channels} for
 * lists in pages; {@code /actuator/atmosphere/cluster} for all nodes and
 * {@code /actuator/atmosphere/cluster/sessions} and
 * {@code /actuator/atmosphere/cluster/channels} for the sessions and channels of all
 * nodes; {@code /actuator/atmosphere/presence} for who is in a channel, on all nodes.
 * Shows no payloads. What changes something is there only where
 * {@code management.endpoint.atmosphere.access} is {@code unrestricted}.
 */
@Endpoint(id = "atmosphere", defaultAccess = Access.READ_ONLY)
public final class AtmosphereEndpoint {

	private static final int DEFAULT_PAGE_SIZE = 100;

	private static final int MAX_PAGE_SIZE = 1000;

	private final NodeDescription node;

	private final SessionRegistry registry;

	private final ClusterOperations cluster;

	private final PresenceService presence;

	private final @Nullable RelayEpochs epochs;

	private final @Nullable OutboxOperations outbox;

	/**
	 * Create the endpoint.
	 * @param node describes the node
	 * @param registry the sessions of the node
	 * @param cluster all nodes
	 * @param presence who is in which channel, over all nodes
	 * @param channels counts the sessions in channels, over all nodes
	 * @param epochs renews the epochs of the relay, or {@code null} if that is not for
	 * operators to do
	 * @param outbox the messages that the outbox has set aside, or {@code null} if there
	 * is no outbox
	 */
	public AtmosphereEndpoint(NodeDescription node, SessionRegistry registry, Cluster cluster, PresenceService presence,
			ChannelCounts channels, @Nullable RelayEpochs epochs, @Nullable OutboxOperations outbox) {
		this.node = node;
		this.registry = registry;
		this.cluster = new ClusterOperations(cluster, channels);
		this.presence = presence;
		this.epochs = epochs;
		this.outbox = outbox;
	}

	/**
	 * Describe the node.
	 * @return the description
	 */
	@ReadOperation
	public NodeDescriptor node() {
		return this.node.describe(this.registry);
	}

	/**
	 * List sessions or channels of this node, the nodes of the cluster, the members of a
	 * channel on all nodes, or the messages that the outbox has set aside.
	 * @param what {@code sessions}, {@code channels}, {@code cluster}, {@code presence}
	 * or {@code outbox}
	 * @param page the page, beginning with 0
	 * @param size the size of a page, at most 1000
	 * @param channel a channel that the sessions or members are in, or {@code null} for
	 * all sessions
	 * @param user a user that the sessions are of, or {@code null} for all
	 * @return the page, all nodes, or {@code null} if there is no such list
	 */
	@ReadOperation
	public @Nullable Object list(@Selector String what, @Nullable Integer page, @Nullable Integer size,
			@Nullable String channel, @Nullable String user) {
		int pageSize = pageSize(size);
		int number = Math.max(0, (page != null) ? page : 0);
		return switch (what) {
			case "sessions" -> sessions(number, pageSize, channel, user);
			case "channels" -> channels(number, pageSize);
			case "cluster" -> this.cluster.describe();
			case "outbox" -> (this.outbox != null) ? Map.of("setAside", this.outbox.list(pageSize)) : null;
			case "presence" -> (channel != null) ? members(number, pageSize, channel) : null;
			default -> null;
		};
	}

	private @Nullable Page<PresenceMember> members(int number, int size, String channel) {
		List<PresenceMember> members = this.presence.page(channel, (long) number * size, size);
		return (members != null) ? new Page<>(number, size, this.presence.count(channel), members) : null;
	}

	private static int pageSize(@Nullable Integer size) {
		return Math.max(1, Math.min(MAX_PAGE_SIZE, (size != null) ? size : DEFAULT_PAGE_SIZE));
	}

	/**
	 * List the sessions, or the channels with most sessions, of all nodes. Waits for the
	 * other nodes.
	 * @param what {@code cluster}
	 * @param list {@code sessions} or {@code channels}
	 * @param user a user that the sessions are of, or {@code null} for all
	 * @param channel a channel that the sessions are in, or {@code null} for all
	 * @param after where the page before has ended, or {@code null} for the first page
	 * @param size the size of a page, at most 1000
	 * @return the page and who has not answered, or {@code null} if there is no such list
	 */
	@ReadOperation
	public @Nullable Object clusterList(@Selector String what, @Selector String list, @Nullable String user,
			@Nullable String channel, @Nullable String after, @Nullable Integer size) {
		return switch (what + "/" + list) {
			case "cluster/sessions" -> this.cluster.sessions(user, channel, after, pageSize(size));
			case "cluster/channels" -> this.cluster.channels(pageSize(size));
			default -> null;
		};
	}

	/**
	 * Close all sessions of a user, or one session, on whichever node, which waits for
	 * the other nodes; or discard a message that the outbox has set aside; or end the
	 * epochs of the relay's log, so that clients recover from no position that they have
	 * now.
	 * @param what {@code users}, {@code sessions}, {@code outbox} or {@code relay}
	 * @param name the name of the user's principal, the session's or the message's id, or
	 * {@code epochs}
	 * @param code the close code, 1008 or 3000 to 4999; {@code null} for 1008
	 * @param reason what the clients are told, or {@code null} for a reason that names
	 * the operator
	 * @return how many sessions were closed and who has not answered, whether the message
	 * was there, or how many parts of the log have a new epoch
	 * @throws InvalidEndpointRequestException if nothing of that kind can be closed
	 */
	@DeleteOperation
	public Object disconnect(@Selector String what, @Selector String name, @Nullable Integer code,
			@Nullable String reason) {
		return switch (what) {
			case "users" -> this.cluster.disconnectUser(name, code, reason);
			case "sessions" -> this.cluster.disconnectSession(name, code, reason);
			case "outbox" -> Map.of("discarded", outbox().discard(messageId(name)));
			case "relay" -> endEpochs(name);
			default -> throw ClusterOperations.invalid("only 'users' and 'sessions' can be disconnected");
		};
	}

	private RenewedEpochs endEpochs(String name) {
		if (this.epochs == null || !name.equals("epochs")) {
			throw ClusterOperations.invalid("only the 'epochs' of the jdbc relay can be ended");
		}
		return new RenewedEpochs(this.epochs.renew());
	}

	private OutboxOperations outbox() {
		if (this.outbox == null) {
			throw ClusterOperations.invalid("there is no outbox");
		}
		return this.outbox;
	}

	private static UUID messageId(String text) {
		try {
			return UUID.fromString(text);
		}
		catch (IllegalArgumentException ex) {
			throw ClusterOperations.invalid("not the id of a message");
		}
	}

	/**
	 * Close all sessions of a user, or one session, as {@link #disconnect} does, whose
	 * name stands in the query: servers and firewalls refuse slashes, backslashes and two
	 * dots in paths, and names of users may have them.
	 * @param what {@code users} or {@code sessions}
	 * @param name the name of the user's principal, or the session's id
	 * @param code the close code, 1008 or 3000 to 4999; {@code null} for 1008
	 * @param reason what the clients are told, or {@code null} for a reason that names
	 * the operator
	 * @return how many sessions were closed and who has not answered
	 * @throws InvalidEndpointRequestException if nothing of that kind can be closed
	 */
	@DeleteOperation
	public Object disconnectByName(@Selector String what, String name, @Nullable Integer code,
			@Nullable String reason) {
		return disconnect(what, name, code, reason);
	}

	/**
	 * Subscribe all sessions of a user to a channel, or end their subscriptions, as
	 * {@link #change} does, with the name in the request's body.
	 * @param what {@code users}
	 * @param name the name of the user's principal
	 * @param channel the channel's name
	 * @param subscribed whether they are to be subscribed
	 * @return how many sessions were meant and who has not answered
	 * @throws InvalidEndpointRequestException if nothing of that kind can be subscribed
	 */
	@WriteOperation
	public Object changeByName(@Selector String what, String name, String channel, boolean subscribed) {
		return change(what, name, channel, subscribed);
	}

	/**
	 * Subscribe all sessions of a user to a channel, or end their subscriptions, which
	 * waits for the other nodes; or send a message again that the outbox has set aside.
	 * @param what {@code users} or {@code outbox}
	 * @param name the name of the user's principal, or the message's id
	 * @param channel the channel's name, for users
	 * @param subscribed whether they are to be subscribed, for users
	 * @return how many sessions were meant and who has not answered, or whether the
	 * message was there
	 * @throws InvalidEndpointRequestException if nothing of that kind can be subscribed
	 */
	@WriteOperation
	public Object change(@Selector String what, @Selector String name, @Nullable String channel,
			@Nullable Boolean subscribed) {
		if (what.equals("outbox")) {
			return Map.of("resent", outbox().resend(messageId(name)));
		}
		if (!what.equals("users")) {
			throw ClusterOperations.invalid("only 'users' can be subscribed");
		}
		if (channel == null || subscribed == null) {
			throw ClusterOperations.invalid("'channel' and 'subscribed' are missing");
		}
		return subscribed ? this.cluster.subscribe(name, channel) : this.cluster.unsubscribe(name, channel);
	}

	private Page<SessionDescriptor> sessions(int number, int size, @Nullable String channel, @Nullable String user) {
		Stream<LocalSession> sessions = (channel != null) ? this.registry.inChannel(channel).stream()
				: (user != null) ? this.registry.ofUser(user).stream() : this.registry.sessions().stream();
		List<LocalSession> all = sessions
			.filter((session) -> user == null
					|| (session.principal() != null && user.equals(session.principal().getName())))
			.sorted(Comparator.comparing(ClientSession::openedAt).thenComparing(ClientSession::id))
			.toList();
		return Page.of(all, number, size, AtmosphereEndpoint::describe);
	}

	private static SessionDescriptor describe(LocalSession session) {
		return new SessionDescriptor(session.id(), (session.principal() != null) ? session.principal().getName() : null,
				session.openedAt(), String.valueOf(session.remoteAddress()),
				session.channels().stream().sorted().limit(20).toList(), session.channels().size(),
				session.queuedMessages(), session.queuedBytes());
	}

	private Page<ChannelDescriptor> channels(int number, int size) {
		List<String> names = this.registry.channels().stream().sorted().toList();
		return Page.of(names, number, size, (name) -> new ChannelDescriptor(name, this.registry.countInChannel(name)));
	}

	/**
	 * This node.
	 *
	 * @param id the node's id
	 * @param name the node's name
	 * @param relay its relay
	 * @param sessions how many sessions it has
	 * @param users how many users have a session
	 * @param channels how many channels have a session
	 * @param subscriptions how many subscriptions its sessions have
	 * @param limits the limits in effect, by property
	 * @param patterns the channels that exist
	 */
	public record NodeDescriptor(UUID id, String name, RelayDescriptor relay, int sessions, int users, int channels,
			long subscriptions, Map<String, Object> limits, List<ChannelOptions> patterns) {
	}

	/**
	 * The node's relay.
	 *
	 * @param type the relay's name
	 * @param state its measured state
	 * @param roundTripMicros how long the last probe took, in microseconds
	 * @param lastSeen when the last probe came back
	 * @param addresses how many addresses are followed
	 * @param details what the relay itself tells
	 */
	public record RelayDescriptor(String type, String state, @Nullable Long roundTripMicros, @Nullable Instant lastSeen,
			int addresses, Map<String, Object> details) {
	}

	/**
	 * What became of the epochs of the relay's log.
	 *
	 * @param renewed how many parts of the log have a new epoch
	 */
	public record RenewedEpochs(int renewed) {
	}

	/**
	 * A session of this node.
	 *
	 * @param id the session's id
	 * @param user the name of its principal
	 * @param openedAt when it was opened
	 * @param remoteAddress where its client is
	 * @param channels some of its channels
	 * @param channelCount how many channels it is in
	 * @param queuedMessages how many messages wait for it
	 * @param queuedBytes how many bytes wait for it
	 */
	public record SessionDescriptor(String id, @Nullable String user, Instant openedAt, String remoteAddress,
			List<String> channels, int channelCount, int queuedMessages, long queuedBytes) {
	}

	/**
	 * A channel with sessions on this node.
	 *
	 * @param name the channel's name
	 * @param sessions how many sessions are in it
	 */
	public record ChannelDescriptor(String name, int sessions) {
	}

	/**
	 * A part of a list.
	 *
	 * @param <T> what is listed
	 * @param page the page, beginning with 0
	 * @param size the size of a page
	 * @param total how long the whole list is
	 * @param content the part
	 */
	public record Page<T>(int page, int size, int total, List<T> content) {

		static <S, T> Page<T> of(List<S> all, int page, int size, Function<S, T> describe) {
			List<T> content = all.stream().skip((long) page * size).limit(size).map(describe).toList();
			return new Page<>(page, size, all.size(), content);
		}

	}

}
