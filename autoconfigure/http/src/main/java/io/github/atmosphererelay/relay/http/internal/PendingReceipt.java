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

package io.github.atmosphererelay.relay.http.internal;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;

/**
 * A published envelope for whose acknowledgement by peers the publisher waits. Safe for
 * use by many threads.
 */
final class PendingReceipt {

	private final UUID message;

	private final long deadline;

	private final CompletableFuture<Receipt> future = new CompletableFuture<>();

	/** The peers that have not answered, and the publisher while it adds peers. */
	private final AtomicInteger open = new AtomicInteger(1);

	private volatile boolean doubtful;

	private volatile boolean sent;

	PendingReceipt(UUID message, long deadline) {
		this.message = message;
		this.deadline = deadline;
	}

	CompletableFuture<Receipt> future() {
		return this.future;
	}

	/**
	 * Wait for one more peer.
	 */
	void await() {
		this.open.incrementAndGet();
	}

	/**
	 * The envelope is in a request, and may arrive whatever becomes of the request.
	 */
	void sent() {
		this.sent = true;
	}

	/**
	 * A peer has acknowledged the envelope, or does not need it any more, or no further
	 * peer is waited for.
	 */
	void done() {
		if (this.open.decrementAndGet() == 0) {
			this.future.complete(Receipt.of(this.message, this.doubtful ? Outcome.UNCONFIRMED : Outcome.RELAYED));
		}
	}

	/**
	 * A peer is not waited for any more, although it may not have received the envelope.
	 */
	void doubtful() {
		this.doubtful = true;
		done();
	}

	boolean isDone() {
		return this.future.isDone();
	}

	boolean isOverdue(long now) {
		return now - this.deadline >= 0;
	}

	void unconfirmed() {
		this.future.complete(Receipt.of(this.message, Outcome.UNCONFIRMED));
	}

	/**
	 * The relay stops, and sends no more.
	 */
	void end() {
		if (this.sent) {
			unconfirmed();
		}
		else {
			this.future.completeExceptionally(new RelayUnavailableException(HttpRelay.NAME, null));
		}
	}

}
