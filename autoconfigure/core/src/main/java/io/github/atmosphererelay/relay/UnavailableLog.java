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

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * A log that cannot be read: every read fails with a given reason. Used for relays that
 * are not started, and for channels whose relay has no log.
 */
public final class UnavailableLog implements ChannelLog {

	private final Supplier<? extends RelayException> reason;

	/**
	 * Create a log that cannot be read.
	 * @param reason creates the exception with which each call fails
	 */
	public UnavailableLog(Supplier<? extends RelayException> reason) {
		this.reason = reason;
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		return CompletableFuture.failedFuture(this.reason.get());
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return CompletableFuture.failedFuture(this.reason.get());
	}

}
