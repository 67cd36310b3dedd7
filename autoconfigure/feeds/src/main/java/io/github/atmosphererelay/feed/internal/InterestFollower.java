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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.guard.Guard;
import org.jspecify.annotations.Nullable;

/**
 * Follows the interests in Redis for one listener: by the notices, and by comparing
 * versions, because notices may be lost. Used by one thread.
 */
final class InterestFollower {

	/**
	 * For so long an interest may be missing in Redis. A Redis that was restarted without
	 * its data gets it again from its node within seconds.
	 */
	private static final long MISSING_NANOS = TimeUnit.SECONDS.toNanos(30);

	private final CachedInterests interests;

	private final BackChannel.Listener listener;

	private final Guard guard;

	private final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();

	private final Map<InterestKey, Known> known = new HashMap<>();

	InterestFollower(CachedInterests interests, BackChannel.Listener listener, Guard guard) {
		this.interests = interests;
		this.listener = listener;
		this.guard = guard;
	}

	/**
	 * Completes when the listener knows all that was published before it was added.
	 */
	CompletableFuture<@Nullable Void> ready() {
		return this.ready;
	}

	/**
	 * Compare what the listener knows with what Redis has. Blocks.
	 */
	void compare() {
		Map<InterestKey, Long> versions = this.interests.versions();
		versions.forEach((key, version) -> {
			Known known = this.known.get(key);
			if (known == null || known.version < version) {
				read(key);
			}
			else {
				known.missingSince = null;
			}
		});
		expire(versions.keySet());
		this.ready.complete(null);
	}

	private void expire(Set<InterestKey> present) {
		long now = System.nanoTime();
		Set<UUID> gone = new HashSet<>();
		this.known.forEach((key, known) -> {
			if (!present.contains(key)) {
				known.missingSince = (known.missingSince != null) ? known.missingSince : now;
				if (now - known.missingSince > MISSING_NANOS) {
					gone.add(key.node());
				}
			}
		});
		present.forEach((key) -> gone.remove(key.node()));
		gone.forEach(this::forgotten);
	}

	/**
	 * Take a notice. Blocks if it has to read an interest.
	 */
	void notice(InterestNotice notice) {
		if (notice instanceof InterestNotice.Changed changed) {
			changed(changed.change());
		}
		else if (notice instanceof InterestNotice.Replaced replaced) {
			InterestKey key = new InterestKey(replaced.node(), replaced.feed());
			Known known = this.known.get(key);
			if (known == null || known.version < replaced.version()) {
				read(key);
			}
		}
		else {
			forgotten(notice.node());
		}
	}

	private void changed(InterestChange change) {
		InterestKey key = new InterestKey(change.node(), change.feed());
		Known known = this.known.get(key);
		long before = (known != null) ? known.version : 0;
		if (change.version() == before + 1) {
			know(key, change.version());
			this.guard.run(() -> this.listener.changed(change));
		}
		else if (change.version() > before) {
			read(key);
		}
	}

	private void read(InterestKey key) {
		CachedInterests.Interest interest = this.interests.read(key);
		Known known = this.known.get(key);
		if (interest != null && (known == null || known.version < interest.version())) {
			know(key, interest.version());
			this.guard
				.run(() -> this.listener.replaced(key.feed(), key.node(), interest.version(), interest.channels()));
		}
	}

	private void know(InterestKey key, long version) {
		this.known.put(key, new Known(version));
	}

	private void forgotten(UUID node) {
		List<InterestKey> keys = new ArrayList<>(this.known.keySet());
		keys.removeIf((key) -> !key.node().equals(node));
		if (!keys.isEmpty()) {
			keys.forEach(this.known::remove);
			this.guard.run(() -> this.listener.forgotten(node));
		}
	}

	/**
	 * The newest version that the listener has.
	 */
	private static final class Known {

		private final long version;

		/** Since when Redis does not have it, by {@link System#nanoTime()}. */
		private @Nullable Long missingSince;

		Known(long version) {
			this.version = version;
		}

	}

}
