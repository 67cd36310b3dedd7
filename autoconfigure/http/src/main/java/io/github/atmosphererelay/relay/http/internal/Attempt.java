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

import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;

/**
 * A request to a peer that is not answered yet.
 *
 * @param sentAt when it was sent, by {@link System#nanoTime()}
 * @param future cancels it, which closes its connection
 */
record Attempt(long sentAt, Future<?> future) {

	/** The HTTP client should have ended the request long before. */
	private static final long LIMIT = PeerClient.TIMEOUT.plusMillis(500).toNanos();

	void cancelIfOverdue(long now) {
		if (now - this.sentAt > LIMIT) {
			cancel(this);
		}
	}

	static void cancel(@Nullable Attempt attempt) {
		if (attempt != null) {
			attempt.future().cancel(true);
		}
	}

}
