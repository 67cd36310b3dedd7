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
import java.util.regex.Pattern;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Cluster;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.DurableSessions;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Presence;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Relay;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Websocket;
import io.github.atmosphererelay.message.internal.ChannelNames;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * Checks the properties before any bean uses them. Errors name the property, and say
 * which values are allowed.
 */
final class PropertyChecks {

	private static final Pattern CLUSTER_NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

	private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9._-]{1,245}");

	private static final Pattern COOKIE_NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

	private static final Pattern EXIT = Pattern.compile("/|(/[A-Za-z0-9._~-]+)+/?");

	private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9._~-]+)+");

	private static final long MIN_CONNECTION_BUFFER = 512;

	private static final long MAX_CONNECTION_BUFFER = 1024 * 1024;

	private static final long MAX_ATTRIBUTE_SIZE = 16 * 1024;

	private PropertyChecks() {
	}

	static void check(AtmosphereProperties properties) {
		Relay relay = properties.relay();
		positive("atmosphere.streams.consumers", properties.streams().consumers());
		notNegative("atmosphere.streams.grace", properties.streams().grace());
		positive("atmosphere.streams.max-streams", properties.streams().maxStreams());
		positive("atmosphere.streams.max-streams-per-user", properties.streams().maxStreamsPerUser());
		positive("atmosphere.streams.max-keys-per-stream", properties.streams().maxKeysPerStream());
		positive("atmosphere.streams.max-keys", properties.streams().maxKeys());
		positive("atmosphere.streams.cache-bytes", properties.streams().cacheBytes());
		positive("atmosphere.streams.max-snapshot-bytes", properties.streams().maxSnapshotBytes());
		positive("atmosphere.groups.threads", properties.groups().threads());
		positive("atmosphere.groups.max-attempts", properties.groups().maxAttempts());
		notNegative("atmosphere.groups.retry-delay", properties.groups().retryDelay());
		notNegative("atmosphere.groups.max-retry-delay", properties.groups().maxRetryDelay());
		positive("atmosphere.groups.max-parked", properties.groups().maxParked());
		positive("atmosphere.groups.max-buffered", properties.groups().maxBuffered());
		positive("atmosphere.groups.max-buffered-bytes", properties.groups().maxBufferedBytes());
		positive("atmosphere.groups.inbox-retention", properties.groups().inboxRetention());
		positive("atmosphere.relay.max-message-size", relay.maxMessageSize());
		positive("atmosphere.relay.max-pending", relay.maxPending());
		positive("atmosphere.relay.publish-timeout", relay.publishTimeout());
		positive("atmosphere.relay.probe-interval", relay.probeInterval());
		positive("atmosphere.relay.probe-timeout", relay.probeTimeout());
		notNegative("atmosphere.relay.start-timeout", relay.startTimeout());
		notNegative("atmosphere.relay.unsubscribe-delay", relay.unsubscribeDelay());
		if (relay.kafka().topic() != null && !TOPIC.matcher(relay.kafka().topic()).matches()) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.relay.kafka.topic", relay.kafka().topic(),
					"It must have 1 to 245 letters, digits, dots, hyphens and underscores. The topic of recorded"
							+ " channels has the same name with '-log' after it");
		}
		if (relay.kafka().replication() < 1 && relay.kafka().replication() != -1) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.relay.kafka.replication",
					relay.kafka().replication(), "It must be positive, or -1 for the broker's default");
		}
		positive("atmosphere.relay.kafka.partitions", relay.kafka().partitions());
		positive("atmosphere.relay.kafka.retention", relay.kafka().retention());
		positive("atmosphere.relay.kafka.log-retention", relay.kafka().logRetention());
		positive("atmosphere.relay.jdbc.idle-interval", relay.jdbc().idleInterval());
		positive("atmosphere.relay.jdbc.clean-interval", relay.jdbc().cleanInterval());
		if (relay.jdbc().retention().compareTo(Duration.ofSeconds(1)) < 0) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.relay.jdbc.retention",
					relay.jdbc().retention(), "It must be at least a second");
		}
		PeerChecks.check(relay.http());
		if (relay.maxMessageSize().toBytes() > Integer.MAX_VALUE / 2) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.relay.max-message-size",
					relay.maxMessageSize(), "It must be below 1GB");
		}
		check(properties.cluster());
		check(properties.websocket(), relay.maxMessageSize());
		if (properties.centrifuge().path() != null) {
			checkPath("atmosphere.centrifuge.path", properties.centrifuge().path());
		}
		positive("atmosphere.http-streams.max-stream-age", properties.httpStreams().maxStreamAge());
		positive("atmosphere.http-streams.poll-timeout", properties.httpStreams().pollTimeout());
		positive("atmosphere.http-streams.poll-gap", properties.httpStreams().pollGap());
		check(properties.presence());
		positive("atmosphere.continuation.max-threads", properties.continuation().maxThreads());
		positive("atmosphere.endpoint.threads", properties.endpoint().threads());
		positive("atmosphere.endpoint.max-queued-per-session", properties.endpoint().maxQueuedPerSession());
		positive("atmosphere.endpoint.max-queued", properties.endpoint().maxQueued());
		positive("atmosphere.endpoint.max-queued-bytes", properties.endpoint().maxQueuedBytes());
		positive("atmosphere.endpoint.max-queued-bytes-per-session", properties.endpoint().maxQueuedBytesPerSession());
		notNegative("atmosphere.endpoint.drain-timeout", properties.endpoint().drainTimeout());
		positive("atmosphere.stomp.max-waiting", properties.stomp().maxWaiting());
		positive("atmosphere.shutdown.slice-size", properties.shutdown().sliceSize());
		positive("atmosphere.shutdown.slice-interval", properties.shutdown().sliceInterval());
		positive("atmosphere.shutdown.timeout", properties.shutdown().timeout());
		notNegative("atmosphere.limits.channels-per-session", properties.limits().channelsPerSession());
		notNegative("atmosphere.limits.sessions-per-user", properties.limits().sessionsPerUser());
		notNegative("atmosphere.limits.sessions-per-address", properties.limits().sessionsPerAddress());
		if (properties.limits().reservedConnections() != null) {
			notNegative("atmosphere.limits.reserved-connections", properties.limits().reservedConnections());
		}
		notNegative("atmosphere.limits.user-messages-per-second", properties.limits().userMessagesPerSecond());
		notNegative("atmosphere.limits.empty-channels-per-minute", properties.limits().emptyChannelsPerMinute());
		positive("atmosphere.limits.user-burst", properties.limits().userBurst());
		positive("atmosphere.recovery.max-messages", properties.recovery().maxMessages());
		positive("atmosphere.recovery.max-bytes", properties.recovery().maxBytes());
		positive("atmosphere.recovery.max-unsent", properties.recovery().maxUnsent());
		if (properties.recovery().maxUnsent().compareTo(properties.recovery().maxBytes()) < 0) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.recovery.max-unsent",
					properties.recovery().maxUnsent(), "It must be at least 'atmosphere.recovery.max-bytes', which is "
							+ properties.recovery().maxBytes());
		}
		positive("atmosphere.recovery.position-check", properties.recovery().positionCheck());
		check(properties.durableSessions());
		positive("atmosphere.outbox.max-attempts", properties.outbox().maxAttempts());
		positive("atmosphere.outbox.max-hold", properties.outbox().maxHold());
		positive("atmosphere.outbox.max-wait", properties.outbox().maxWait());
		check(properties.routing());
		positive("atmosphere.security.token-timeout", properties.security().tokenTimeout());
		Duration check = properties.security().sharedHttpSessions().checkInterval();
		if (check.compareTo(Duration.ofSeconds(1)) < 0) {
			throw new InvalidConfigurationPropertyValueException(
					"atmosphere.security.shared-http-sessions.check-interval", check, "It must be at least a second");
		}
		positive("atmosphere.console.interval", properties.console().interval());
		check("atmosphere.console.channel", properties.console().channel());
		checkExit("atmosphere.console.home", properties.console().home());
		checkExit("atmosphere.console.logout", properties.console().logout());
	}

	private static void check(Cluster cluster) {
		positive("atmosphere.cluster.heartbeat-interval", cluster.heartbeatInterval());
		positive("atmosphere.cluster.request-timeout", cluster.requestTimeout());
		if (cluster.nodeTimeout().compareTo(cluster.heartbeatInterval().multipliedBy(3)) < 0) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.cluster.node-timeout",
					cluster.nodeTimeout(), "It must be at least three times 'atmosphere.cluster.heartbeat-interval',"
							+ " which is " + cluster.heartbeatInterval());
		}
	}

	private static void check(AtmosphereProperties.Routing routing) {
		if (routing.weight() < 0 || routing.weight() > 100) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.routing.weight", routing.weight(),
					"It must be between 0 and 100");
		}
		positive("atmosphere.routing.settle-time", routing.settleTime());
		positive("atmosphere.routing.move-delay", routing.moveDelay());
		positive("atmosphere.routing.moves-per-second", routing.movesPerSecond());
		notNegative("atmosphere.routing.spread-over", routing.spreadOver());
	}

	private static void check(DurableSessions durable) {
		positive("atmosphere.durable-sessions.save-interval", durable.saveInterval());
		positive("atmosphere.durable-sessions.timeout", durable.timeout());
		positive("atmosphere.durable-sessions.max-sessions", durable.maxSessions());
		if (durable.ttl().compareTo(durable.saveInterval().multipliedBy(6)) < 0) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.durable-sessions.ttl", durable.ttl(),
					"It must be at least six times 'atmosphere.durable-sessions.save-interval', which is "
							+ durable.saveInterval());
		}
		if (!COOKIE_NAME.matcher(durable.cookieName()).matches()) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.durable-sessions.cookie-name",
					durable.cookieName(), "It must have 1 to 100 letters, digits, dots, hyphens and underscores");
		}
	}

	private static void check(Presence presence) {
		positive("atmosphere.presence.flush-interval", presence.flushInterval());
		positive("atmosphere.presence.digest-interval", presence.digestInterval());
		positive("atmosphere.presence.push-interval", presence.pushInterval());
		notNegative("atmosphere.presence.leave-delay", presence.leaveDelay());
		notNegative("atmosphere.presence.move-timeout", presence.moveTimeout());
		positive("atmosphere.presence.max-names", presence.maxNames());
		long size = presence.maxAttributeSize().toBytes();
		if (size < 0 || size > MAX_ATTRIBUTE_SIZE) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.presence.max-attribute-size",
					presence.maxAttributeSize(), "It must be between 0 and 16KB");
		}
	}

	private static void checkPath(String property, String path) {
		if (!PATH.matcher(path).matches()) {
			throw new InvalidConfigurationPropertyValueException(property, path,
					"It must consist of segments such as /ws/chat, each with a slash and letters, digits, or . _ ~ -");
		}
	}

	private static void check(Websocket websocket, DataSize carried) {
		checkPath("atmosphere.websocket.path", websocket.path());
		positive("atmosphere.websocket.max-message-size", websocket.maxMessageSize());
		if (websocket.maxMessageSize().compareTo(carried) > 0) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.websocket.max-message-size",
					websocket.maxMessageSize(),
					"It must not be above 'atmosphere.relay.max-message-size', which is " + carried);
		}
		long buffer = websocket.connectionBuffer().toBytes();
		if (buffer != 0 && (buffer < MIN_CONNECTION_BUFFER || buffer > MAX_CONNECTION_BUFFER)) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.websocket.connection-buffer",
					websocket.connectionBuffer(), "It must be 0, or between 512B and 1MB");
		}
		notNegative("atmosphere.websocket.messages-per-second", websocket.messagesPerSecond());
		positive("atmosphere.websocket.burst", websocket.burst());
		positive("atmosphere.websocket.ping-interval", websocket.pingInterval());
		positive("atmosphere.websocket.pong-timeout", websocket.pongTimeout());
		positive("atmosphere.websocket.send-timeout", websocket.sendTimeout());
		positive("atmosphere.websocket.max-stuck-writers", websocket.maxStuckWriters());
		positive("atmosphere.websocket.queue.max-messages", websocket.queue().maxMessages());
		positive("atmosphere.websocket.queue.max-bytes", websocket.queue().maxBytes());
		if (websocket.writers() < 0 || websocket.writers() > 64) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.websocket.writers", websocket.writers(),
					"It must be between 0 and 64");
		}
	}

	/**
	 * Checks a path within the application. Two slashes at the beginning would link to
	 * another host.
	 */
	private static void checkExit(String property, @Nullable String path) {
		if (path != null && !path.isEmpty() && !EXIT.matcher(path).matches()) {
			throw new InvalidConfigurationPropertyValueException(property, path,
					"It must be empty, / or segments such as /app/home, each with a slash and letters, digits, or . _ ~"
							+ " -");
		}
	}

	/**
	 * Checks the name of a single channel. A pattern could cover channels of the
	 * application.
	 */
	private static void check(String property, String channel) {
		String fault = ChannelNames.findFault(channel);
		if (fault == null && channel.chars().anyMatch((c) -> "*?{}\\".indexOf(c) >= 0)) {
			fault = "it must not be a pattern";
		}
		if (fault != null) {
			throw new InvalidConfigurationPropertyValueException(property, channel,
					"It is not a valid channel name: " + fault);
		}
	}

	static String clusterName(AtmosphereProperties properties, String applicationName) {
		String configured = properties.cluster().name();
		String name = (configured != null) ? configured : applicationName;
		if (!CLUSTER_NAME.matcher(name).matches()) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.cluster.name", name,
					((configured != null) ? "It" : "The name comes from 'spring.application.name'. It")
							+ " must have 1 to 100 letters, digits, dots, hyphens and underscores");
		}
		return name;
	}

	private static void positive(String property, long value) {
		if (value < 1) {
			throw new InvalidConfigurationPropertyValueException(property, value, "It must be positive");
		}
	}

	private static void notNegative(String property, long value) {
		if (value < 0) {
			throw new InvalidConfigurationPropertyValueException(property, value, "It must not be negative");
		}
	}

	static void positive(String property, Duration value) {
		if (value.toMillis() < 1) {
			throw new InvalidConfigurationPropertyValueException(property, value, "It must be at least a millisecond");
		}
	}

	private static void notNegative(String property, Duration value) {
		if (value.isNegative()) {
			throw new InvalidConfigurationPropertyValueException(property, value, "It must not be negative");
		}
	}

	private static void positive(String property, DataSize value) {
		if (value.toBytes() < 1) {
			throw new InvalidConfigurationPropertyValueException(property, value, "It must be positive");
		}
	}

}
