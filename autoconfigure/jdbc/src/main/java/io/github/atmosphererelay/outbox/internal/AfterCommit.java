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

package io.github.atmosphererelay.outbox.internal;

import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.broadcast.internal.PendingMessage;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Sends messages that have waited in memory for a commit. Never throws, because the
 * transaction has committed already.
 */
final class AfterCommit {

	private static final Log logger = LogFactory.getLog(AfterCommit.class);

	private static final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private AfterCommit() {
	}

	static void send(List<PendingMessage> messages) {
		for (PendingMessage message : messages) {
			try {
				message.sending().get().whenComplete((receipt, ex) -> {
					if (ex != null) {
						failed(message, ex);
					}
				});
			}
			catch (Throwable ex) {
				failed(message, ex);
			}
		}
	}

	private static void failed(PendingMessage message, Throwable failure) {
		if (Failures.unwrap(failure) instanceof UnknownSessionException) {
			logger.debug("The receiver of a message is gone", failure);
			return;
		}
		failureLog.warn("A message to " + message.envelope().address().value()
				+ " could not be sent after its transaction has committed, and is lost", failure);
	}

}
