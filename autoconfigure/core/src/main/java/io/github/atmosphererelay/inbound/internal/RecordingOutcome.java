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

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import org.jspecify.annotations.Nullable;

/**
 * Translates the result of publishing a client's message to a recorded channel into an
 * error for the client. A message that is not in the log reaches nobody, so its sender
 * has to get an error.
 */
public final class RecordingOutcome {

	private RecordingOutcome() {
	}

	/**
	 * Return the error for the client.
	 * @param receipt the message's receipt, or {@code null} if publishing has failed
	 * @param failure the exception of publishing, or {@code null}
	 * @return the refusal for the client, or {@code null} if the message was recorded
	 */
	public static @Nullable RequestRefusedException refusal(@Nullable Receipt receipt, @Nullable Throwable failure) {
		if (failure != null) {
			return (Failures.unwrap(failure) instanceof RelayOverloadedException)
					? new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too many messages wait for the broker")
					: new RequestRefusedException(ErrorCode.INTERNAL, "the message could not be recorded, try again");
		}
		return (receipt != null && receipt.outcome() == Outcome.UNCONFIRMED)
				? new RequestRefusedException(ErrorCode.INTERNAL, "it is not known whether the message was recorded")
				: null;
	}

}
