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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.time.Duration;
import java.time.Instant;

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the commands of clients. Called for one client by one thread at a time and
 * in order; blocks only as long as the application's authorizer does.
 */
final class CommandHandler {

	private static final Log logger = LogFactory.getLog(CommandHandler.class);

	/** Tokens are renewed before they expire, by clients that are told so. */
	private static final Duration MAX_MARGIN = Duration.ofSeconds(10);

	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final Duration pingInterval;

	private final TokenChecker tokens;

	private final ClientMessageReceiver messages;

	private final ReplySender replies;

	private final SubscribeRequestHandler subscriptions;

	private final ReadRequestHandler reads;

	private final ServerSubscriptions serverSide;

	/**
	 * Create requests.
	 * @param pingInterval how often clients are pinged, which they are told
	 * @param tokens checks tokens
	 * @param messages takes what clients send
	 * @param replies answers
	 * @param subscriptions lets clients into channels
	 * @param reads tells them what has been there
	 * @param serverSide what they are subscribed to without asking
	 */
	CommandHandler(Duration pingInterval, TokenChecker tokens, ClientMessageReceiver messages, ReplySender replies,
			SubscribeRequestHandler subscriptions, ReadRequestHandler reads, ServerSubscriptions serverSide) {
		this.pingInterval = pingInterval;
		this.tokens = tokens;
		this.messages = messages;
		this.replies = replies;
		this.subscriptions = subscriptions;
		this.reads = reads;
		this.serverSide = serverSide;
	}

	/**
	 * Make a session's client, before anybody else knows of the session.
	 */
	Client client(LocalSession session, Admission admission) {
		ClientSubscriber subscriber = new ClientSubscriber(this.serverSide, session);
		session.subscribeBy(subscriber);
		return new Client(session, admission, this.tokens, subscriber);
	}

	/**
	 * Let a client in.
	 * @throws RequestRefusedException if the application has failed to say where to
	 */
	void enter(Client client, Command.Connect command, @Nullable Instant expiry, @Nullable EmulatedSession emulated) {
		String id = client.session().id();
		this.serverSide.enter(client, command,
				(subscriptions) -> new Reply.Connected(id, ttl(expiry), this.pingInterval, subscriptions, emulated));
	}

	/**
	 * Return when a client is to send a new token: somewhat before the old one expires,
	 * and the session with it.
	 */
	private static @Nullable Duration ttl(@Nullable Instant expiry) {
		if (expiry == null) {
			return null;
		}
		Duration rest = Duration.between(Instant.now(), expiry);
		Duration margin = rest.dividedBy(5);
		return rest.minus((margin.compareTo(MAX_MARGIN) < 0) ? margin : MAX_MARGIN);
	}

	/**
	 * Carry out a command.
	 */
	void execute(Client client, Command command) {
		try {
			if (command instanceof Command.Subscribe subscribe) {
				this.subscriptions.subscribe(client, subscribe);
			}
			else if (command instanceof Command.Unsubscribe unsubscribe) {
				this.subscriptions.unsubscribe(client, unsubscribe);
			}
			else if (command instanceof Command.Publish publish) {
				checkUserLimit(client);
				checkData(publish.data());
				publish(client, publish);
			}
			else if (command instanceof Command.History history) {
				checkUserLimit(client);
				this.reads.history(client, history);
			}
			else if (command instanceof Command.Presence presence) {
				checkUserLimit(client);
				this.reads.presence(client, presence);
			}
			else if (command instanceof Command.PresenceStats stats) {
				checkUserLimit(client);
				this.reads.presenceStats(client, stats);
			}
			else if (command instanceof Command.Rpc rpc) {
				checkUserLimit(client);
				rpc(client, rpc);
			}
			else if (command instanceof Command.Send send) {
				checkUserLimit(client);
				checkData(send.data());
				this.messages.send(client.session(), send.data());
			}
			else if (command instanceof Command.Refresh refresh) {
				refresh(client, refresh);
			}
			else if (command instanceof Command.Ping ping) {
				this.replies.reply(client.session(), ping.id(), new Reply.Done("ping"));
			}
			else if (command instanceof Command.SubRefresh) {
				throw new RequestRefusedException(ErrorCode.NOT_AVAILABLE, ErrorCode.NOT_AVAILABLE.text());
			}
			else if (command instanceof Command.Unknown) {
				throw new RequestRefusedException(ErrorCode.METHOD_NOT_FOUND, ErrorCode.METHOD_NOT_FOUND.text());
			}
		}
		catch (RequestRefusedException ex) {
			this.replies.refuse(client.session(), command.id(), ex);
		}
		catch (RuntimeException ex) {
			this.failureLog.error("A command of a client failed", ex);
			this.replies.refuse(client.session(), command.id(),
					new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text()));
		}
	}

	private static void checkUserLimit(Client client) {
		if (!client.isWithinUserLimit()) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "the user's message rate is over the limit");
		}
	}

	private static void checkData(Payload data) {
		if (data.size() == 0) {
			throw new RequestRefusedException(ErrorCode.BAD_REQUEST, "there is no data");
		}
	}

	private void publish(Client client, Command.Publish command) {
		LocalSession session = client.session();
		try {
			this.messages.receive(session, command.channel(), command.data()).whenComplete((answer, ex) -> {
				if (ex instanceof RequestRefusedException refusal) {
					// Counted where it was refused.
					this.replies.error(session, command.id(), refusal);
					return;
				}
				this.replies.reply(session, command.id(), new Reply.Done("publish"));
				if (answer != null) {
					this.replies.push(session, new Push.Answer(command.channel(), answer));
				}
			});
		}
		catch (MessageTooLargeException ex) {
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, "the message is too large");
		}
	}

	private void rpc(Client client, Command.Rpc command) {
		LocalSession session = client.session();
		this.messages.call(session, command.method(), command.data()).whenComplete((result, ex) -> {
			if (ex instanceof RequestRefusedException refusal) {
				this.replies.error(session, command.id(), refusal);
			}
			else {
				this.replies.reply(session, command.id(), new Reply.Rpc(result));
			}
		});
	}

	/**
	 * Keep a session whose client has sent a new token.
	 */
	private void refresh(Client client, Command.Refresh command) {
		LocalSession session = client.session();
		if (!this.tokens.isEnabled()) {
			throw new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this node takes no tokens");
		}
		client.renewal().renew(command.token(), (proof) -> {
			this.replies.reply(session, command.id(), new Reply.Refreshed(session.id(), ttl(proof.expiresAt())));
			this.subscriptions.checkPermissions(client);
		}, (refusal) -> {
			if (refusal.code() == ErrorCode.UNAUTHORIZED) {
				this.replies.countRefused(refusal.code());
				session.terminate(CloseReason.INVALID_TOKEN);
			}
			else {
				this.replies.refuse(session, command.id(), refusal);
			}
		});
	}

}
