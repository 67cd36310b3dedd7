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

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.listening.ChannelSubscriber;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.listening.SubscriberTooSlowException;
import io.github.atmosphererelay.listening.internal.InProgress;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * Calls a listener's method for one item after another, from one start of the node to the
 * next stop. Whatever fails, the next item is requested. If the stream itself fails, the
 * listener subscribes again after a pause.
 */
final class ListenerSubscriber implements Flow.Subscriber<ChannelItem>, InProgress {

	private static final Duration PAUSE = Duration.ofSeconds(1);

	private final ListenerMethod listener;

	private final ChannelSubscriber channels;

	private final ListenerSupport support;

	private volatile Flow.@Nullable Subscription subscription;

	/** The position of the last publication that the method was called for. */
	private volatile @Nullable Position position;

	/** Why messages are missing if the stream fails. */
	private volatile Discontinuity.Reason reason = Discontinuity.Reason.RELAY_GAP;

	private volatile boolean stopped;

	/** Whether the method, or what it has returned, is still at work. */
	private volatile boolean inProgress;

	ListenerSubscriber(ListenerMethod listener, ChannelSubscriber channels, ListenerSupport support) {
		this.listener = listener;
		this.channels = channels;
		this.support = support;
	}

	/**
	 * Begin to listen, after the last message that the method was called for, if that has
	 * a position.
	 */
	void subscribe() {
		Position position = this.position;
		ChannelPattern channel = this.listener.channel();
		ListenOptions options = this.listener.options();
		if (!channel.isName()) {
			this.channels.matching(channel.toString(), options).subscribe(this);
			return;
		}
		this.channels
			.publisher(channel.toString(),
					(position != null) ? ListenOptions.since(position)
						.buffer(options.bufferMessages(), options.bufferBytes())
						.overflow(options.overflow()) : options)
			.subscribe(this);
	}

	@Override
	public boolean isInProgress() {
		return this.inProgress;
	}

	private Map<String, String> variables(Publication publication) {
		Map<String, String> variables = this.listener.channel().isName() ? null
				: this.listener.channel().match(publication.channel());
		return (variables != null) ? variables : Map.of();
	}

	/**
	 * Do not subscribe again, because the node stops.
	 */
	void stop() {
		this.stopped = true;
	}

	@Override
	public void onSubscribe(Flow.Subscription subscription) {
		this.subscription = subscription;
		subscription.request(1);
	}

	@Override
	public void onNext(ChannelItem item) {
		try {
			if (item instanceof Publication publication) {
				Position position = publication.position();
				if (position != null) {
					this.position = position;
				}
				new Turn(new ListenerCall(publication, variables(publication))).begin();
			}
			else if (item instanceof Discontinuity discontinuity) {
				missed(discontinuity);
				next();
			}
		}
		catch (Throwable ex) {
			// For example, memory is short
			this.inProgress = false;
			Flow.Subscription subscription = this.subscription;
			if (subscription != null) {
				subscription.cancel();
			}
			subscribeLater(ex);
		}
	}

	private void missed(Discontinuity discontinuity) {
		this.support.guarded(() -> {
			this.support.missed(this.listener.method().toString(), discontinuity);
			this.listener.log()
				.warn("The listener " + this.listener.method()
						+ " has missed messages, or may have, and goes on with those that exist: " + discontinuity);
		});
	}

	private void next() {
		Flow.Subscription subscription = this.subscription;
		if (subscription != null) {
			subscription.request(1);
		}
	}

	@Override
	public void onError(Throwable failure) {
		subscribeLater(failure);
	}

	@Override
	public void onComplete() {
		// The node stops. When it starts again, another subscriber begins.
	}

	/**
	 * Return whether the next stream begins with what is published then.
	 */
	private boolean beginsAnew() {
		return !this.listener.channel().isName() || this.position == null && this.listener.options().isFromNow();
	}

	private void subscribeLater(Throwable failure) {
		if (this.stopped) {
			return;
		}
		this.reason = (failure instanceof SubscriberTooSlowException) ? Discontinuity.Reason.OVERFLOW
				: Discontinuity.Reason.RELAY_GAP;
		this.support.guarded(() -> {
			this.support.countRestart();
			this.listener.log()
				.error("The stream of the listener " + this.listener.method() + " of the channel '"
						+ this.listener.channel() + "' has failed. It subscribes again in a second; if the channel is"
						+ " ephemeral, or this is a pattern, it misses the messages until then", failure);
		});
		try {
			this.support.later(this::subscribeAgain, PAUSE);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
		}
	}

	private void subscribeAgain() {
		if (this.stopped) {
			return;
		}
		try {
			if (beginsAnew()) {
				// Nobody knows how many messages came since the stream has failed
				missed(new Discontinuity(this.listener.channel().toString(), this.reason, Discontinuity.UNKNOWN, null));
			}
			subscribe();
		}
		catch (Throwable ex) {
			subscribeLater(ex);
		}
	}

	/**
	 * The call of the method for one message, until the next message is requested. That
	 * happens once, whatever fails.
	 */
	private final class Turn {

		private final ListenerMethod listener = ListenerSubscriber.this.listener;

		private final ListenerSupport support = ListenerSubscriber.this.support;

		private final ListenerCall call;

		private final AtomicBoolean over = new AtomicBoolean();

		private Turn(ListenerCall call) {
			this.call = call;
		}

		private void begin() {
			ListenerSubscriber.this.inProgress = true;
			try {
				Object result = this.listener.method().invoke(this.call);
				if (result instanceof CompletionStage<?> stage) {
					stage.whenComplete((nothing, ex) -> completed(ex));
					return;
				}
			}
			catch (Throwable ex) {
				failed(ex);
				return;
			}
			end();
		}

		private void completed(@Nullable Throwable failure) {
			if (failure == null) {
				end();
			}
			else {
				elsewhere(() -> failed(failure));
			}
		}

		/**
		 * Run a task on a thread that may block. The present thread, which has completed
		 * a future of the application, may not.
		 */
		private void elsewhere(Runnable task) {
			boolean[] begun = { false };
			this.support.guarded(() -> begun[0] = this.support.execute(ListenerSubscriber.this, task));
			if (!begun[0]) {
				this.support.countFailure();
				end();
			}
		}

		private void failed(Throwable failure) {
			boolean[] handled = { false };
			this.support.guarded(() -> {
				this.support.countFailure();
				Throwable cause = EndpointFailures.unwrap(failure);
				EndpointMethod handler = this.listener.exceptions().find(cause);
				if (handler != null) {
					handled[0] = true;
					handle(handler, cause);
				}
				else {
					this.listener.log()
						.error("The listener " + this.listener.method() + " failed for a message in '"
								+ this.call.channel() + "'. The next message follows; this one does not come again."
								+ " Correct the method, or add a @MessageExceptionHandler", cause);
				}
			});
			if (!handled[0]) {
				end();
			}
		}

		private void handle(EndpointMethod handler, Throwable cause) {
			try {
				Object result = handler.invoke(this.call, EndpointFailures.causes(cause));
				if (result instanceof CompletionStage<?> stage) {
					stage.whenComplete((nothing, ex) -> handled(handler, ex));
					return;
				}
			}
			catch (Throwable ex) {
				handlerFailed(handler, ex);
				return;
			}
			end();
		}

		private void handled(EndpointMethod handler, @Nullable Throwable failure) {
			if (failure == null) {
				end();
			}
			else {
				elsewhere(() -> handlerFailed(handler, failure));
			}
		}

		private void handlerFailed(EndpointMethod handler, Throwable failure) {
			this.support.guarded(() -> {
				this.support.countExceptionHandlerFailure();
				this.listener.log()
					.error("The @MessageExceptionHandler " + handler + " of the listener " + this.listener.method()
							+ " failed itself. The next message follows", EndpointFailures.unwrap(failure));
			});
			end();
		}

		private void end() {
			if (this.over.compareAndSet(false, true)) {
				ListenerSubscriber.this.inProgress = false;
				next();
			}
		}

	}

}
