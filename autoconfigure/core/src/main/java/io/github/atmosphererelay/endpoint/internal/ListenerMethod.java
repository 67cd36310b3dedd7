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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * A listener's method, and the channel that it is called for.
 *
 * @param channel the channel's name
 * @param options where to begin
 * @param method the method
 * @param exceptions the bean's methods that handle exceptions
 * @param log the application log of the bean
 */
record ListenerMethod(String channel, ListenOptions options, EndpointMethod method, ExceptionMethods exceptions,
		RateLimitedLog log) {

	/**
	 * Return a subscriber that calls the method.
	 */
	Flow.Subscriber<ChannelItem> subscriber(ListenerSupport support) {
		return new MethodSubscriber(this, support);
	}

	/**
	 * Calls the method for one item after another.
	 */
	private static final class MethodSubscriber implements Flow.Subscriber<ChannelItem> {

		private final ListenerMethod listener;

		private final ListenerSupport support;

		private Flow.@Nullable Subscription subscription;

		MethodSubscriber(ListenerMethod listener, ListenerSupport support) {
			this.listener = listener;
			this.support = support;
		}

		@Override
		public void onSubscribe(Flow.Subscription subscription) {
			this.subscription = subscription;
			subscription.request(1);
		}

		@Override
		public void onNext(ChannelItem item) {
			if (item instanceof Publication publication) {
				call(new ListenerCall(publication, Map.of()));
			}
			else if (item instanceof Discontinuity discontinuity) {
				this.listener.log.warn("The listener " + this.listener.method
						+ " has missed messages, or may have, and goes on with those that exist: " + discontinuity);
				this.support.missed(this.listener.method.toString(), discontinuity);
				next();
			}
		}

		private void next() {
			Flow.Subscription subscription = this.subscription;
			if (subscription != null) {
				subscription.request(1);
			}
		}

		private void call(ListenerCall call) {
			try {
				complete(call, this.listener.method.invoke(call));
			}
			catch (Throwable ex) {
				failed(call, ex);
			}
		}

		private void complete(ListenerCall call, @Nullable Object result) {
			if (!(result instanceof CompletionStage<?> stage)) {
				next();
				return;
			}
			// The thread that completes the future may not be blocked
			stage.whenComplete((nothing, ex) -> {
				if (ex == null) {
					next();
				}
				else {
					this.support.execute(this, () -> failed(call, ex));
				}
			});
		}

		private void failed(ListenerCall call, Throwable failure) {
			this.support.countFailure();
			Throwable cause = EndpointFailures.unwrap(failure);
			EndpointMethod handler = this.listener.exceptions.find(cause);
			if (handler == null) {
				this.listener.log.error("The listener " + this.listener.method + " failed for a message in '"
						+ call.channel() + "'. The next message follows; this one does not come again. Correct the"
						+ " method, or add a @MessageExceptionHandler", cause);
				next();
				return;
			}
			try {
				handle(call, handler.invoke(call, EndpointFailures.causes(cause)));
			}
			catch (Throwable ex) {
				handlerFailed(handler, ex);
			}
		}

		private void handle(ListenerCall call, @Nullable Object result) {
			if (result instanceof CompletionStage<?> stage) {
				stage.whenComplete((nothing, ex) -> next());
			}
			else {
				next();
			}
		}

		private void handlerFailed(EndpointMethod handler, Throwable failure) {
			this.listener.log.error("The @MessageExceptionHandler " + handler + " of the listener "
					+ this.listener.method + " failed itself. The next message follows",
					EndpointFailures.unwrap(failure));
			next();
		}

		@Override
		public void onError(Throwable failure) {
			this.listener.log.error("The listener " + this.listener.method + " of the channel '" + this.listener.channel
					+ "' has ended, and gets no more messages until the node is restarted", failure);
		}

		@Override
		public void onComplete() {
			// The node stops. When it starts again, another subscriber begins.
		}

	}

}
