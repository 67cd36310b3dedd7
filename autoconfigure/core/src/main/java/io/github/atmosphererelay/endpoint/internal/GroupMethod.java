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

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.group.internal.GroupHandler;
import io.github.atmosphererelay.group.internal.InvalidMessageException;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupTransactionException;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.relay.LaneLostException;
import org.jspecify.annotations.Nullable;

/**
 * A listener's method that handles the messages of a group. If it throws and a
 * {@code @MessageExceptionHandler} of the bean returns for the exception, the message is
 * handled.
 */
final class GroupMethod implements GroupHandler {

	private final ChannelPattern pattern;

	private final EndpointMethod method;

	private final ExceptionMethods exceptions;

	private final ListenerSupport support;

	/**
	 * For methods whose messages are handled in transactions, and otherwise {@code null}.
	 */
	private final @Nullable GroupTransactions transactions;

	private final String group;

	GroupMethod(ChannelPattern pattern, EndpointMethod method, ExceptionMethods exceptions, ListenerSupport support,
			String group, @Nullable GroupTransactions transactions) {
		this.group = group;
		this.transactions = transactions;
		this.pattern = pattern;
		this.method = method;
		this.exceptions = exceptions;
		this.support = support;
	}

	@Override
	public String name() {
		return this.method.toString();
	}

	@Override
	public @Nullable CompletionStage<?> handle(@Nullable GroupLane lane, Publication publication) throws Throwable {
		if (this.transactions == null) {
			return handle(publication);
		}
		handleOnce(this.transactions, lane, publication);
		return null;
	}

	/**
	 * Handle a message in a transaction. If the method throws, what it has done is rolled
	 * back, and the bean may handle the exception in another transaction.
	 */
	private void handleOnce(GroupTransactions transactions, @Nullable GroupLane lane, Publication publication)
			throws Throwable {
		ListenerCall call = call(publication);
		try {
			transactions.handle(this.group, lane, publication, () -> this.method.invoke(call));
		}
		catch (LaneLostException | GroupTransactionException ex) {
			// Not the method but the database has failed
			throw ex;
		}
		catch (Throwable failure) {
			if (this.exceptions.find(EndpointFailures.unwrap(failure)) == null) {
				recover(call, failure);
				return;
			}
			transactions.handle(this.group, lane, publication, () -> {
				CompletionStage<?> stage = recover(call, failure);
				if (stage != null) {
					stage.toCompletableFuture().join();
				}
			});
		}
	}

	private ListenerCall call(Publication publication) {
		Map<String, String> variables = this.pattern.match(publication.channel());
		return new ListenerCall(publication, (variables != null) ? variables : Map.of());
	}

	@Override
	public @Nullable CompletionStage<?> handle(Publication publication) throws Throwable {
		ListenerCall call = call(publication);
		Object result;
		try {
			result = this.method.invoke(call);
		}
		catch (Throwable ex) {
			return recover(call, ex);
		}
		return (result instanceof CompletionStage<?> stage) ? recovering(call, stage) : null;
	}

	private CompletionStage<?> recovering(ListenerCall call, CompletionStage<?> stage) {
		CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
		stage.whenComplete((nothing, ex) -> {
			if (ex == null) {
				result.complete(null);
				return;
			}
			// The present thread, which has completed a future of the application, may
			// not block. Another channel does not wait for this one
			boolean[] begun = { false };
			Object key = List.of(this, call.publication().channel());
			this.support.guarded(() -> begun[0] = this.support.execute(key, () -> recover(call, ex, result)));
			if (!begun[0]) {
				result.completeExceptionally(ex);
			}
		});
		return result;
	}

	private void recover(ListenerCall call, Throwable failure, CompletableFuture<@Nullable Object> result) {
		try {
			CompletionStage<?> stage = recover(call, failure);
			if (stage == null) {
				result.complete(null);
				return;
			}
			stage.whenComplete((nothing, ex) -> {
				if (ex == null) {
					result.complete(null);
				}
				else {
					result.completeExceptionally(ex);
				}
			});
		}
		catch (Throwable ex) {
			result.completeExceptionally(ex);
		}
	}

	/**
	 * Have the bean handle an exception.
	 * @throws Throwable if it does not
	 */
	private @Nullable CompletionStage<?> recover(ListenerCall call, Throwable failure) throws Throwable {
		Throwable cause = EndpointFailures.unwrap(failure);
		EndpointMethod handler = this.exceptions.find(cause);
		if (handler != null) {
			try {
				return (handler.invoke(call, EndpointFailures.causes(cause)) instanceof CompletionStage<?> stage)
						? stage : null;
			}
			catch (Throwable ex) {
				this.support.countExceptionHandlerFailure();
				throw ex;
			}
		}
		RequestRefusedException refusal = (failure instanceof UnresolvedArgumentException)
				? EndpointFailures.refusal(failure) : null;
		if (refusal != null) {
			throw new InvalidMessageException(refusal.reason(), cause);
		}
		throw cause;
	}

}
