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
 * A client's request to subscribe with positions. It is answered before any message of
 * the channel is queued for the session. If the channel is ephemeral, there are no
 * positions.
 *
 * @param recover whether the client wants to recover
 * @param since the position from which to recover: the client has received everything up
 * to it; {@code null} if the client does not recover or has no position
 * @param offset the offset from which to recover in the log as it is now, whatever its
 * epoch; {@code null} if there is a position, or the client does not recover
 * @param subscriber answers the client, and is notified about the subscription
 */
public record SubscribeRequest(boolean recover, @Nullable Position since, @Nullable Long offset,
		Subscriber subscriber) {

	public SubscribeRequest {
		Objects.requireNonNull(subscriber, "'subscriber' must not be null");
		if (since != null && offset != null) {
			throw new IllegalArgumentException("There is either a position or an offset");
		}
	}

	/**
	 * Create a request without an offset.
	 * @param recover whether the client wants to recover
	 * @param since the position from which to recover, or {@code null}
	 * @param subscriber answers the client, and is notified about the subscription
	 */
	public SubscribeRequest(boolean recover, @Nullable Position since, Subscriber subscriber) {
		this(recover, since, null, subscriber);
	}

	/**
	 * Create a request without a listener for the subscription's end.
	 * @param recover whether the client wants to recover
	 * @param since the position from which to recover, or {@code null}
	 * @param answer the implementation of {@link Subscriber#answer}
	 * @param lost the implementation of {@link Subscriber#lost}
	 */
	public SubscribeRequest(boolean recover, @Nullable Position since, Consumer<Subscribed> answer, Runnable lost) {
		this(recover, since, null, new Subscriber() {

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

	/**
	 * Return whether the log has to be read for the client.
	 * @return whether there is a position or an offset from which to recover
	 */
	boolean readsLog() {
		return this.since != null || this.offset != null;
	}

}
