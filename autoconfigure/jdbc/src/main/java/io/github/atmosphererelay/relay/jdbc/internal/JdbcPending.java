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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.jdbc.internal.SqlFailures;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * A published envelope whose outcome is not known yet.
 *
 * @param envelope the envelope
 * @param encoded the encoded envelope
 * @param hurry who waits for it
 * @param deadline when its outcome has to be told, by {@link System#nanoTime()}
 * @param future the publisher's future
 */
record JdbcPending(Envelope envelope, byte[] encoded, Hurry hurry, long deadline, CompletableFuture<Receipt> future) {

	boolean isOverdue(long now) {
		return now - this.deadline >= 0;
	}

	int size() {
		return this.encoded.length;
	}

	void unconfirmed() {
		this.future.complete(Receipt.of(this.envelope.id(), Outcome.UNCONFIRMED));
	}

	/**
	 * End the wait for the outcome: the envelope was certainly not written and never will
	 * be.
	 * @param cause why not, or {@code null} if there is nothing to tell
	 */
	void unavailable(@Nullable Throwable cause) {
		this.future.completeExceptionally(new RelayUnavailableException(JdbcRelay.NAME, cause));
	}

	void refused(Throwable refusal) {
		this.future
			.completeExceptionally(RelayUnavailableException.forRefusal(JdbcRelay.NAME, SqlFailures.cause(refusal)));
	}

}
