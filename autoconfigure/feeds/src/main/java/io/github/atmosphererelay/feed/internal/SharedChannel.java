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

package io.github.atmosphererelay.feed.internal;

import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * A channel that this node wants from redistributors, from one subscription to its end.
 */
final class SharedChannel {

	/** The version of a channel that was not published yet. */
	static final long UNPUBLISHED = Long.MAX_VALUE;

	private final String name;

	private final CompletableFuture<@Nullable Void> arrives = new CompletableFuture<>();

	/** The version of this node's interest from which on it has the channel. */
	private volatile long added = UNPUBLISHED;

	SharedChannel(String name) {
		this.name = name;
	}

	String name() {
		return this.name;
	}

	long added() {
		return this.added;
	}

	void added(long version) {
		this.added = version;
	}

	/**
	 * Return what completes when every record from now on arrives.
	 */
	CompletableFuture<@Nullable Void> arrives() {
		return this.arrives;
	}

}
