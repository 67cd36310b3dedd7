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

package io.github.atmosphererelay.subscription.log.internal;

import java.util.Objects;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * A subscription that is answered before anything else of its channel is queued for the
 * session, and that knows positions where the channel has them.
 *
 * @param recover whether the client asks for what it has missed
 * @param since the position after which it has missed everything; {@code null} if it asks
 * for nothing or has none
 * @param subscriber answers the client, and hears of what becomes of the subscription
 */
public record SubscribeRequest(boolean recover, @Nullable Position since, Subscriber subscriber) {

	public SubscribeRequest {
		Objects.requireNonNull(subscriber, "'subscriber' must not be null");
	}

	/**
	 * Create a request of somebody who need not hear of the subscription's end.
	 * @param recover whether the client asks for what it has missed
	 * @param since the position after which it has missed everything, or {@code null}
	 * @param answer does what {@link Subscriber#answer} says
	 * @param lost does what {@link Subscriber#lost} says
	 */
	public SubscribeRequest(boolean recover, @Nullable Position since, Consumer<Subscribed> answer, Runnable lost) {
		this(recover, since, new Subscriber() {

			@Override
			public void answer(Subscribed result) {
				answer.accept(result);
			}

			@Override
			public void lost() {
				lost.run();
			}

		});
	}

}
