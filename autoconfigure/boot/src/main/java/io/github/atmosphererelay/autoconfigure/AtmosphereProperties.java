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
 * @param cluster What the nodes of an application have in common.
 * @param relay What carries messages between nodes.
 * @param channels Channels that exist, by pattern. The first pattern that covers a name
 * decides.
 * @param websocket What holds for WebSocket clients.
 * @param presence How it is told who is in channels that have presence.
 * @param endpoint What holds for annotated endpoints.
 * @param shutdown How clients are sent away when the node stops.
 * @param health How the relay counts in the application's health.
 * @param limits How much clients may have and do, each on its node.
 * @param security How clients prove who they are, and for how long that counts.
 * @param api Publishing by HTTP.
 * @param console A page for operators.
 * @param recovery How clients of recorded channels get what they have missed.
 * @param centrifuge What holds for clients of the Centrifuge protocol.
 * @param durableSessions Sessions that outlive their connections.
 * @param continuation How futures of the application complete.
 */
@ConfigurationProperties("atmosphere")
public record AtmosphereProperties(@DefaultValue("true") boolean enabled, @DefaultValue Cluster cluster,
		@DefaultValue Relay relay, @DefaultValue List<Channel> channels, @DefaultValue Websocket websocket,
		@DefaultValue Presence presence, @DefaultValue Endpoint endpoint, @DefaultValue Shutdown shutdown,
		@DefaultValue Health health, @DefaultValue Limits limits, @DefaultValue Security security,
		@DefaultValue Api api, @DefaultValue Console console, @DefaultValue Recovery recovery,
		@DefaultValue Centrifuge centrifuge, @DefaultValue DurableSessions durableSessions,
		@DefaultValue Continuation continuation) {

	/**
	 * What the nodes of an application have in common.
	 *
	 * @param name Name that keeps applications apart that share a broker. Letters,
	 * digits, dot, hyphen and underscore. Default is the application's name.
	 * @param nodeName Name of this node for people who operate it. Default is made of the
	 * host's name.
	 * @param address Host and port at which operators find this node. Default is made of
	 * the host's name and the web server's port.
	 * @param heartbeatInterval Time between two signs of life to the other nodes, on
	 * average.
	 * @param nodeTimeout Time of silence after which a node counts as gone. At least
	 * three times the heartbeat interval.
	 * @param requestTimeout Time for which the answers of other nodes to a request are
	 * waited for.
	 */
	public record Cluster(@Nullable String name, @Nullable String nodeName, @Nullable String address,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration heartbeatInterval,
			@DefaultValue("8s") @DurationUnit(ChronoUnit.SECONDS) Duration nodeTimeout,
			@DefaultValue("3s") @DurationUnit(ChronoUnit.SECONDS) Duration requestTimeout) {
	}

	/**
	 * What carries messages between nodes.
	 *
	 * @param type Relay to use. If unset, the one whose module is on the classpath.
	 * @param maxMessageSize Greatest message that is carried.
	 * @param maxPending Greatest number of messages that wait for the broker's answer.
	 * Further ones are refused.
	 * @param publishTimeout Time after which a message without the broker's answer counts
	 * as unconfirmed.
	 * @param probeInterval Time between two probes that this node sends to itself through
	 * the broker.
	 * @param probeTimeout Time within which a probe has to come back. After that the
	 * relay counts as down and reconnects.
	 * @param startTimeout Time for which the start of the application waits for the
	 * broker. It then starts without it.
	 * @param unsubscribeDelay Time for which a channel is still followed after its last
	 * local session has gone.
	 * @param redis Settings of the Redis relay.
	 * @param kafka Settings of the Kafka relay.
	 */
	public record Relay(@Nullable RelayType type, @DefaultValue("1MB") DataSize maxMessageSize,
			@DefaultValue("10000") int maxPending,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration publishTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration probeInterval,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration probeTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration startTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration unsubscribeDelay, @DefaultValue Redis redis,
			@DefaultValue Kafka kafka) {
	}

	/**
	 * Settings of the Redis relay. The connection is configured by spring.data.redis.
	 *
	 * @param keyPrefix Prefix of all keys and channels in Redis. The cluster's name
	 * follows it.
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
	 * The same on all nodes.
	 * @param replication Replication factor of a new topic. With -1 the broker decides.
	 * @param retention Time for which a new topic keeps messages.
	 * @param logRetention Time for which a new topic of recorded channels keeps messages.
	 * At least the longest history of any channel.
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
	 * @param scope How far the channel reaches.
	 * @param echo Whether a client's own message comes back to it.
	 * @param slowConsumer What happens when a client reads too slowly. Default is
	 * atmosphere.websocket.queue.slow-consumer.
	 * @param maxQueuedMessages Greatest number of messages that wait for a client.
	 * Default is atmosphere.websocket.queue.max-messages.
	 * @param maxQueuedBytes Greatest size of all messages that wait for a client. Default
	 * is atmosphere.websocket.queue.max-bytes.
	 * @param presence Whether it is known who is in the channel, on all nodes.
	 * @param history What of the channel is kept. By default nothing.
	 * @param sender Whether it is told which client has sent a message: its user and the
	 * id of its session.
	 */
	public record Channel(@Nullable String pattern, @DefaultValue("false") ChannelAccess clientPublish,
			@DefaultValue("anyone") ChannelAccess subscribe, @DefaultValue("cluster") ChannelScope scope,
			@DefaultValue("true") boolean echo, @Nullable SlowConsumerPolicy slowConsumer,
			@Nullable Integer maxQueuedMessages, @Nullable DataSize maxQueuedBytes,
			@DefaultValue("false") boolean presence, @DefaultValue History history,
			@DefaultValue("false") boolean sender) {
	}

	/**
	 * What of a channel is kept.
	 *
	 * @param size Number of messages that are kept. With 0 none, and clients cannot
	 * recover.
	 * @param ttl Time for which a message is kept.
	 * @param idempotencyWindow Time within which messages with the same idempotency key
	 * are one.
	 */
	public record History(@DefaultValue("0") int size,
			@DefaultValue("1h") @DurationUnit(ChronoUnit.SECONDS) Duration ttl,
			@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration idempotencyWindow) {
	}

	/**
	 * How clients of recorded channels get what they have missed.
	 *
	 * @param maxMessages Greatest number of messages that a client may have missed to get
	 * them.
	 * @param maxBytes Greatest size of all messages together that a client may have
	 * missed to get them.
	 * @param maxUnsent Greatest size of history, missed messages and lists of who is in a
	 * channel that this node has read for its clients and not yet written to them. While
	 * it is used up, clients are told to ask again later.
	 * @param positionCheck Time without a message after which a node compares what it has
	 * had of a channel with the channel's log.
	 */
	public record Recovery(@DefaultValue("300") int maxMessages, @DefaultValue("4MB") DataSize maxBytes,
			@DefaultValue("64MB") DataSize maxUnsent,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration positionCheck) {
	}

	/**
	 * Sessions that outlive their connections.
	 *
	 * @param enabled Whether clients that ask for it get a session that they can come
	 * back to.
	 * @param store Where the sessions are kept.
	 * @param ttl Time for which a session is kept after its connection has ended.
	 * @param saveInterval Time between two looks at what has changed and is to be saved.
	 * @param timeout Time for which a client that connects waits for the store. It is
	 * then served without a durable session.
	 * @param cookieName Name of the cookie that browsers get their token in.
	 * @param maxSessions Greatest number of sessions that are kept, those of all nodes
	 * together. Further clients are served without a durable session.
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
	 * Settings of the store in a relational database. The connection is configured by
	 * spring.datasource.
	 *
	 * @param initializeSchema When the table is created if it does not exist.
	 * @param schema Location of the script that creates the table.
	 */
	public record Jdbc(@DefaultValue("embedded") SchemaInitialization initializeSchema,
			@DefaultValue("classpath:io/github/atmosphererelay/durable/schema-@@platform@@.sql") String schema) {
	}

	/**
	 * What holds for WebSocket clients.
	 *
	 * @param path Path under which clients connect. The rest of the path names the
	 * channel.
	 * @param allowedOrigins Comma-separated list of origins, or patterns of origins, from
	 * which browsers may connect beside the server's own.
	 * @param maxMessageSize Greatest message that a client may send.
	 * @param messagesPerSecond Messages that a client may send in a second on average.
	 * With 0 any number.
	 * @param burst Messages that a client may send at once.
	 * @param pingInterval Time between two pings to a client that is quiet.
	 * @param pongTimeout Time within which a client has to answer a ping.
	 * @param sendTimeout Time after which a write that is stuck ends its session.
	 * @param compression Whether compression is negotiated with clients that ask for it.
	 * @param directIo Whether clients are served on Tomcat's sockets directly where that
	 * is possible: without TLS and compression. Otherwise through the container's own
	 * WebSocket, which takes more memory and processor time.
	 * @param connectionBuffer Size of each of the two buffers that Tomcat keeps for a
	 * connection, whether it is used for WebSocket or HTTP. With 0 it is Tomcat's own
	 * choice, which is 8KB.
	 * @param writers Number of threads that write to clients, at most 64. With 0 one for
	 * each processor.
	 * @param maxStuckWriters Number of further threads that may stand in for writers that
	 * are stuck at clients that do not read.
	 * @param queue What may wait for a client.
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
	 * What holds for clients of the Centrifuge protocol, beside what holds for all
	 * WebSocket clients.
	 *
	 * @param enabled Whether clients of the Centrifuge protocol are served.
	 * @param path Path at which they connect. Default is atmosphere.websocket.path
	 * followed by /connection/websocket.
	 */
	public record Centrifuge(@DefaultValue("true") boolean enabled, @Nullable String path) {
	}

	/**
	 * What may wait for a client.
	 *
	 * @param maxMessages Greatest number of messages that wait for a client.
	 * @param maxBytes Greatest size of all messages that wait for a client.
	 * @param slowConsumer What happens when a client reads too slowly.
	 */
	public record Queue(@DefaultValue("4096") int maxMessages, @DefaultValue("1MB") DataSize maxBytes,
			@DefaultValue("disconnect") SlowConsumerPolicy slowConsumer) {
	}

	/**
	 * How it is told who is in channels that have presence.
	 *
	 * @param flushInterval Time between two messages that tell other nodes who has come
	 * and gone.
	 * @param digestInterval Time between two comparisons of what nodes know of each
	 * other, on average.
	 * @param pushInterval Time between two frames that tell clients, and events that tell
	 * the application, who has come to a channel and left it.
	 * @param leaveDelay Time within which somebody who has left a channel can come back
	 * without clients and the application being told.
	 * @param maxNames Greatest number of members that are named in a frame.
	 * @param maxAttributeSize Greatest size of the attributes of a member.
	 */
	public record Presence(@DefaultValue("100ms") Duration flushInterval,
			@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration digestInterval,
			@DefaultValue("500ms") Duration pushInterval,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration leaveDelay,
			@DefaultValue("100") int maxNames, @DefaultValue("1KB") DataSize maxAttributeSize) {
	}

	/**
	 * What holds for annotated endpoints.
	 *
	 * @param threads Number of threads on which the methods of endpoints run. Of no
	 * effect with virtual threads.
	 * @param maxQueued Greatest number of calls of endpoints that wait or run. Further
	 * messages and clients are refused.
	 * @param maxQueuedPerSession Greatest number of messages of one client that wait
	 * while a method is called for it. Further ones are refused.
	 * @param maxQueuedBytes Greatest size of all messages whose methods wait or run.
	 * Further messages and clients are refused.
	 * @param maxQueuedBytesPerSession Greatest size of all messages of one client that
	 * wait while a method is called for it. Further ones are refused.
	 * @param drainTimeout Time for which a node that stops waits for methods that wait or
	 * run.
	 */
	public record Endpoint(@DefaultValue("32") int threads, @DefaultValue("10000") int maxQueued,
			@DefaultValue("64") int maxQueuedPerSession, @DefaultValue("64MB") DataSize maxQueuedBytes,
			@DefaultValue("1MB") DataSize maxQueuedBytesPerSession,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration drainTimeout) {
	}

	/**
	 * How futures of the application complete.
	 *
	 * @param maxThreads Greatest number of threads on which what follows futures of the
	 * application runs. There are as many as block or run at once. Of no effect with
	 * virtual threads.
	 */
	public record Continuation(@DefaultValue("256") int maxThreads) {
	}

	/**
	 * How clients are sent away when the node stops.
	 *
	 * @param sliceSize Number of sessions that are closed at once.
	 * @param sliceInterval Time between two slices.
	 * @param timeout Time after which the remaining sessions are closed at once. Keep it
	 * below spring.lifecycle.timeout-per-shutdown-phase.
	 */
	public record Shutdown(@DefaultValue("200") int sliceSize, @DefaultValue("100ms") Duration sliceInterval,
			@DefaultValue("20s") @DurationUnit(ChronoUnit.SECONDS) Duration timeout) {
	}

	/**
	 * How the relay counts in the application's health.
	 *
	 * @param degradedIsDown Whether a broker that is away makes the application DOWN and
	 * not ready, rather than degraded.
	 */
	public record Health(@DefaultValue("false") boolean degradedIsDown) {
	}

	/**
	 * How much clients may have and do, each on its node.
	 *
	 * @param channelsPerSession Channels that a session may be in. With 0 any number.
	 * @param sessionsPerUser Sessions that a user may have on a node. With 0 any number.
	 * @param sessionsPerAddress Sessions that may come from one address to a node. With 0
	 * any number. Behind a proxy it is the proxy's address unless
	 * server.forward-headers-strategy is set.
	 * @param reservedConnections Connections of the web server that are kept for health
	 * checks and other requests: WebSocket handshakes are refused when no more are left.
	 * Default is a sixteenth of those that the server takes.
	 * @param userMessagesPerSecond Messages that all sessions of a user on a node
	 * together may send in a second on average. With 0 any number.
	 * @param userBurst Messages that all sessions of a user on a node together may send
	 * at once.
	 * @param emptyChannelsPerMinute Recorded channels without a message that a session
	 * may ask for in a minute, by subscribing or for their history. All sessions from one
	 * address may ask for 20 times as many. With 0 any number.
	 */
	public record Limits(@DefaultValue("128") int channelsPerSession, @DefaultValue("100") int sessionsPerUser,
			@DefaultValue("1000") int sessionsPerAddress, @Nullable Integer reservedConnections,
			@DefaultValue("2000") int userMessagesPerSecond, @DefaultValue("4000") int userBurst,
			@DefaultValue("300") int emptyChannelsPerMinute) {
	}

	/**
	 * How clients prove who they are, and for how long that counts.
	 *
	 * @param tokenTimeout Time within which a client that connects with auth=message has
	 * to send its token.
	 * @param disconnectOnLogout Whether the sessions of a user end when the user logs out
	 * through Spring Security.
	 * @param keepHttpSessionAlive Whether what a client sends keeps the HTTP session
	 * alive that it has logged in with, as requests do.
	 */
	public record Security(@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration tokenTimeout,
			@DefaultValue("true") boolean disconnectOnLogout, @DefaultValue("true") boolean keepHttpSessionAlive) {
	}

	/**
	 * Publishing by HTTP.
	 *
	 * @param enabled Whether messages can be published by HTTP, under
	 * atmosphere.websocket.path followed by /api. The application has to say who may.
	 */
	public record Api(@DefaultValue("false") boolean enabled) {
	}

	/**
	 * A page for operators, under the path of the WebSocket clients.
	 *
	 * @param enabled Whether the page is served, and this node publishes its figures for
	 * it.
	 * @param channel Channel that the nodes publish their figures in. The same on all
	 * nodes.
	 * @param subscribe Who may subscribe to that channel: an authority, authenticated,
	 * anyone, or none.
	 * @param interval Time between two messages of a node in that channel.
	 * @param home Path within the application that the page links back to. Empty for no
	 * link.
	 * @param logout Path within the application that the page's log-out button posts to,
	 * with Spring Security usually /logout. There is no button without.
	 */
	public record Console(@DefaultValue("false") boolean enabled, @DefaultValue("atmosphere/console") String channel,
			@DefaultValue("ROLE_ADMIN") ChannelAccess subscribe,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration interval, @DefaultValue("/") String home,
			@Nullable String logout) {
	}

}
