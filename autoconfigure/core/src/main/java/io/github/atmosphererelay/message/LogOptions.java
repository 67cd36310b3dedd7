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

package io.github.atmosphererelay.message;

import java.time.Duration;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * How an envelope of a recorded channel is recorded. The options are part of the
 * envelope, so that nodes with different configuration agree.
 *
 * @param size the maximum number of publications that the log keeps
 * @param retention how long the log keeps a publication
 * @param idempotencyKey the publisher's key: of several envelopes with the same key only
 * the first one is appended; {@code null} if there is none
 * @param idempotencyWindow how long an idempotency key is remembered
 */
public record LogOptions(int size, Duration retention, @Nullable String idempotencyKey, Duration idempotencyWindow) {

	public LogOptions {
		Objects.requireNonNull(retention, "'retention' must not be null");
		if (size < 1) {
			throw new IllegalArgumentException("'size' must be positive");
		}
		if (retention.isNegative() || retention.isZero()) {
			throw new IllegalArgumentException("'retention' must be positive");
		}
		Objects.requireNonNull(idempotencyWindow, "'idempotencyWindow' must not be null");
		if (idempotencyWindow.isNegative() || idempotencyWindow.isZero()) {
			throw new IllegalArgumentException("'idempotencyWindow' must be positive");
		}
	}

}
