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

package io.github.atmosphererelay.gateway;

import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.util.unit.DataSize;

/**
 * Properties of the gateway. Not for instantiation by applications.
 *
 * @param service Name of the service whose instances are the nodes, as in lb://chat.
 * Without it the gateway places nobody.
 * @param userFrom Comma-separated list of where the gateway finds the user who is placed,
 * the first that has one counts: principal, header:NAME, cookie:NAME, path:VARIABLE or
 * claim:NAME. Headers are removed before a request is forwarded. Default is principal and
 * claim:sub.
 * @param channelFrom Comma-separated list of where the gateway finds the channel by which
 * a client is placed if channels are placed, the first that has one counts: query:NAME or
 * path:VARIABLE.
 * @param maxMessageSize Maximum size of a WebSocket message in either direction.
 * @param maxHeld Maximum size of all messages together that wait to be forwarded, beyond
 * what each WebSocket may hold by itself. When it is reached, large messages are not read
 * until others have been forwarded. Default is a quarter of the direct memory that the
 * JVM permits, at most 128MB, and at least 1MB and twice max-message-size.
 * @param handshakeTimeout Time within which a node has to accept or refuse a WebSocket.
 * @param idleTimeout Time without a frame in either direction after which a WebSocket is
 * closed. Must be longer than the nodes' ping interval. With 0 it is never closed.
 * @param messageTimeout Time within which a message has to be read and forwarded while
 * others wait because max-held is reached. Then its WebSocket is closed.
 * @param sendTimeout Time within which a client has to take some of the bytes that wait
 * for it. After that its WebSocket is closed.
 * @param lookup Answers to clients that ask for their node.
 * @param ring From where the gateway has the ring.
 */
@ConfigurationProperties("atmosphere.gateway")
public record AtmosphereGatewayProperties(@Nullable String service, @Nullable List<String> userFrom,
		@DefaultValue("query:channel") List<String> channelFrom, @DefaultValue("16MB") DataSize maxMessageSize,
		@Nullable DataSize maxHeld, @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration handshakeTimeout,
		@DefaultValue("90s") @DurationUnit(ChronoUnit.SECONDS) Duration idleTimeout,
		@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration messageTimeout,
		@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration sendTimeout, @DefaultValue Lookup lookup,
		@DefaultValue Ring ring) {

	private static final List<String> USER_FROM = List.of("principal", "claim:sub");

	public AtmosphereGatewayProperties {
		userFrom = (userFrom != null) ? List.copyOf(userFrom) : USER_FROM;
		channelFrom = List.copyOf(channelFrom);
	}

	@Override
	public List<String> userFrom() {
		return (this.userFrom != null) ? this.userFrom : USER_FROM;
	}

	/**
	 * Answers to clients that ask for their node.
	 *
	 * @param enabled Whether the gateway tells a client its node.
	 * @param path Path of the request.
	 * @param direct Whether clients open their sockets at the node's own address, with a
	 * ticket, instead of at the gateway. Needs a gateway that is a member of the cluster.
	 */
	public record Lookup(@DefaultValue("false") boolean enabled, @DefaultValue("/atmosphere/api/route") String path,
			@DefaultValue("false") boolean direct) {
	}

	/**
	 * From where the gateway has the ring.
	 *
	 * @param source How the gateway follows the ring: as a member of the cluster, from
	 * the copy in Redis, from the nodes by HTTP, or not at all. Default is member if this
	 * application is one.
	 * @param urls Comma-separated addresses of nodes from which the ring is read by HTTP.
	 * Default are the instances of the service.
	 * @param path Path of the ring at the nodes.
	 * @param authorization Value of the Authorization header with which the ring is read
	 * by HTTP, such as Basic and the credentials.
	 * @param sslBundle SSL bundle with which the ring is read by HTTPS. Default is the
	 * platform's trust.
	 * @param pollInterval Time between two readings by HTTP.
	 */
	public record Ring(@Nullable RingFollowing source, @DefaultValue List<URI> urls,
			@DefaultValue("/atmosphere/api/ring") String path, @Nullable String authorization,
			@Nullable String sslBundle, @DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration pollInterval) {

		public Ring {
			urls = List.copyOf(urls);
		}

	}

}
