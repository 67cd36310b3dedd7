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
import io.github.atmosphererelay.message.WireFormatException;
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
 * Shows operators the state of this node and of the cluster. {@code /actuator/atmosphere}
 * describes this node; {@code /actuator/atmosphere/sessions} and {@code
 * /actuator/atmosphere/channels} list its sessions and channels in pages. {@code
 * /actuator/atmosphere/cluster} lists all nodes; {@code
 * /actuator/atmosphere/cluster/sessions} and {@code
 * /actuator/atmosphere/cluster/channels} list the sessions and channels of all nodes.
 * {@code /actuator/atmosphere/presence} lists the members of a channel on all nodes.
 * {@code /actuator/atmosphere/routing} describes the ring, {@code
 * /actuator/atmosphere/routing/users} lists who belongs to which node, and {@code
 * /actuator/atmosphere/routing/change} tells whom a change of the ring would move.
 * Payloads are never shown. Operations that change something exist only if {@code
 * management.endpoint.atmosphere.access} is {@code unrestricted}.
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

	private final @Nullable RoutingOperations routing;

	private final @Nullable GroupOperations groups;

	private final @Nullable FeedOperations feeds;

	private final @Nullable StompOperations stomp;

	/**
	 * Create the endpoint.
	 * @param node describes the node
	 * @param registry the sessions of the node
	 * @param cluster all nodes
	 * @param presence the members of channels, on all nodes
	 * @param channels counts the sessions in channels, on all nodes
	 * @param epochs renews the epochs of the relay's logs, or {@code null} if the relay
	 * cannot
	 * @param outbox the messages that the outbox has set aside, or {@code null} if there
	 * is no outbox
	 * @param routing the ring, or {@code null} if routing is off
	 * @param groups the consumer groups of the node, or {@code null} if there are none
	 * @param feeds the feeds of the node, or {@code null} if there are none
	 * @param stomp tells of STOMP on the node, or {@code null} if it is off
	 */
	public AtmosphereEndpoint(NodeDescription node, SessionRegistry registry, Cluster cluster, PresenceService presence,
			ChannelCounts channels, @Nullable RelayEpochs epochs, @Nullable OutboxOperations outbox,
			@Nullable RoutingOperations routing, @Nullable GroupOperations groups, @Nullable FeedOperations feeds,
			@Nullable StompOperations stomp) {
		this.node = node;
		this.registry = registry;
		this.cluster = new ClusterOperations(cluster, channels);
		this.presence = presence;
		this.epochs = epochs;
		this.outbox = outbox;
		this.routing = routing;
		this.groups = groups;
		this.feeds = feeds;
		this.stomp = stomp;
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
	 * channel on all nodes, the messages that the outbox has set aside, the ring, the
	 * consumer groups or the feeds of this node, the messages that these groups have set
	 * aside, or STOMP on this node.
	 * @param what {@code sessions}, {@code channels}, {@code cluster}, {@code presence},
	 * {@code outbox}, {@code routing}, {@code groups}, {@code feeds}, {@code set-aside}
	 * or {@code stomp}
	 * @param page the number of the page, beginning with 0
	 * @param size the size of a page, at most 1000
	 * @param channel lists only sessions or members in this channel, required for {@code
	 * presence}; or {@code null} for all sessions
	 * @param user lists only sessions of this user, or {@code null} for all
	 * @return a page of the list, the nodes for {@code cluster}, the ring for
	 * {@code routing}, or {@code null} if there is no such list
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
			case "outbox" ->
				(this.outbox != null) ? Map.of("setAside", this.outbox.list((long) number * pageSize, pageSize)) : null;
			case "routing" -> (this.routing != null) ? this.routing.describe() : null;
			case "groups" -> (this.groups != null) ? Map.of("groups", this.groups.describe()) : null;
			case "feeds" -> (this.feeds != null) ? Map.of("feeds", this.feeds.describe()) : null;
			case "stomp" -> (this.stomp != null) ? this.stomp.describe() : null;
			case "set-aside" -> (this.groups != null)
					? Map.of("setAside", this.groups.setAside((long) number * pageSize, pageSize)) : null;
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
	 * List the sessions of all nodes, the channels with the most sessions, or whom the
	 * ring places where; or tell whom a change of the ring would move, without moving
	 * anybody. Blocks until the other nodes have answered, at most for {@code
	 * atmosphere.cluster.request-timeout}.
	 * @param what {@code cluster} or {@code routing}
	 * @param list {@code sessions} or {@code channels} for the cluster; {@code users} or
	 * {@code change} for routing
	 * @param user lists only sessions of this user, or {@code null} for all
	 * @param channel lists only sessions in this channel, or {@code null} for all
	 * @param after the end of the previous page, or {@code null} for the first page
	 * @param size the size of a page, at most 1000
	 * @param add for a change, the name of a node that joins; or {@code null}
	 * @param remove for a change, the name of a member that leaves; or {@code null}
	 * @param change for a change, the name of a member that gets another weight; or
	 * {@code null}
	 * @param weight the weight of the node that joins, 1 without it, or the new weight
	 * @return the page and the nodes that have not answered, or {@code null} if there is
	 * no such list
	 * @throws InvalidEndpointRequestException if the change is not possible
	 */
	@ReadOperation
	public @Nullable Object clusterList(@Selector String what, @Selector String list, @Nullable String user,
			@Nullable String channel, @Nullable String after, @Nullable Integer size, @Nullable String add,
			@Nullable String remove, @Nullable String change, @Nullable Integer weight) {
		return switch (what + "/" + list) {
			case "cluster/sessions" -> this.cluster.sessions(user, channel, after, pageSize(size));
			case "cluster/channels" -> this.cluster.channels(pageSize(size));
			case "routing/users" -> (this.routing != null) ? this.routing.users(user, after, pageSize(size)) : null;
			case "routing/change" -> (this.routing != null)
					? this.routing.preview(new RoutingOperations.Change(add, remove, change, weight)) : null;
			default -> null;
		};
	}

	/**
	 * Close all sessions of a user, or one session, on any node; discard a message that
	 * the outbox or a consumer group has set aside; or renew the epochs of the relay's
	 * logs, so that no client recovers from a position that it has now. Blocks until the
	 * other nodes have answered, at most for {@code atmosphere.cluster.request-timeout}.
	 * @param what {@code users}, {@code sessions}, {@code outbox}, {@code set-aside} or
	 * {@code relay}
	 * @param name the name of the user's principal, the id of the session or message, or
	 * {@code epochs}
	 * @param code the close code, 1008 or 3000 to 4999; {@code null} for 1008
	 * @param reason the reason in the close frame, or {@code null} for "disconnected by
	 * an operator"
	 * @return the number of closed sessions and the nodes that have not answered, whether
	 * the message was there, or the number of renewed epochs
	 * @throws InvalidEndpointRequestException if {@code what}, the code or the id is not
	 * valid
	 */
	@DeleteOperation
	public Object disconnect(@Selector String what, @Selector String name, @Nullable Integer code,
			@Nullable String reason) {
		return switch (what) {
			case "users" -> this.cluster.disconnectUser(name, code, reason);
			case "sessions" -> this.cluster.disconnectSession(name, code, reason);
			case "outbox" -> Map.of("discarded", outbox().discard(messageId(name)));
			case "set-aside" -> Map.of("discarded", groups().discard(name));
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

	private GroupOperations groups() {
		if (this.groups == null) {
			throw ClusterOperations.invalid("there are no consumer groups");
		}
		return this.groups;
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
	 * Close sessions as {@link #disconnect} does, with the name in the query instead of
	 * the path. Servers and firewalls refuse slashes, backslashes and two dots in paths,
	 * and a user's name may contain them.
	 * @param what {@code users} or {@code sessions}
	 * @param name the name of the user's principal, or the session's id
	 * @param code the close code, 1008 or 3000 to 4999; {@code null} for 1008
	 * @param reason the reason in the close frame, or {@code null} for "disconnected by
	 * an operator"
	 * @return the number of closed sessions, and the nodes that have not answered
	 * @throws InvalidEndpointRequestException if {@code what}, the code or the session's
	 * id is not valid
	 */
	@DeleteOperation
	public Object disconnectByName(@Selector String what, String name, @Nullable Integer code,
			@Nullable String reason) {
		return disconnect(what, name, code, reason);
	}

	/**
	 * Subscribe or unsubscribe a user's sessions as {@link #change} does, with the name
	 * in the request's body instead of the path.
	 * @param what {@code users}
	 * @param name the name of the user's principal
	 * @param channel the channel's name
	 * @param subscribed {@code true} to subscribe, {@code false} to unsubscribe
	 * @return the number of the user's sessions, and the nodes that have not answered
	 * @throws InvalidEndpointRequestException if {@code what} or the channel is not valid
	 */
	@WriteOperation
	public Object changeByName(@Selector String what, String name, String channel, boolean subscribed) {
		return change(what, name, channel, subscribed);
	}

	/**
	 * Subscribe all sessions of a user to a channel, or unsubscribe them; or send a
	 * message again that the outbox has set aside, or handle one that a consumer group
	 * has set aside. Blocks until the other nodes have answered, at most for
	 * {@code atmosphere.cluster.request-timeout}.
	 * @param what {@code users}, {@code outbox} or {@code set-aside}
	 * @param name the name of the user's principal, or the message's id
	 * @param channel the channel's name, for users
	 * @param subscribed {@code true} to subscribe, {@code false} to unsubscribe, for
	 * users
	 * @return the number of the user's sessions and the nodes that have not answered, or
	 * whether the message was there
	 * @throws InvalidEndpointRequestException if {@code what}, the channel or the id is
	 * not valid
	 */
	@WriteOperation
	public Object change(@Selector String what, @Selector String name, @Nullable String channel,
			@Nullable Boolean subscribed) {
		if (what.equals("outbox")) {
			return Map.of("resent", resend(messageId(name)));
		}
		if (what.equals("set-aside")) {
			return groups().replay(name);
		}
		if (!what.equals("users")) {
			throw ClusterOperations.invalid("only 'users' can be subscribed");
		}
		if (channel == null || subscribed == null) {
			throw ClusterOperations.invalid("'channel' and 'subscribed' are missing");
		}
		return subscribed ? this.cluster.subscribe(name, channel) : this.cluster.unsubscribe(name, channel);
	}

	private boolean resend(UUID message) {
		try {
			return outbox().resend(message);
		}
		catch (WireFormatException ex) {
			throw ClusterOperations.invalid("the message cannot be read, and can only be discarded");
		}
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
	 * Describes this node.
	 *
	 * @param id the node's id
	 * @param name the node's name
	 * @param relay its relay
	 * @param sessions the number of open sessions
	 * @param users the number of users with a session
	 * @param channels the number of channels with a session
	 * @param subscriptions the number of subscriptions of all sessions
	 * @param limits the effective limits, by property
	 * @param patterns the configured channels
	 */
	public record NodeDescriptor(UUID id, String name, RelayDescriptor relay, int sessions, int users, int channels,
			long subscriptions, Map<String, Object> limits, List<ChannelOptions> patterns) {
	}

	/**
	 * Describes the node's relay.
	 *
	 * @param type the relay's name
	 * @param state its state, as the last probe has measured it
	 * @param roundTripMicros the round trip time of the last probe, in microseconds
	 * @param lastSeen when the last probe returned
	 * @param addresses the number of addresses that the node is subscribed to
	 * @param details details that depend on the relay
	 */
	public record RelayDescriptor(String type, String state, @Nullable Long roundTripMicros, @Nullable Instant lastSeen,
			int addresses, Map<String, Object> details) {
	}

	/**
	 * The result of renewing the epochs of the relay's logs.
	 *
	 * @param renewed the number of shards of the log that have a new epoch
	 */
	public record RenewedEpochs(int renewed) {
	}

	/**
	 * Describes a session of this node.
	 *
	 * @param id the session's id
	 * @param user the name of its principal
	 * @param openedAt when it was opened
	 * @param remoteAddress the client's network address
	 * @param channels up to 20 of its channels, sorted by name
	 * @param channelCount the number of all its channels
	 * @param queuedMessages the number of messages in its queue
	 * @param queuedBytes the payload bytes in its queue
	 */
	public record SessionDescriptor(String id, @Nullable String user, Instant openedAt, String remoteAddress,
			List<String> channels, int channelCount, int queuedMessages, long queuedBytes) {
	}

	/**
	 * Describes a channel with sessions on this node.
	 *
	 * @param name the channel's name
	 * @param sessions the number of sessions in it
	 */
	public record ChannelDescriptor(String name, int sessions) {
	}

	/**
	 * A page of a list.
	 *
	 * @param <T> the type of the entries
	 * @param page the number of the page, beginning with 0
	 * @param size the size of a page
	 * @param total the number of entries of the whole list
	 * @param content the entries of this page
	 */
	public record Page<T>(int page, int size, int total, List<T> content) {

		static <S, T> Page<T> of(List<S> all, int page, int size, Function<S, T> describe) {
			List<T> content = all.stream().skip((long) page * size).limit(size).map(describe).toList();
			return new Page<>(page, size, all.size(), content);
		}

	}

}
