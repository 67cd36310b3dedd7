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

package io.github.atmosphererelay.relay.redis.internal;

import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import org.jspecify.annotations.Nullable;

/**
 * Distinguishes commands that were certainly not executed from those that may have been.
 * Lettuce has no exception types for that, so messages are compared. An unknown message
 * counts as "may have been executed", which is the safe side.
 *
 * @param maxPending the maximum number of pending commands, for messages
 */
record LettuceRefusals(int maxPending) {

	/**
	 * Classify a failure.
	 * @param ex the failure that Lettuce has reported
	 * @return the publisher's failure, or {@code null} if the command may have been
	 * executed
	 */
	@Nullable RelayException refusal(Throwable ex) {
		if (ex instanceof RedisCommandExecutionException) {
			// Redis answered that it has not executed the command
			return RedisAnswers.refusal(ex);
		}
		String message = ex.getMessage();
		if (ex.getClass() != RedisException.class || message == null) {
			return null;
		}
		if (message.startsWith("Currently not connected") || message.startsWith("Connection is closed")) {
			return new RelayUnavailableException(RedisRelay.NAME, ex);
		}
		if (message.startsWith("Request queue size exceeded") || message.startsWith("Command buffer size exceeded")) {
			return new RelayOverloadedException(RedisRelay.NAME, this.maxPending);
		}
		return null;
	}

}
