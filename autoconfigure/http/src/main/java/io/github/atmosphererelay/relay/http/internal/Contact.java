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

import java.net.URI;
import java.time.Duration;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A URL at which a peer may be found. Which one it is, only the answer to a request
 * tells: it may be this node itself, or a peer that is known under another URL. Changed
 * by the thread of {@link PeerLoop}; the volatile fields are shown to operators.
 */
final class Contact {

	/** After so long without an answer nobody is expected to be there soon. */
	private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

	private final URI url;

	/** Whether discovery knows it; otherwise a peer has told it. */
	boolean listed;

	/** Whether discovery has known it, and knows it no longer. */
	boolean delisted;

	/** Whether it leads to this node. */
	volatile boolean self;

	/** The peer to which it leads, as far as is known. */
	volatile @Nullable UUID peer;

	/** Whether the last peer there has said that it leaves. */
	volatile boolean left;

	@Nullable Attempt attempt;

	volatile @Nullable String failure;

	int failures;

	long nextAt = System.nanoTime();

	private long triedSince;

	private boolean tried;

	Contact(URI url) {
		this.url = url;
	}

	URI url() {
		return this.url;
	}

	void attempted(long now) {
		if (!this.tried) {
			this.tried = true;
			this.triedSince = now;
		}
	}

	/**
	 * Return whether it is known who is there, or that nobody is any more, or has been
	 * tried for long enough.
	 */
	boolean isSettled(long now) {
		return this.self || this.peer != null || this.left || (this.tried && now - this.triedSince >= PATIENCE_NANOS);
	}

	/**
	 * Return whether another node should be there.
	 */
	boolean isExpected() {
		return this.listed && !this.self && !this.left;
	}

}
