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
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks discovery for the peers again and again, on a thread of its own, because it may
 * block. While discovery fails or hangs, the last result stays valid.
 */
final class DiscoveryWatch {

	private static final Log logger = LogFactory.getLog(DiscoveryWatch.class);

	private static final int MAX_NAMED = 10;

	private final PeerDiscovery discovery;

	private final Duration interval;

	private final Guard guard;

	private final Consumer<Collection<URI>> found;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private final Thread thread;

	private volatile @Nullable String failure;

	/** When discovery has last answered, or {@code null} if it has not. */
	private volatile @Nullable Long answeredAt;

	DiscoveryWatch(PeerDiscovery discovery, Duration interval, Guard guard, Consumer<Collection<URI>> found) {
		this.discovery = discovery;
		this.interval = interval;
		this.guard = guard;
		this.found = found;
		this.thread = Threads.factory("http-discovery").newThread(this::run);
	}

	void start() {
		this.thread.start();
	}

	/**
	 * End. Does not wait for discovery, which may hang.
	 */
	void stop() {
		this.stopped.countDown();
		this.thread.interrupt();
	}

	/**
	 * Return why the last question has failed, or which URLs of its answer cannot be
	 * used; {@code null} if nothing is wrong.
	 */
	@Nullable String failure() {
		return this.failure;
	}

	/**
	 * Return how old the last answer is, or {@code null} if there is none.
	 */
	@Nullable Duration age() {
		Long answeredAt = this.answeredAt;
		return (answeredAt != null) ? Duration.ofNanos(System.nanoTime() - answeredAt) : null;
	}

	private void run() {
		this.guard.loop(() -> this.stopped.getCount() > 0, () -> {
			ask();
			this.stopped.await(this.interval.toMillis(), TimeUnit.MILLISECONDS);
		});
	}

	private void ask() {
		try {
			Set<URI> urls = new LinkedHashSet<>();
			List<String> unusable = new ArrayList<>();
			for (URI url : this.discovery.peers()) {
				try {
					urls.add(PeerUrls.check(url));
				}
				catch (IllegalArgumentException ex) {
					unusable.add(url + ": " + ex.getMessage());
				}
			}
			if (urls.isEmpty() && !unusable.isEmpty()) {
				throw new IllegalStateException("No URL can be used: " + unusable);
			}
			report(unusable);
			this.answeredAt = System.nanoTime();
			if (this.stopped.getCount() > 0) {
				this.found.accept(urls);
			}
		}
		catch (Exception ex) {
			if (this.failure == null && this.stopped.getCount() > 0) {
				logger.warn("Discovery has failed, and the http relay keeps the peers that it knows: " + ex);
			}
			this.failure = ex.toString();
		}
	}

	private void report(List<String> unusable) {
		String failure = unusable.isEmpty() ? null
				: "left out: " + unusable.subList(0, Math.min(MAX_NAMED, unusable.size()));
		if (failure != null && !failure.equals(this.failure)) {
			logger.warn("The http relay cannot use each URL that discovery has found, " + failure);
		}
		this.failure = failure;
	}

}
