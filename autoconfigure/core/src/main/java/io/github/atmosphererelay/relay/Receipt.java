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

package io.github.atmosphererelay.relay;

import java.util.Objects;
import java.util.UUID;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * The result of publishing a message.
 * <p>
 * Threads: continuations of a future of the application, as returned by the
 * {@code Broadcaster}, may block. Continuations of a future that a {@link ClusterRelay}
 * returns must not, because it completes on a thread of the relay.
 *
 * @param messageId the id of the message
 * @param outcome how far the message came
 * @param position the position in the channel's log, or {@code null} if the channel is
 * ephemeral
 */
public record Receipt(UUID messageId, Outcome outcome, @Nullable Position position) {

	public Receipt {
		Objects.requireNonNull(messageId, "'messageId' must not be null");
		Objects.requireNonNull(outcome, "'outcome' must not be null");
	}

	/**
	 * Create a receipt without a position.
	 * @param messageId the id of the message
	 * @param outcome how far the message came
	 * @return the receipt
	 */
	public static Receipt of(UUID messageId, Outcome outcome) {
		return new Receipt(messageId, outcome, null);
	}

}
