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

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.endpoint.Outbound;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.security.internal.ClientContext;
import org.jspecify.annotations.Nullable;

/**
 * Calls methods of endpoints, sends the messages that they return, and handles their
 * exceptions.
 */
final class EndpointCaller {

	private final ChannelCatalog catalog;

	private final EndpointSupport support;

	private final HandlerStatistics statistics;

	private final SessionLanes lanes;

	private final ClientContext context;

	EndpointCaller(ChannelCatalog catalog, EndpointSupport support, HandlerStatistics statistics, SessionLanes lanes,
			ClientContext context) {
		this.context = context;
		this.catalog = catalog;
		this.support = support;
		this.statistics = statistics;
		this.lanes = lanes;
	}

	/**
	 * Call a method on the current thread. If it returns a future, no thread waits for
	 * that.
	 * @return completes with the answer, whose reply is {@code null} if there is none;
	 * fails only with {@link RequestRefusedException}
	 */
	CompletableFuture<Answer> call(EndpointMethod method, Call call) {
		return call(method, call, false);
	}

	/**
	 * Call a method whose return value is the reply to the session.
	 * @return completes with the answer; fails only with {@link RequestRefusedException}
	 */
	CompletableFuture<Answer> answer(EndpointMethod method, Call call) {
		return call(method, call, true);
	}

	private CompletableFuture<Answer> call(EndpointMethod method, Call call, boolean toSender) {
		long begin = this.statistics.begin();
		CompletableFuture<Answer> answer = new CompletableFuture<>();
		// Conversion, validation and interceptors run in the client's security context,
		// too.
		this.context.run(call.session().principal(), () -> invoke(method, call, toSender, answer));
		answer.whenComplete((payload, ex) -> this.statistics.end(begin));
		return answer;
	}

	private void invoke(EndpointMethod method, Call call, boolean toSender, CompletableFuture<Answer> answer,
			Object... provided) {
		try {
			Object value = method.invoke(call, provided);
			if (value instanceof CompletionStage<?> stage) {
				// The thread that completes the future may not be blocked, so continue
				// on a thread that may.
				stage.whenComplete(
						(result, ex) -> this.lanes.execute(() -> this.context.run(call.session().principal(), () -> {
							if (ex != null) {
								failed(method, call, toSender, answer, ex);
							}
							else {
								returned(method, call, toSender, answer, result);
							}
						})));
				return;
			}
			returned(method, call, toSender, answer, value);
		}
		catch (Throwable ex) {
			failed(method, call, toSender, answer, ex);
		}
	}

	private void returned(EndpointMethod method, Call call, boolean toSender, CompletableFuture<Answer> answer,
			@Nullable Object value) {
		Answer result;
		try {
			result = send(method, call, toSender, value);
		}
		catch (Throwable ex) {
			failed(method, call, toSender, answer, ex);
			return;
		}
		answer.complete(result);
	}

	private Answer send(EndpointMethod method, Call call, boolean toSender, @Nullable Object value) {
		Object result = (value instanceof Optional<?> optional) ? optional.orElse(null) : value;
		if (result == null) {
			return Answer.NONE;
		}
		Broadcaster broadcaster = this.support.broadcaster();
		if (result instanceof Outbound.Reply reply) {
			return Answer.of(method.encode(reply.payload(), this.support.encoder()));
		}
		if (result instanceof Outbound.ToUser toUser) {
			broadcaster.toUser(toUser.user(), method.encode(toUser.payload()));
			return Answer.NONE;
		}
		if (result instanceof Outbound.Broadcast broadcast) {
			return broadcast(method, call, broadcast.payload(), broadcast.isExceptSender());
		}
		if (toSender) {
			return Answer.of(method.encode(result, this.support.encoder()));
		}
		return broadcast(method, call, result, false);
	}

	private Answer broadcast(EndpointMethod method, Call call, Object payload, boolean exceptSender) {
		if (call.channel().isEmpty()) {
			throw new IllegalStateException("The @Rpc method " + method
					+ " returned Outbound.broadcast, but a call belongs to no channel. Return the result or"
					+ " Outbound.reply, and use Broadcaster.broadcast with a channel's name");
		}
		ChannelOptions options = this.catalog.get(call.channel());
		CompletableFuture<Receipt> receipt = this.support.broadcaster()
			.broadcast(call.channel(), method.encode(payload), (exceptSender || !options.echo())
					? PublishOptions.DEFAULTS.exceptSession(call.session().id()) : PublishOptions.DEFAULTS);
		// For ephemeral channels the outcome is only counted. For recorded channels the
		// sender learns whether its message was recorded.
		return options.isRecorded() ? new Answer(null, ApplicationFutures.stage(receipt)) : Answer.NONE;
	}

	private void failed(EndpointMethod method, Call call, boolean handled, CompletableFuture<Answer> answer,
			Throwable failure) {
		EndpointMethod handler = handled ? null : call.endpoint().exceptions().find(EndpointFailures.unwrap(failure));
		if (handler != null) {
			invoke(handler, call, true, answer, EndpointFailures.causes(EndpointFailures.unwrap(failure)));
			return;
		}
		RequestRefusedException refusal = EndpointFailures.refusal(failure);
		if (refusal == null) {
			refusal = this.context.refusal(EndpointFailures.unwrap(failure), call.session().principal());
		}
		if (refusal == null) {
			this.statistics.countFailure();
			call.endpoint()
				.log()
				.error("The method " + method + " of the endpoint '" + call.endpoint().beanName()
						+ "' threw an exception. The client got an internal error. Correct the method, or throw a"
						+ " RequestRefusedException to give the client a reason", EndpointFailures.unwrap(failure));
			refusal = new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		}
		answer.completeExceptionally(refusal);
	}

}
