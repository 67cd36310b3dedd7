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

package io.github.atmosphererelay.door.internal;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;

import io.github.atmosphererelay.session.internal.ClientNetwork;
import io.github.bucket4j.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * Limits the rate of messages that clients send in requests of their own, without a
 * connection. A client may send as many as over one connection: a client is a user, or an
 * address if it is anonymous. All messages of a user together are limited, too. Safe for
 * use by many threads.
 */
public final class RequestRates {

	private final ClientLimits limits;

	private final LimitedParties clients;

	/**
	 * Create rates.
	 * @param limits the limits of clients, for all doors together
	 * @param settings the settings of a connection, whose rate applies
	 */
	public RequestRates(ClientLimits limits, WebSocketSettings settings) {
		this.limits = limits;
		int rate = settings.messagesPerSecond();
		int burst = Math.max(settings.burst(), rate);
		this.clients = new LimitedParties(0,
				() -> (rate > 0) ? Bucket.builder()
					.addLimit((limit) -> limit.capacity(burst).refillGreedy(rate, Duration.ofSeconds(1)))
					.build() : null,
				burst);
	}

	/**
	 * Return whether a client may send a message now.
	 * @param address the client's address
	 * @param principal the client, or {@code null} if it is anonymous
	 * @return whether the rates allow one more message
	 */
	public boolean allows(InetSocketAddress address, @Nullable Principal principal) {
		// A user's name cannot be mistaken for an address
		String key = (principal != null) ? "user " + principal.getName() : ClientNetwork.of(address);
		Bucket bucket = (key != null) ? this.clients.visit(key) : null;
		return (bucket == null || bucket.tryConsume(1)) && this.limits.allowsMessage(principal);
	}

}
