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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.subscription.log.internal.LogFollower;
import org.jspecify.annotations.Nullable;

/**
 * Waits, without a thread, until this node follows a recorded channel and knows the end
 * of its log. That takes as long as the broker is away.
 */
final class LogPlacement {

	private static final Duration CONFIRMATION = Duration.ofSeconds(10);

	private static final Duration RETRY = Duration.ofSeconds(1);

	private final String channel;

	private final ListeningContext context;

	private final BooleanSupplier closed;

	private final Runnable renew;

	private final Consumer<Position> placed;

	/**
	 * Create an instance.
	 * @param closed returns whether to wait no longer
	 * @param renew follows the channel again, if the relay has refused that
	 * @param placed receives the position up to which this node has delivered the
	 * channel; called once, on any thread; does not block
	 */
	LogPlacement(String channel, ListeningContext context, BooleanSupplier closed, Runnable renew,
			Consumer<Position> placed) {
		this.channel = channel;
		this.context = context;
		this.closed = closed;
		this.renew = renew;
		this.placed = placed;
	}

	void await() {
		if (this.closed.getAsBoolean()) {
			return;
		}
		if (!this.context.guard().run(this::ask)) {
			retry();
		}
	}

	private void ask() {
		this.context.interest()
			.ready(new Address.Channel(this.channel), CONFIRMATION)
			.thenCompose(this::delivered)
			.whenComplete((delivered, ex) -> {
				if (ex != null) {
					this.context.guard().failed(ex);
				}
				if (delivered != null) {
					this.context.guard().run(() -> this.placed.accept(delivered));
				}
				else {
					retry();
				}
			});
	}

	/**
	 * Return the position up to which the node has delivered the channel.
	 * @return completes with the position, or with {@code null} to try again
	 */
	private CompletableFuture<@Nullable Position> delivered(SubscriptionState state) {
		LogFollower follower = this.context.followers().find(this.channel);
		if (state != SubscriptionState.CONFIRMED || follower == null) {
			return CompletableFuture.completedFuture(null);
		}
		return follower.placed(CONFIRMATION).thenApply((placed) -> placed ? follower.delivered() : null);
	}

	private void retry() {
		if (this.closed.getAsBoolean()) {
			return;
		}
		this.context.statistics().countFailedRead();
		try {
			this.context.later(this::again, RETRY);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
		}
	}

	private void again() {
		if (!this.closed.getAsBoolean()) {
			this.context.guard().run(this.renew);
		}
		await();
	}

}
