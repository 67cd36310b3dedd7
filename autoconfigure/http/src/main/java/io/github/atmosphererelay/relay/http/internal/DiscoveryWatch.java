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
import java.util.Collection;
import java.util.LinkedHashSet;
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

	private final PeerDiscovery discovery;

	private final Duration interval;

	private final Guard guard;

	private final Consumer<Collection<URI>> found;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private final Thread thread;

	private volatile @Nullable String failure;

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
	 * Return why the last question has failed, or {@code null} if it has not.
	 */
	@Nullable String failure() {
		return this.failure;
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
			this.discovery.peers().forEach((url) -> urls.add(PeerUrls.check(url)));
			this.failure = null;
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

}
