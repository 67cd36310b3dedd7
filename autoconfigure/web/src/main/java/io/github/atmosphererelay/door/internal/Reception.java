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

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.door.internal.Arrival.SessionEnd;
import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import org.jspecify.annotations.Nullable;

/**
 * Creates sessions for accepted connections, and counts the connections that are refused
 * after all. Safe for use by many threads; nothing blocks.
 */
public final class Reception {

	private final NodeIdentity identity;

	private final WriterPool writers;

	private final Subscriptions subscriptions;

	private final HttpSessionRegistry httpSessions;

	private final InboundStatistics statistics;

	/**
	 * Create a reception.
	 * @param identity this node, whose id is part of the sessions' ids
	 * @param writers write to the sessions
	 * @param subscriptions disconnect sessions that end
	 * @param httpSessions the registry of the HTTP sessions that identify clients
	 * @param statistics counts refusals
	 */
	public Reception(NodeIdentity identity, WriterPool writers, Subscriptions subscriptions,
			HttpSessionRegistry httpSessions, InboundStatistics statistics) {
		this.identity = identity;
		this.writers = writers;
		this.subscriptions = subscriptions;
		this.httpSessions = httpSessions;
		this.statistics = statistics;
	}

	/**
	 * Return an id for a new session.
	 */
	String newSessionId() {
		return this.identity.newSessionId();
	}

	LocalSession open(String id, ClientProof proof, @Nullable InetSocketAddress remoteAddress,
			SessionTransport transport, Admission admission, SessionEnd end) {
		LocalSession session = this.writers.open(id, proof.principal(), remoteAddress, transport, (self, reason) -> {
			admission.end();
			this.httpSessions.ended(self);
			end.ending(self, reason);
			this.subscriptions.disconnected(self, reason);
			end.ended(self);
		});
		proof.applyTo(session);
		this.httpSessions.opened(proof, session);
		return session;
	}

	void countRefused(ErrorCode code) {
		this.statistics.countRefused(code);
	}

}
