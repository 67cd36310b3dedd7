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

package io.github.atmosphererelay.inbound.internal;

import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.inbound.ClientCallHandler;
import io.github.atmosphererelay.inbound.ClientMessageHandler;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.inbound.InboundInterceptor;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.security.ConfiguredAuthorizer;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Receives everything that clients send, from all doors: authorises it, and then passes
 * it to a handler or publishes it to the channel.
 */
public final class ClientMessageReceiver {

	private static final Log logger = LogFactory.getLog(ClientMessageReceiver.class);

	private final ChannelCatalog catalog;

	private final DefaultBroadcaster broadcaster;

	private final InboundStatistics statistics;

	private final ClientContext context;

	private final ApplicationFutures futures;

	private final ConfiguredAuthorizer configured;

	private final InboundExtensions extensions;

	/** Before the start, only the configured authorizer. */
	private volatile Handlers handlers;

	private final RateLimitedLog interceptorLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final RateLimitedLog authorizerLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final RateLimitedLog sendLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	/**
	 * Create a receiver.
	 * @param catalog the channels that exist
	 * @param broadcaster publishes the messages of clients
	 * @param statistics receives the counts
	 * @param context calls application code for clients
	 * @param futures runs application code on threads that may block
	 * @param extensions the handlers and interceptors of the application
	 */
	public ClientMessageReceiver(ChannelCatalog catalog, DefaultBroadcaster broadcaster, InboundStatistics statistics,
			ClientContext context, ApplicationFutures futures, InboundExtensions extensions) {
		this.context = context;
		this.catalog = catalog;
		this.broadcaster = broadcaster;
		this.statistics = statistics;
		this.futures = futures;
		this.configured = context.configuredAuthorizer(catalog, this::isHandled);
		this.extensions = extensions;
		this.handlers = new Handlers(List.of(), this.configured, List.of(), null, null);
	}

	/**
	 * Look up the handlers and interceptors of the application, so that an error in their
	 * beans fails the start and not the first message.
	 */
	public void start() {
		this.handlers = Handlers.of(this.extensions, this.context, this.configured);
	}

	/**
	 * Return the authorizer that decides by the channels' options.
	 * @return the authorizer
	 */
	public ConfiguredAuthorizer configuredAuthorizer() {
		return this.configured;
	}

	/**
	 * Return whether a handler handles a channel's messages.
	 * @param channel the channel's name
	 * @return whether messages are passed to the handler instead of being published to
	 * the channel
	 */
	public boolean isHandled(String channel) {
		return handler(channel) != null;
	}

	private @Nullable ClientMessageHandler handler(String channel) {
		for (ClientMessageHandler handler : this.handlers.messages()) {
			if (handler.handles(channel)) {
				return handler;
			}
		}
		return null;
	}

	/**
	 * Receive a message of a client. Called on the thread that has read the message, in
	 * the order of the session's messages; blocks only as long as the authorizer does.
	 * @param session the client's session
	 * @param channel the channel's name
	 * @param payload the message
	 * @return completes with an answer for the client, or {@code null} if there is none;
	 * fails with {@link RequestRefusedException} and nothing else
	 * @throws MessageTooLargeException if the message is larger than the cluster carries
	 */
	public CompletableFuture<@Nullable Payload> receive(LocalSession session, String channel, Payload payload) {
		return receive(session, channel, payload, true);
	}

	/**
	 * Receive a message of a client that is in no channel, because it has no connection:
	 * its session is there for this one message. Its client must be allowed to subscribe
	 * to the channel, as if it were in it. Called on the thread that has read the
	 * message; blocks only as long as the authorizer does.
	 * @param session the session of this message alone
	 * @param channel the channel's name
	 * @param payload the message
	 * @return as with {@link #receive(LocalSession, String, Payload)}
	 * @throws MessageTooLargeException if the message is larger than the cluster carries
	 */
	public CompletableFuture<@Nullable Payload> receiveDetached(LocalSession session, String channel, Payload payload) {
		if (this.catalog.find(channel) != null) {
			Authorization authorization = authorizeSubscribe(session.principal(), session, channel);
			if (authorization.refusal() != null) {
				return refused(new RequestRefusedException(authorization.refusal(), authorization.reason()),
						session.principal());
			}
		}
		return receive(session, channel, payload, false);
	}

	private CompletableFuture<@Nullable Payload> receive(LocalSession session, String channel, Payload payload,
			boolean subscribed) {
		ChannelOptions options = this.catalog.find(channel);
		if (options == null) {
			return refused(new RequestRefusedException(ErrorCode.UNKNOWN_CHANNEL, "there is no such channel"),
					session.principal());
		}
		Principal principal = session.principal();
		Authorization authorization = requireAuthority(options.clientPublish(), principal);
		if (authorization.isGranted()) {
			authorization = decide(principal, () -> this.handlers.authorizer().canPublish(principal, session, channel));
		}
		if (authorization.refusal() != null) {
			return refused(new RequestRefusedException(authorization.refusal(), authorization.reason()), principal);
		}
		if (subscribed && !session.isIn(channel)) {
			// For example, an operator has unsubscribed the session; handlers were
			// notified that it has left
			return refused(new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "not subscribed to this channel"),
					principal);
		}
		List<InboundInterceptor> interceptors = this.handlers.interceptors();
		return interceptors.isEmpty() ? accept(session, channel, options, payload)
				: intercept(interceptors, session, channel, options, payload);
	}

	private CompletableFuture<@Nullable Payload> intercept(List<InboundInterceptor> interceptors, LocalSession session,
			String channel, ChannelOptions options, Payload payload) {
		Payload current = payload;
		int passed = 0;
		CompletableFuture<@Nullable Payload> result;
		try {
			for (InboundInterceptor interceptor : interceptors) {
				current = Objects.requireNonNull(interceptor.preReceive(session, channel, current),
						"preReceive must return a message");
				passed++;
			}
			result = accept(session, channel, options, current);
		}
		catch (MessageTooLargeException ex) {
			complete(interceptors.subList(0, passed), session, channel, current, ex);
			throw ex;
		}
		catch (RuntimeException ex) {
			result = refusedByInterceptor(ex, session.principal());
		}
		List<InboundInterceptor> called = interceptors.subList(0, passed);
		Payload last = current;
		if (result.isDone()) {
			result.whenComplete((answer, ex) -> complete(called, session, channel, last, ex));
		}
		else {
			// The completing thread may be one that the library needs, and interceptors
			// may block
			result.whenComplete(
					(answer, ex) -> this.futures.execute(session, () -> complete(called, session, channel, last, ex)));
		}
		return result;
	}

	private void complete(List<InboundInterceptor> called, LocalSession session, String channel, Payload payload,
			@Nullable Throwable failure) {
		for (int i = called.size() - 1; i >= 0; i--) {
			try {
				called.get(i).afterReceiveCompletion(session, channel, payload, failure);
			}
			catch (RuntimeException ex) {
				this.interceptorLog.error("An InboundInterceptor failed after its message", ex);
			}
		}
	}

	private CompletableFuture<@Nullable Payload> accept(LocalSession session, String channel, ChannelOptions options,
			Payload payload) {
		ClientMessageHandler handler = handler(channel);
		this.statistics.countClientMessage(payload.size());
		if (handler != null) {
			return answer(session.principal(), () -> handler.handle(session, channel, payload));
		}
		try {
			// Outbound interceptors, too, are called in the client's security context
			CompletableFuture<Receipt> receipt = this.context.call(session.principal(),
					() -> this.broadcaster.publishFrom(session, channel, options, payload));
			return options.isRecorded() ? recorded(receipt, session.principal())
					: CompletableFuture.completedFuture(null);
		}
		catch (MessageTooLargeException ex) {
			throw ex;
		}
		catch (ReadOnlyChannelException ex) {
			return refused(new RequestRefusedException(ErrorCode.PERMISSION_DENIED,
					"this channel takes no messages from clients"), session.principal());
		}
		catch (RuntimeException ex) {
			return refusedByInterceptor(ex, session.principal());
		}
	}

	/**
	 * Return an answer that fails if the message was not recorded. Such a message reaches
	 * nobody, so its sender gets an error.
	 */
	private CompletableFuture<@Nullable Payload> recorded(CompletableFuture<Receipt> receipt,
			@Nullable Principal principal) {
		CompletableFuture<@Nullable Payload> answer = new CompletableFuture<>();
		receipt.whenComplete((known, ex) -> {
			RequestRefusedException refusal = RecordingOutcome.refusal(known, ex);
			if (refusal != null) {
				answer.completeExceptionally(refusal(refusal, principal));
			}
			else {
				answer.complete(null);
			}
		});
		return answer;
	}

	private CompletableFuture<@Nullable Payload> refusedByInterceptor(RuntimeException failure,
			@Nullable Principal principal) {
		if (this.context.refusal(failure, principal) == null) {
			this.interceptorLog.error("An interceptor failed, and the message was refused", failure);
		}
		return refused(failure, principal);
	}

	/**
	 * Answer a call of a client. Called on the thread that has read the call, in the
	 * order of the session's messages; does not block.
	 * @param session the client's session
	 * @param method the name of the called method
	 * @param payload the argument of the call
	 * @return completes with the result, or {@code null} if there is none; fails with
	 * {@link RequestRefusedException} and nothing else
	 */
	public CompletableFuture<@Nullable Payload> call(LocalSession session, String method, Payload payload) {
		ClientCallHandler handler = this.handlers.calls();
		if (handler == null) {
			return refused(new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this application takes no calls"),
					session.principal());
		}
		if (!handler.handles(method)) {
			return refused(new RequestRefusedException(ErrorCode.METHOD_NOT_FOUND, ErrorCode.METHOD_NOT_FOUND.text()),
					session.principal());
		}
		this.statistics.countClientMessage(payload.size());
		return answer(session.principal(), () -> handler.call(session, method, payload));
	}

	/**
	 * Receive a message that a client has sent to no channel and without an answer.
	 * Called on the thread that has read the message; blocks only as long as the handler
	 * does. Without a handler the message is counted as refused, and the client gets no
	 * error.
	 * @param session the client's session
	 * @param payload the message
	 */
	public void send(LocalSession session, Payload payload) {
		ClientSendHandler handler = this.handlers.sends();
		if (handler == null) {
			this.statistics.countRefused(ErrorCode.NOT_AVAILABLE);
			return;
		}
		this.statistics.countClientMessage(payload.size());
		try {
			handler.received(session, payload);
		}
		catch (RuntimeException ex) {
			RequestRefusedException refusal = this.context.refusal(ex, session.principal());
			this.statistics.countRefused((refusal != null) ? refusal.code() : ErrorCode.INTERNAL);
			if (refusal == null) {
				this.sendLog.error("The ClientSendHandler failed", ex);
			}
		}
	}

	/**
	 * Decide whether a client may subscribe to a channel.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session, or {@code null} during the handshake
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	public Authorization authorizeSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
			String channel) {
		Authorization rule = rule(principal, channel);
		return rule.isGranted()
				? decide(principal, () -> this.handlers.authorizer().canSubscribe(principal, session, channel)) : rule;
	}

	/**
	 * Decide whether a client may see the presence of a channel.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	public Authorization authorizeSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
		Authorization rule = rule(principal, channel);
		return rule.isGranted()
				? decide(principal, () -> this.handlers.authorizer().canSeePresence(principal, session, channel))
				: rule;
	}

	/**
	 * Decide what the application's authorizer cannot grant.
	 */
	private Authorization rule(@Nullable Principal principal, String channel) {
		ChannelOptions options = this.catalog.get(channel);
		Authorization rule = requireAuthority(options.subscribe(), principal);
		ChannelSource source = options.source();
		return (rule.isGranted() && source != null) ? decide(principal, () -> source.authorize(principal, channel))
				: rule;
	}

	/**
	 * Decide by a rule that names an authority. Such a rule applies in any case, so that
	 * an authorizer of the application cannot open a protected channel by mistake, such
	 * as that of the console. Other rules are replaced by the application's authorizer.
	 */
	private Authorization requireAuthority(ChannelAccess access, @Nullable Principal principal) {
		if (access.kind() != ChannelAccess.Kind.AUTHORITY) {
			return Authorization.GRANTED;
		}
		return decide(principal, () -> this.context.check(access, principal));
	}

	private Authorization decide(@Nullable Principal principal, Supplier<Authorization> decision) {
		try {
			return Objects.requireNonNull(decision.get(), "The decision must not be null");
		}
		catch (RuntimeException ex) {
			RequestRefusedException refusal = this.context.refusal(ex, principal);
			if (refusal != null) {
				return new Authorization(refusal.code(), refusal.reason());
			}
			this.authorizerLog.error("The ChannelAuthorizer failed, and the request was refused", ex);
			return new Authorization(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		}
	}

	private CompletableFuture<@Nullable Payload> answer(@Nullable Principal principal,
			Supplier<CompletableFuture<@Nullable Payload>> handling) {
		try {
			// Not a dependent future, whose exception would be wrapped in a
			// CompletionException
			CompletableFuture<@Nullable Payload> answer = new CompletableFuture<>();
			handling.get().whenComplete((reply, ex) -> {
				if (ex != null) {
					answer.completeExceptionally(refusal(ex, principal));
				}
				else {
					answer.complete(reply);
				}
			});
			return answer;
		}
		catch (RuntimeException ex) {
			return refused(ex, principal);
		}
	}

	private CompletableFuture<@Nullable Payload> refused(Throwable failure, @Nullable Principal principal) {
		return CompletableFuture.failedFuture(refusal(failure, principal));
	}

	private RequestRefusedException refusal(Throwable failure, @Nullable Principal principal) {
		RequestRefusedException known = this.context.refusal(failure, principal);
		RequestRefusedException refusal = (known != null) ? known
				: new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		this.statistics.countRefused(refusal.code());
		return refusal;
	}

}
