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

package io.github.atmosphererelay.autoconfigure;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.util.unit.DataSize;

/**
 * Properties of Atmosphere Relay. Bound by Spring Boot; not meant to be constructed by
 * applications, since components are added over time.
 * <p>
 * A duration without a unit is in seconds where the default is a second or longer, and in
 * milliseconds otherwise: {@code ping-interval: 25} is 25 seconds.
 *
 * @param enabled Whether Atmosphere Relay is set up.
 * @param cluster Membership of the cluster, which consists of the nodes of an
 * application.
 * @param relay The relay, which carries messages between nodes.
 * @param channels Channels that exist, by pattern. The first pattern that matches a name
 * decides.
 * @param websocket Settings for WebSocket clients.
 * @param presence Presence, which tracks the members of channels that have it.
 * @param endpoint Settings for annotated endpoints.
 * @param shutdown How a stopping node closes its clients' sessions.
 * @param health How the relay affects the application's health.
 * @param limits Limits of clients, on each node.
 * @param security How clients authenticate, and for how long they stay authenticated.
 * @param api Publishing by HTTP.
 * @param console A page for operators.
 * @param recovery How clients of recorded channels get the messages that they have
 * missed.
 * @param centrifuge Settings for clients of the Centrifuge protocol.
 * @param httpStreams Server-sent events, newline-delimited JSON and messages by POST.
 * @param durableSessions Durable sessions, which outlive their connections.
 * @param continuation How continuations of the application's futures are run.
 * @param jdbc The database of the outbox and of the JDBC relay.
 * @param outbox Publishing with transactions of the application's database.
 * @param publish How messages are published within transactions without the outbox.
 * @param routing Which node serves which user.
 * @param groups How nodes handle the messages of consumer groups.
 * @param feeds Kafka topics of the application whose records are delivered as messages of
 * channels.
 * @param redistribution How feeds with the mode redistributed come to the nodes.
 * @param state Where the present state of keys is kept, for example the current values of
 * feeds.
 * @param stomp Spring's simple broker for STOMP clients on all nodes.
 * @param streams Streams of reducers, which clients make for themselves.
 */
@ConfigurationProperties("atmosphere")
public record AtmosphereProperties(@DefaultValue("true") boolean enabled, @DefaultValue Cluster cluster,
		@DefaultValue Relay relay, @DefaultValue List<Channel> channels, @DefaultValue Websocket websocket,
		@DefaultValue Presence presence, @DefaultValue Endpoint endpoint, @DefaultValue Shutdown shutdown,
		@DefaultValue Health health, @DefaultValue Limits limits, @DefaultValue Security security,
		@DefaultValue Api api, @DefaultValue Console console, @DefaultValue Recovery recovery,
		@DefaultValue Centrifuge centrifuge, @DefaultValue HttpStreams httpStreams,
		@DefaultValue DurableSessions durableSessions, @DefaultValue Continuation continuation,
		@DefaultValue Database jdbc, @DefaultValue Outbox outbox, @DefaultValue Publish publish,
		@DefaultValue Routing routing, @DefaultValue Groups groups, @DefaultValue List<Feed> feeds,
		@DefaultValue Redistribution redistribution, @DefaultValue State state, @DefaultValue Stomp stomp,
		@DefaultValue Streams streams) {

	/**
	 * Membership of the cluster, which consists of the nodes of an application.
	 *
	 * @param name Name of the cluster. Applications that share a broker need different
	 * names. Letters, digits, dot, hyphen and underscore. Default is the application's
	 * name.
	 * @param nodeName Name of this node for operators, for instance in the console.
	 * Default is made from the host's name.
	 * @param address Address at which operators and browsers reach this node, such as
	 * https://node-1.example.com. For operators the default is made from the host's name
	 * and the web server's port; browsers are sent to other nodes only if it is set.
	 * @param heartbeatInterval Average time between two heartbeats to the other nodes.
	 * @param nodeTimeout Time without a heartbeat after which a node counts as gone. At
	 * least three times the heartbeat interval.
	 * @param requestTimeout Time to wait for the other nodes' answers to a request, for
	 * instance to list sessions.
	 */
	public record Cluster(@Nullable String name, @Nullable String nodeName, @Nullable String address,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration heartbeatInterval,
			@DefaultValue("8s") @DurationUnit(ChronoUnit.SECONDS) Duration nodeTimeout,
			@DefaultValue("3s") @DurationUnit(ChronoUnit.SECONDS) Duration requestTimeout) {
	}

	/**
	 * The relay, which carries messages between nodes.
	 *
	 * @param type Relay to use. By default the one whose module is on the classpath.
	 * @param maxMessageSize Maximum size of a message between nodes. Larger ones are
	 * refused.
	 * @param maxPending Maximum number of messages that wait for the broker's answer.
	 * Further ones are refused.
	 * @param publishTimeout Time to wait for the broker's answer to a message. After that
	 * its receipt is UNCONFIRMED.
	 * @param probeInterval Time between two probes. A probe is a message that the node
	 * sends to itself through the broker.
	 * @param probeTimeout Time within which a probe has to come back. After that the
	 * relay counts as down and connects anew.
	 * @param startTimeout Time for which the application's start waits for the broker.
	 * After that the application starts without it.
	 * @param unsubscribeDelay Time for which the node goes on following a channel on the
	 * broker after its last session has left the channel.
	 * @param redis Settings of the Redis relay.
	 * @param kafka Settings of the Kafka relay.
	 * @param jdbc Settings of the JDBC relay.
	 * @param http Settings of the HTTP relay.
	 */
	public record Relay(@Nullable RelayType type, @DefaultValue("1MB") DataSize maxMessageSize,
			@DefaultValue("10000") int maxPending,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration publishTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration probeInterval,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration probeTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration startTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration unsubscribeDelay, @DefaultValue Redis redis,
			@DefaultValue Kafka kafka, @DefaultValue JdbcRelay jdbc, @DefaultValue HttpRelay http) {
	}

	/**
	 * Settings of the HTTP relay, with which nodes send each other messages without a
	 * broker. They identify each other by the secret, by certificates, or by both.
	 *
	 * @param peers Comma-separated list of the base URLs of all nodes, such as
	 * https://chat-1.internal:8443. The node itself may be among them. If it is empty,
	 * Spring Cloud's DiscoveryClient is asked, if there is one.
	 * @param serviceId Name of the service to ask the DiscoveryClient for. Default is the
	 * application's name.
	 * @param discoveryInterval Time between two questions for the peers.
	 * @param url Base URL at which the other nodes reach this node. By default found out:
	 * the one of the peers that leads to this node.
	 * @param secret Secret that all nodes of the cluster share, of at least 32
	 * characters. Requests and answers are signed with it.
	 * @param acceptedSecrets Comma-separated list of additional secrets that are accepted
	 * from other nodes: the next one or the old one, while the nodes change the secret
	 * one after the other.
	 * @param maxClockSkew By how much the clocks of two nodes may differ.
	 * @param ssl TLS between the nodes.
	 */
	public record HttpRelay(@DefaultValue List<String> peers, @Nullable String serviceId,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration discoveryInterval, @Nullable String url,
			@Nullable String secret, @DefaultValue List<String> acceptedSecrets,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration maxClockSkew, @DefaultValue PeerSsl ssl) {
	}

	/**
	 * TLS between the nodes of the HTTP relay.
	 *
	 * @param bundle Name of the SSL bundle with which this node connects to others: its
	 * key identifies this node, and its trust store says whom it trusts.
	 * @param requireCertificate Whether a node must identify itself by a certificate that
	 * the bundle trusts. By default only if there is no secret. Needs
	 * server.ssl.client-auth.
	 * @param names Comma-separated list of DNS names or common names, of which a node's
	 * certificate must have one. By default every certificate that the bundle trusts is
	 * one of a node.
	 */
	public record PeerSsl(@Nullable String bundle, @Nullable Boolean requireCertificate,
			@DefaultValue List<String> names) {
	}

	/**
	 * Settings of the JDBC relay. Its tables are configured by atmosphere.jdbc. It has a
	 * few connections of its own.
	 *
	 * @param url JDBC URL of the database with the tables. By default that of the
	 * DataSource, with its user and password.
	 * @param username User to connect as if url is set.
	 * @param password Password of that user.
	 * @param listen Whether nodes wake each other by PostgreSQL's LISTEN and NOTIFY.
	 * @param listenUrl JDBC URL of a direct connection for LISTEN if the other
	 * connections lead through a pooler such as PgBouncer.
	 * @param idleInterval Time between two looks at the tables while there is nothing to
	 * read and nobody wakes the node. At most half of the heartbeat interval and a
	 * quarter of the probe timeout count.
	 * @param retention Time for which the rows of messages are kept that belong to no
	 * recorded channel. A node that was away from the database for longer has missed
	 * some.
	 * @param cleanInterval Time between two removals of old rows, by one of the nodes.
	 */
	public record JdbcRelay(@Nullable String url, @Nullable String username, @Nullable String password,
			@DefaultValue("auto") ListenChoice listen, @Nullable String listenUrl,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration idleInterval,
			@DefaultValue("1m") @DurationUnit(ChronoUnit.SECONDS) Duration retention,
			@DefaultValue("20s") @DurationUnit(ChronoUnit.SECONDS) Duration cleanInterval) {
	}

	/**
	 * Settings of the Redis relay. The connection is configured by spring.data.redis.
	 *
	 * @param keyPrefix Prefix of all keys and channels in Redis, before the cluster's
	 * name.
	 */
	public record Redis(@DefaultValue("atmosphere:") String keyPrefix) {
	}

	/**
	 * Settings of the Kafka relay. The connection is configured by spring.kafka.
	 *
	 * @param topic Topic that all nodes write and read. Default is atmosphere. followed
	 * by the cluster's name.
	 * @param createTopic Whether the topic is created if it does not exist.
	 * @param partitions Number of partitions that are used, and that a new topic gets.
	 * Must be the same on all nodes.
	 * @param replication Replication factor of a new topic. With -1 the broker decides.
	 * @param retention Time for which a new topic keeps messages.
	 * @param logRetention Time for which a new topic of recorded channels keeps messages.
	 * Must be at least the longest history.ttl of any channel.
	 */
	public record Kafka(@Nullable String topic, @DefaultValue("true") boolean createTopic,
			@DefaultValue("6") int partitions, @DefaultValue("-1") short replication,
			@DefaultValue("10m") @DurationUnit(ChronoUnit.SECONDS) Duration retention,
			@DefaultValue("24h") @DurationUnit(ChronoUnit.SECONDS) Duration logRetention) {
	}

	/**
	 * Channels that a pattern covers.
	 *
	 * @param pattern Pattern of channel names, such as chat/** or orders/{id}.
	 * @param clientPublish Who may send messages into the channel: true (or anyone),
	 * authenticated, an authority such as ROLE_OPS, or false (or none).
	 * @param subscribe Who may subscribe: anyone, authenticated, an authority such as
	 * ROLE_OPS, or none.
	 * @param scope How far messages of the channel reach.
	 * @param echo Whether a client's own message comes back to it.
	 * @param slowConsumer What happens when a client reads too slowly. Default is
	 * atmosphere.websocket.queue.slow-consumer.
	 * @param maxQueuedMessages Maximum number of messages that wait for one client.
	 * Default is atmosphere.websocket.queue.max-messages.
	 * @param maxQueuedBytes Maximum total size of the messages that wait for one client.
	 * Default is atmosphere.websocket.queue.max-bytes.
	 * @param presence Whether the nodes track who is in the channel.
	 * @param history How many messages of the channel are recorded, and for how long. By
	 * default none.
	 * @param sender Whether clients with an SDK are told which client has sent a message:
	 * its user and the id of its session.
	 * @param buckets Over how many buckets the channels are distributed, so that
	 * application code can listen to them by pattern, for example 16. The same number on
	 * all nodes. With 0 they cannot be listened to by pattern.
	 */
	public record Channel(@Nullable String pattern, @DefaultValue("false") ChannelAccess clientPublish,
			@DefaultValue("anyone") ChannelAccess subscribe, @DefaultValue("cluster") ChannelScope scope,
			@DefaultValue("true") boolean echo, @Nullable SlowConsumerPolicy slowConsumer,
			@Nullable Integer maxQueuedMessages, @Nullable DataSize maxQueuedBytes,
			@DefaultValue("false") boolean presence, @DefaultValue History history,
			@DefaultValue("false") boolean sender, @DefaultValue("0") int buckets) {
	}

	/**
	 * The history of a channel.
	 *
	 * @param size Number of messages that are kept for recovery and history. With 0 the
	 * channel is not recorded.
	 * @param ttl Time for which a message is kept.
	 * @param idempotencyWindow Time within which a second message with the same
	 * idempotency key is recognised, and not recorded again.
	 */
	public record History(@DefaultValue("0") int size,
			@DefaultValue("1h") @DurationUnit(ChronoUnit.SECONDS) Duration ttl,
			@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration idempotencyWindow) {
	}

	/**
	 * How clients of recorded channels get the messages that they have missed.
	 *
	 * @param maxMessages Maximum number of missed messages that a client is sent when it
	 * comes back. A client that has missed more gets none of them, and the answer
	 * recovered=false.
	 * @param maxBytes Maximum total size of the missed messages that a client is sent
	 * when it comes back. A client that has missed more gets none of them, and the answer
	 * recovered=false.
	 * @param maxUnsent Maximum total size of the answers that this node has read for its
	 * clients and not yet written to them: history, missed messages and lists of members.
	 * While the limit is reached, further requests are refused with code 111.
	 * @param positionCheck Time without a message after which the node compares its
	 * position in a recorded channel with the end of the channel's log, to notice a lost
	 * message.
	 */
	public record Recovery(@DefaultValue("300") int maxMessages, @DefaultValue("4MB") DataSize maxBytes,
			@DefaultValue("64MB") DataSize maxUnsent,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration positionCheck) {
	}

	/**
	 * Server-sent events, newline-delimited JSON, and messages that clients send by POST,
	 * at the paths of channels.
	 *
	 * @param enabled Whether clients can use HTTP instead of WebSocket.
	 * @param maxStreamAge Average time after which a stream ends and its client asks for
	 * a new one. A stream ends up to a fifth earlier or later. A client that has vanished
	 * is in its channels until then.
	 * @param pollTimeout Average time after which a request for messages is answered if
	 * there is none, for clients with long polling. It has to be shorter than the time
	 * for which proxies wait for a response.
	 * @param pollGap Time without a request after which the session of a client with long
	 * polling ends. The client is in its channels until then.
	 */
	public record HttpStreams(@DefaultValue("true") boolean enabled,
			@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration maxStreamAge,
			@DefaultValue("25s") @DurationUnit(ChronoUnit.SECONDS) Duration pollTimeout,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration pollGap) {
	}

	/**
	 * Durable sessions, which outlive their connections.
	 *
	 * @param enabled Whether clients can ask for a durable session, which they find again
	 * after a lost connection.
	 * @param store Where durable sessions are kept.
	 * @param ttl Time for which a session is kept after its connection has ended.
	 * @param saveInterval Time between two saves of sessions that have changed.
	 * @param timeout Time for which a client that connects waits for the store. After
	 * that it gets a session that is not durable.
	 * @param cookieName Name of the cookie that carries the token of a durable session.
	 * @param maxSessions Maximum number of durable sessions in the store, over all nodes.
	 * Further clients get sessions that are not durable.
	 * @param jdbc Settings of the store in a relational database.
	 */
	public record DurableSessions(@DefaultValue("false") boolean enabled,
			@DefaultValue("memory") SessionStoreType store,
			@DefaultValue("10m") @DurationUnit(ChronoUnit.SECONDS) Duration ttl,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration saveInterval,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration timeout,
			@DefaultValue("atmosphere-session") String cookieName, @DefaultValue("100000") int maxSessions,
			@DefaultValue Jdbc jdbc) {
	}

	/**
	 * Streams of reducers, which clients make for themselves. All processes need the same
	 * settings, but for reduce, consumers and instance.
	 *
	 * @param reduce Whether this process reads the topics of the reducers.
	 * @param consumers How many consumers of each reducer this process has.
	 * @param instance Name of this process, which no other process has and which stays
	 * over restarts, such as that of a pod in a StatefulSet. If it comes back before its
	 * session has timed out, its partitions have not moved.
	 * @param begin When a stream begins.
	 * @param grace How long a stream is kept that nobody is subscribed to.
	 * @param maxStreams Maximum number of streams of the cluster.
	 * @param maxStreamsPerUser Maximum number of streams of a user who is logged in.
	 * @param maxKeys Maximum number of keys of all streams, in which a query counts as
	 * one.
	 * @param maxKeysPerStream Maximum number of keys of a stream.
	 * @param cacheBytes Maximum total size of the states of a partition that are
	 * remembered, about.
	 * @param snapshotMaxAge How long snapshots of queries may be kept, by clients and
	 * caches too.
	 * @param maxSnapshotBytes Maximum size of a snapshot of a query, and of all that a
	 * node remembers.
	 */
	public record Streams(@DefaultValue("true") boolean reduce, @DefaultValue("2") int consumers,
			@Nullable String instance, @DefaultValue("automatic") StreamBegin begin,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration grace,
			@DefaultValue("100000") int maxStreams, @DefaultValue("100") int maxStreamsPerUser,
			@DefaultValue("1000000") int maxKeys, @DefaultValue("1000") int maxKeysPerStream,
			@DefaultValue("16MB") DataSize cacheBytes,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration snapshotMaxAge,
			@DefaultValue("4MB") DataSize maxSnapshotBytes) {
	}

	/**
	 * Settings of the store in a relational database. The connection is configured by
	 * spring.datasource.
	 *
	 * @param initializeSchema When the table is created at the start, if it does not
	 * exist.
	 * @param schema Location of the script that creates the table.
	 */
	public record Jdbc(@DefaultValue("embedded") SchemaInitialization initializeSchema,
			@DefaultValue("classpath:io/github/atmosphererelay/durable/schema-@@platform@@.sql") String schema) {
	}

	/**
	 * The database of the outbox and of the JDBC relay. The connection is configured by
	 * spring.datasource.
	 *
	 * @param dataSource Name of the DataSource bean that has the tables. Required if
	 * there are several of which none is primary.
	 * @param initializeSchema When the tables are created at the start, if they do not
	 * exist.
	 * @param schema Location of the script that creates the tables.
	 */
	public record Database(@Nullable String dataSource, @DefaultValue("embedded") SchemaInitialization initializeSchema,
			@DefaultValue("classpath:io/github/atmosphererelay/jdbc/schema-@@platform@@.sql") String schema) {
	}

	/**
	 * Publishing with transactions of the application's database. A message leaves when
	 * the transaction commits, and never if it is rolled back.
	 *
	 * @param enabled Whether messages that are published within a transaction are stored
	 * in the database with it, and sent after the commit.
	 * @param required Whether publishing outside of a transaction is an error. Otherwise
	 * the message is sent at once.
	 * @param maxAttempts Maximum number of times that a message is tried that fails for a
	 * reason of its own. After that it is set aside for an operator. While the relay is
	 * down, nothing counts as an attempt.
	 * @param maxHold Maximum time for which such a message holds up the messages behind
	 * it to the same channel. After that it is set aside, too.
	 * @param maxWait Time that a message may wait to be sent. The health is DEGRADED
	 * while the oldest one waits longer.
	 */
	public record Outbox(@DefaultValue("false") boolean enabled, @DefaultValue("false") boolean required,
			@DefaultValue("10") int maxAttempts,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration maxHold,
			@DefaultValue("1m") @DurationUnit(ChronoUnit.SECONDS) Duration maxWait) {
	}

	/**
	 * Which node serves which user.
	 *
	 * @param enabled Whether the nodes agree on a ring that places users on them. Needs
	 * atmosphere.cluster.node-name.
	 * @param weight Share of this node in the users, in proportion to the weights of the
	 * other nodes, from 0 to 100. A node with weight 0 serves nobody by the ring.
	 * @param settleTime Time for which a node must be a member of the cluster before the
	 * ring takes it in. It doubles each time that the node has left.
	 * @param rebalance Which sessions are asked to move when the ring changes.
	 * @param moveDelay Time from the publication of a ring until the first sessions move,
	 * in which gateways learn of it.
	 * @param movesPerSecond Maximum number of sessions that this node asks to move in a
	 * second. The sessions of one user move together.
	 * @param spreadOver Number of sessions over which a user is spread over all nodes. 0
	 * means never.
	 * @param lookup Whether clients can look up their node by HTTP, at
	 * atmosphere.websocket.path followed by /api/route.
	 * @param lookupOthers Role that may look up the nodes of other users.
	 * @param redisCopy Whether the node that publishes the ring also writes it to Redis,
	 * for gateways and other programs. Default is true with the Redis relay, otherwise
	 * false.
	 * @param serveRing Whether gateways can read the ring by HTTP, at
	 * atmosphere.websocket.path followed by /api/ring.
	 * @param ringRole Role that may read the ring by HTTP. Default is that of
	 * lookup-others.
	 */
	public record Routing(@DefaultValue("false") boolean enabled, @DefaultValue("1") int weight,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration settleTime,
			@DefaultValue("selective") RebalanceMode rebalance,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration moveDelay,
			@DefaultValue("100") int movesPerSecond, @DefaultValue("0") int spreadOver,
			@DefaultValue("false") boolean lookup, @DefaultValue("ROLE_ADMIN") String lookupOthers,
			@Nullable Boolean redisCopy, @DefaultValue("false") boolean serveRing, @Nullable String ringRole) {

		/**
		 * Return the role that may read the ring by HTTP.
		 */
		String roleOfReaders() {
			return (this.ringRole != null) ? this.ringRole : this.lookupOthers;
		}

	}

	/**
	 * How messages are published within transactions without the outbox.
	 *
	 * @param afterCommit Whether a message that is published within a transaction waits
	 * in memory for the commit, as with PublishOptions.afterCommit().
	 */
	public record Publish(@DefaultValue("false") boolean afterCommit) {
	}

	/**
	 * Settings for WebSocket clients.
	 *
	 * @param path Path under which clients connect. The rest of the path names the
	 * channel.
	 * @param allowedOrigins Origins from which browsers may connect, beside the server's
	 * own. Comma-separated; an origin may contain asterisks.
	 * @param maxMessageSize Maximum size of a message from a client. A client that sends
	 * a larger one is disconnected.
	 * @param messagesPerSecond Messages that a client may send in a second, on average.
	 * With 0 there is no limit.
	 * @param burst Messages that a client may send at once, above the average rate.
	 * @param pingInterval Time without a message from a client after which the node sends
	 * it a ping.
	 * @param pongTimeout Time within which a client has to answer a ping.
	 * @param sendTimeout Time for which a write to a client may block. After that the
	 * session ends.
	 * @param compression Whether messages are compressed for clients that ask for it.
	 * @param directIo Whether the node reads and writes Tomcat's sockets directly, which
	 * takes less memory and processor time. Not possible with TLS or compression: these
	 * connections use the container's own WebSocket.
	 * @param connectionBuffer Size of each of the two buffers that Tomcat keeps for a
	 * connection, WebSocket or HTTP, and of the trailing headers of a request, at most
	 * 8KB. With 0 Tomcat's default applies, 8KB.
	 * @param writers Number of threads that write to clients, at most 64. With 0 one for
	 * each processor.
	 * @param maxStuckWriters Maximum number of additional writer threads. One is started
	 * for each writer that is blocked by a client that does not read.
	 * @param queue Limits of the messages that wait for a client.
	 */
	public record Websocket(@DefaultValue("/atmosphere") String path, @DefaultValue List<String> allowedOrigins,
			@DefaultValue("64KB") DataSize maxMessageSize, @DefaultValue("1000") int messagesPerSecond,
			@DefaultValue("2000") int burst,
			@DefaultValue("25s") @DurationUnit(ChronoUnit.SECONDS) Duration pingInterval,
			@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration pongTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration sendTimeout,
			@DefaultValue("false") boolean compression, @DefaultValue("true") boolean directIo,
			@DefaultValue("2KB") DataSize connectionBuffer, @DefaultValue("0") int writers,
			@DefaultValue("32") int maxStuckWriters, @DefaultValue Queue queue) {
	}

	/**
	 * Settings for clients of the Centrifuge protocol, in addition to those for all
	 * WebSocket clients.
	 *
	 * @param enabled Whether clients of the Centrifuge protocol are served.
	 * @param path Path at which they connect. Default is atmosphere.websocket.path
	 * followed by /connection/websocket.
	 */
	public record Centrifuge(@DefaultValue("true") boolean enabled, @Nullable String path) {
	}

	/**
	 * Limits of the messages that wait for a client.
	 *
	 * @param maxMessages Maximum number of messages that wait for one client.
	 * @param maxBytes Maximum total size of the messages that wait for one client.
	 * @param slowConsumer What happens when a client reads too slowly.
	 */
	public record Queue(@DefaultValue("4096") int maxMessages, @DefaultValue("1MB") DataSize maxBytes,
			@DefaultValue("disconnect") SlowConsumerPolicy slowConsumer) {
	}

	/**
	 * Presence, which tracks the members of channels that have it.
	 *
	 * @param flushInterval Time for which joins and leaves are collected before they are
	 * sent to the other nodes.
	 * @param digestInterval Average time between two comparisons of the members that
	 * nodes know, which find and repair differences.
	 * @param pushInterval Time for which joins and leaves are collected before clients
	 * and the application's listeners are told.
	 * @param leaveDelay Time within which a member can come back without a leave and a
	 * join being reported.
	 * @param moveTimeout Time for which a user whose session was asked to move to another
	 * node counts as present until it connects there. Has an effect with routing only.
	 * @param maxNames Maximum number of members that one frame to a client names.
	 * @param maxAttributeSize Maximum size of the attributes of a member.
	 */
	public record Presence(@DefaultValue("100ms") Duration flushInterval,
			@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration digestInterval,
			@DefaultValue("500ms") Duration pushInterval,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration leaveDelay,
			@DefaultValue("15s") @DurationUnit(ChronoUnit.SECONDS) Duration moveTimeout,
			@DefaultValue("100") int maxNames, @DefaultValue("1KB") DataSize maxAttributeSize) {
	}

	/**
	 * Settings for annotated endpoints.
	 *
	 * @param threads Number of threads that run methods of endpoints. Has no effect with
	 * virtual threads.
	 * @param maxQueued Maximum number of calls of endpoint methods that wait or run on
	 * this node. Further messages and clients are refused.
	 * @param maxQueuedPerSession Maximum number of messages of one client that wait while
	 * a method runs for it. Further ones are refused.
	 * @param maxQueuedBytes Maximum total size of the messages whose methods wait or run
	 * on this node. Further messages and clients are refused.
	 * @param maxQueuedBytesPerSession Maximum total size of the messages of one client
	 * that wait while a method runs for it. Further ones are refused.
	 * @param drainTimeout Time for which a stopping node waits for endpoint methods that
	 * wait or run.
	 */
	public record Endpoint(@DefaultValue("32") int threads, @DefaultValue("10000") int maxQueued,
			@DefaultValue("64") int maxQueuedPerSession, @DefaultValue("64MB") DataSize maxQueuedBytes,
			@DefaultValue("1MB") DataSize maxQueuedBytesPerSession,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration drainTimeout) {
	}

	/**
	 * How nodes handle the messages of consumer groups, which are methods with
	 * ChannelListener and a group.
	 *
	 * @param threads Number of messages of one group that this node handles at once, each
	 * of another channel, and without virtual threads the number of threads for it.
	 * @param maxAttempts How often a message is tried before it is set aside.
	 * @param retryDelay Time until the second attempt to handle a message. It doubles
	 * with each further one.
	 * @param maxRetryDelay Maximum time between two attempts to handle a message.
	 * @param maxParked Maximum number of channels of one group that wait for a retry on
	 * this node. While there are as many, no further messages are read.
	 * @param maxBuffered Number of messages of one group in memory from which this node
	 * reads no further ones.
	 * @param maxBufferedBytes Total size of the messages of one group in memory from
	 * which this node reads no further ones.
	 * @param inboxRetention How long it is known of each message that it was handled by a
	 * ChannelListener with exactlyOnce.
	 */
	public record Groups(@DefaultValue("16") int threads, @DefaultValue("5") int maxAttempts,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration retryDelay,
			@DefaultValue("1m") @DurationUnit(ChronoUnit.SECONDS) Duration maxRetryDelay,
			@DefaultValue("100") int maxParked, @DefaultValue("2000") int maxBuffered,
			@DefaultValue("8MB") DataSize maxBufferedBytes,
			@DefaultValue("7d") @DurationUnit(ChronoUnit.DAYS) Duration inboxRetention) {
	}

	/**
	 * How continuations of the application's futures are run.
	 *
	 * @param maxThreads Maximum number of threads that run the application's
	 * continuations, such as the function in
	 * broadcaster.broadcast(..).thenAccept(function). A thread is started when all others
	 * are busy. Has no effect with virtual threads.
	 */
	public record Continuation(@DefaultValue("256") int maxThreads) {
	}

	/**
	 * How a stopping node closes its clients' sessions.
	 *
	 * @param sliceSize Number of sessions that a stopping node closes at once, in one
	 * slice.
	 * @param sliceInterval Time between two slices of sessions that a stopping node
	 * closes.
	 * @param timeout Time after which a stopping node closes all remaining sessions at
	 * once. Keep it below spring.lifecycle.timeout-per-shutdown-phase.
	 */
	public record Shutdown(@DefaultValue("200") int sliceSize, @DefaultValue("100ms") Duration sliceInterval,
			@DefaultValue("20s") @DurationUnit(ChronoUnit.SECONDS) Duration timeout) {
	}

	/**
	 * Spring's simple broker for STOMP clients on all nodes.
	 *
	 * @param enabled Whether what is sent to the destinations of Spring's simple broker
	 * reaches the clients of all nodes.
	 * @param preserveOrder Whether messages of a STOMP client are handled, and messages
	 * to it sent, in their order. If not, it is as the application has configured it.
	 * @param receipts Whether STOMP clients get the receipts that they ask for, of SEND
	 * when the relay has the message and of SUBSCRIBE when the subscription stands.
	 * @param maxWaiting Maximum size of other nodes' STOMP messages that wait for slow
	 * deliveries, in each of 16 groups of destinations. Further ones are dropped.
	 * @param maxOutbound Maximum size of STOMP messages that wait for this node's clients
	 * in Spring's queues, with 1 KB for each client. Other nodes' messages wait earlier;
	 * beyond it the clients for which most waits are disconnected. With 0 a quarter of
	 * the heap.
	 */
	public record Stomp(@DefaultValue("false") boolean enabled, @DefaultValue("true") boolean preserveOrder,
			@DefaultValue("true") boolean receipts, @DefaultValue("16MB") DataSize maxWaiting,
			@DefaultValue("0") DataSize maxOutbound) {
	}

	/**
	 * How the relay affects the application's health.
	 *
	 * @param degradedIsDown Whether the health of the application is DOWN, and the node
	 * not ready, while the broker is away. Otherwise it is DEGRADED.
	 */
	public record Health(@DefaultValue("false") boolean degradedIsDown) {
	}

	/**
	 * Limits of clients, on each node.
	 *
	 * @param channelsPerSession Maximum number of channels of a session. With 0 there is
	 * no limit.
	 * @param sessionsPerUser Maximum number of sessions of a user on a node. With 0 there
	 * is no limit.
	 * @param sessionsPerAddress Maximum number of sessions from one network address on a
	 * node. With 0 there is no limit. Behind a proxy this is the proxy's address unless
	 * server.forward-headers-strategy is set.
	 * @param reservedConnections Connections of the web server that are reserved for
	 * health checks and other HTTP requests. WebSocket handshakes are refused when only
	 * these are left. Default is a sixteenth of the server's maximum.
	 * @param userMessagesPerSecond Messages that all sessions of a user on a node may
	 * send together in a second, on average. With 0 there is no limit.
	 * @param userBurst Messages that all sessions of a user on a node may send together
	 * at once, above the average rate.
	 * @param emptyChannelsPerMinute Maximum number of recorded channels without a message
	 * that a session may subscribe to or read in a minute. All sessions from one address
	 * may ask for 20 times as many. With 0 there is no limit.
	 */
	public record Limits(@DefaultValue("128") int channelsPerSession, @DefaultValue("100") int sessionsPerUser,
			@DefaultValue("1000") int sessionsPerAddress, @Nullable Integer reservedConnections,
			@DefaultValue("2000") int userMessagesPerSecond, @DefaultValue("4000") int userBurst,
			@DefaultValue("300") int emptyChannelsPerMinute) {
	}

	/**
	 * How clients authenticate, and for how long they stay authenticated.
	 *
	 * @param tokenTimeout Time within which a client that connects with auth=message has
	 * to send its token. After that it is disconnected.
	 * @param disconnectOnLogout Whether a user's sessions end, on all nodes, when the
	 * user logs out through Spring Security.
	 * @param keepHttpSessionAlive Whether messages from a client keep the HTTP session
	 * alive that it has logged in with, as HTTP requests do.
	 * @param sharedHttpSessions HTTP sessions of Spring Session.
	 */
	public record Security(@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration tokenTimeout,
			@DefaultValue("true") boolean disconnectOnLogout, @DefaultValue("true") boolean keepHttpSessionAlive,
			@DefaultValue SharedHttpSessions sharedHttpSessions) {
	}

	/**
	 * HTTP sessions of Spring Session, which all nodes share.
	 *
	 * @param enabled Whether clients are closed on all nodes when their HTTP session
	 * ends. Needs Spring Session's indexed repository in Redis.
	 * @param checkInterval Time between two looks at Redis for HTTP sessions that have
	 * ended without an event. A second look follows 1.5 s after the first. A node with
	 * more than 30,000 HTTP sessions may take longer.
	 */
	public record SharedHttpSessions(@DefaultValue("true") boolean enabled,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration checkInterval) {
	}

	/**
	 * Publishing by HTTP.
	 *
	 * @param enabled Whether messages can be published by HTTP, at
	 * atmosphere.websocket.path followed by /api. The application's security rules have
	 * to protect that path.
	 */
	public record Api(@DefaultValue("false") boolean enabled) {
	}

	/**
	 * A page for operators, under the path of the WebSocket clients.
	 *
	 * @param enabled Whether the console's page is served, and this node publishes its
	 * figures for it.
	 * @param channel Channel in which the nodes publish their figures. Must be the same
	 * on all nodes.
	 * @param subscribe Who may subscribe to that channel: an authority, authenticated,
	 * anyone, or none.
	 * @param interval Time between two messages with a node's figures.
	 * @param home Path within the application to which the page links back. Empty for no
	 * link.
	 * @param logout Path within the application to which the page's log-out button posts,
	 * with Spring Security usually /logout. Without it there is no button.
	 */
	public record Console(@DefaultValue("false") boolean enabled, @DefaultValue("atmosphere/console") String channel,
			@DefaultValue("ROLE_ADMIN") ChannelAccess subscribe,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration interval, @DefaultValue("/") String home,
			@Nullable String logout) {
	}

	/**
	 * A Kafka topic of the application whose records are delivered as messages of
	 * channels. The connection is configured by spring.kafka.
	 *
	 * @param topic Name of the topic.
	 * @param name Name of the feed in meters and logs. Default is the topic's name.
	 * @param channel Channel of a record, such as prices/{key}. In the braces stands key,
	 * header:NAME or json:/POINTER; {*key} at the end may contain slashes. With a mapping
	 * it is the pattern of the channels.
	 * @param mapping Name of a FeedMapping bean that maps records to channels.
	 * @param value What the values of the records are.
	 * @param deserializer Name of a Kafka Deserializer bean for the values. Clients get
	 * its objects as JSON.
	 * @param headers Comma-separated list of the record headers that clients get, with *
	 * for any characters. Headers of Kafka, Spring and this library are never passed on.
	 * @param partitioner Name of a FeedPartitioner bean that tells which partition has a
	 * key. Default is murmur2, as in Kafka's own clients.
	 * @param mode How the records come to the nodes that have subscribers for them.
	 * @param recovery How far back clients that reconnect get what they have missed from
	 * memory. Older records are read from the topic. With 0 the channels are ephemeral.
	 * @param recoveryBytes Maximum total size of the records that are kept in memory for
	 * that.
	 * @param scanTimeout Time within which records that are no longer in memory have to
	 * be found for a client that reconnects. After that it is told that it has not
	 * recovered.
	 * @param snapshot Whether a subscriber first gets the current value of its key.
	 * @param snapshotBytes Maximum total size of the current values of all keys.
	 * @param conflate Which messages that wait for a slow client are left out.
	 * @param maxRate Maximum number of messages per second, channel and client. What is
	 * in between is left out. With 0 there is no limit. Needs conflate.
	 * @param subscribe Who may subscribe: anyone, authenticated, an authority such as
	 * ROLE_OPS, or none.
	 * @param publish Whether messages that are published in the channels are written to
	 * the topic. By default publishing is refused.
	 * @param clientPublish Who may send messages into the channels: true (or anyone),
	 * authenticated, an authority such as ROLE_OPS, or false (or none). Needs publish.
	 */
	public record Feed(@Nullable String topic, @Nullable String name, @Nullable String channel,
			@Nullable String mapping, @DefaultValue("json") FeedValue value, @Nullable String deserializer,
			@DefaultValue("*") List<String> headers, @Nullable String partitioner,
			@DefaultValue("everyone") FeedMode mode,
			@DefaultValue("2m") @DurationUnit(ChronoUnit.SECONDS) Duration recovery,
			@DefaultValue("64MB") DataSize recoveryBytes,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration scanTimeout,
			@DefaultValue("false") boolean snapshot, @DefaultValue("64MB") DataSize snapshotBytes,
			@DefaultValue("none") FeedConflation conflate, @DefaultValue("0") double maxRate,
			@DefaultValue("anyone") ChannelAccess subscribe, @DefaultValue("false") boolean publish,
			@DefaultValue("false") ChannelAccess clientPublish) {
	}

	/**
	 * How feeds with the mode redistributed or routed come to the nodes. All processes
	 * need the same settings, but for redistribute.
	 *
	 * @param redistribute Whether this process is one of the redistributors, which read
	 * partitions and forward records to the nodes that want them.
	 * @param backChannel How redistributors learn which node wants which channels.
	 * @param forwarding How records come to the nodes. With http, the nodes find and
	 * authenticate each other by atmosphere.relay.http.
	 * @param topic Beginning of the names of the topics in Kafka that back channel and
	 * forwarding use, followed by -interest and -forward. Default is atmosphere. followed
	 * by the cluster's name.
	 * @param group Beginning of the names of the redistributors' consumer groups,
	 * followed by a dot and the name of the feed. Default is that of topic.
	 */
	public record Redistribution(@DefaultValue("true") boolean redistribute,
			@DefaultValue("kafka") RedistributionBackChannel backChannel,
			@DefaultValue("kafka") RedistributionForwarding forwarding, @Nullable String topic,
			@Nullable String group) {
	}

	/**
	 * Where the present state of keys is kept, for example the current values of feeds.
	 *
	 * @param store Where states are kept. Default is redis or jdbc if
	 * atmosphere.relay.type says so, otherwise memory.
	 * @param ttl Time after which a state that is not written again is forgotten.
	 * @param maxValueSize Maximum size of a state.
	 * @param maxBytes Maximum total size of all states in memory.
	 * @param jdbc Settings of the store in a relational database.
	 */
	public record State(@Nullable StateStoreType store,
			@DefaultValue("30d") @DurationUnit(ChronoUnit.SECONDS) Duration ttl,
			@DefaultValue("1MB") DataSize maxValueSize, @DefaultValue("64MB") DataSize maxBytes,
			@DefaultValue StateJdbc jdbc) {
	}

	/**
	 * Settings of the store in a relational database. The connection is configured by
	 * spring.datasource.
	 *
	 * @param initializeSchema When the table is created at the start, if it does not
	 * exist.
	 * @param schema Location of the script that creates the table.
	 */
	public record StateJdbc(@DefaultValue("embedded") SchemaInitialization initializeSchema,
			@DefaultValue("classpath:io/github/atmosphererelay/state/schema-@@platform@@.sql") String schema) {
	}

}
