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

package io.github.atmosphererelay.endpoint.internal;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.endpoint.Disconnect;
import io.github.atmosphererelay.endpoint.Ready;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.DisconnectReason.Initiator;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Calls the {@link Ready} and {@link Disconnect} methods once for each session in a
 * channel: {@code @Ready} before the session's messages are handled, {@code @Disconnect}
 * after them.
 */
final class SessionFollower implements SubscriptionListener {

	private static final Log logger = LogFactory.getLog(SessionFollower.class);

	private static final int NORMAL_CLOSURE = 1000;

	private final EndpointCatalog endpoints;

	private final EndpointCaller calls;

	private final EndpointSupport support;

	private final SessionLanes lanes;

	private final HandlerStatistics statistics;

	/**
	 * For each subscription, completes when the relay has confirmed it, with {@code null}
	 * if the session left before.
	 */
	private final Map<Subscription, CompletableFuture<@Nullable SubscriptionState>> members = new ConcurrentHashMap<>();

	SessionFollower(EndpointCatalog endpoints, EndpointCaller calls, EndpointSupport support, SessionLanes lanes,
			HandlerStatistics statistics) {
		this.endpoints = endpoints;
		this.calls = calls;
		this.support = support;
		this.lanes = lanes;
		this.statistics = statistics;
	}

	@Override
	public void subscribed(Subscription subscription) {
		LocalSession session = subscription.session();
		String channel = subscription.channel();
		EndpointMatch match = this.endpoints.match(channel);
		if (match == null || !match.endpoint().followsSessions()) {
			return;
		}
		if (!this.lanes.hasRoom()) {
			// The call of @Disconnect cannot be refused later, so the session is closed
			// now.
			this.statistics.countRejected();
			session.close(CloseReason.OVERLOADED);
			return;
		}
		CompletableFuture<@Nullable SubscriptionState> confirmed = new CompletableFuture<>();
		this.members.put(subscription, confirmed);
		EndpointMethod method = match.endpoint().ready();
		if (method != null) {
			// The first task occupies the session's lane, without a thread, until the
			// relay has confirmed.
			this.lanes.add(session.id(), () -> confirmed);
			this.lanes.add(session.id(), () -> {
				SubscriptionState state = confirmed.getNow(null);
				return (state != null) ? call(method, Call.ready(match, session, channel, state)) : Task.DONE;
			});
		}
	}

	@Override
	public void ready(Subscription subscription, SubscriptionState state) {
		CompletableFuture<@Nullable SubscriptionState> confirmed = this.members.get(subscription);
		if (confirmed != null) {
			confirmed.complete(state);
		}
	}

	@Override
	public void unsubscribed(Subscription subscription) {
		CompletableFuture<@Nullable SubscriptionState> confirmed = this.members.remove(subscription);
		if (confirmed == null) {
			return;
		}
		LocalSession session = subscription.session();
		String channel = subscription.channel();
		confirmed.complete(null);
		EndpointMatch match = this.endpoints.match(channel);
		EndpointMethod method = (match != null) ? match.endpoint().disconnect() : null;
		if (match != null && method != null) {
			DisconnectReason end = session.end();
			DisconnectReason reason = (end != null) ? end
					: new DisconnectReason(Initiator.CLIENT, NORMAL_CLOSURE, "unsubscribed");
			this.lanes.add(session.id(), () -> call(method, Call.disconnect(match, session, channel, reason)));
		}
	}

	private CompletionStage<?> call(EndpointMethod method, Call call) {
		return this.calls.call(method, call).handle((answer, ex) -> {
			if (ex != null) {
				logger.debug("A @Ready or @Disconnect method failed", ex);
			}
			else if (answer.reply() != null) {
				reply(call, answer.reply());
			}
			return null;
		});
	}

	private void reply(Call call, Payload reply) {
		if (call.session().isOpen()) {
			this.support.broadcaster().toSession(call.session().id(), reply);
		}
	}

}
