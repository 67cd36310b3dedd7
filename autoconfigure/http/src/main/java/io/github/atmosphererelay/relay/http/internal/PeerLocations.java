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
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * Knows which node is at which of the discovered URLs, by asking there. Safe for use by
 * many threads; does not block.
 */
final class PeerLocations {

	/** So often at most a URL is asked who is there. */
	private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

	private static final int MAX_URLS = 1024;

	private final Function<URI, CompletableFuture<PeerClient.Reply>> question;

	private final Map<UUID, URI> nodes = new HashMap<>();

	private final Map<URI, Long> askedAt = new HashMap<>();

	private final Set<URI> asking = new HashSet<>();

	PeerLocations(Function<URI, CompletableFuture<PeerClient.Reply>> question) {
		this.question = question;
	}

	/**
	 * Return the URL that leads to a node, or {@code null} if none is known.
	 */
	synchronized @Nullable URI of(UUID node) {
		return this.nodes.get(node);
	}

	/**
	 * Take what discovery knows, and ask at URLs of which it is not known who is there.
	 */
	void listed(Collection<URI> urls) {
		synchronized (this) {
			this.askedAt.keySet().retainAll(urls);
			for (URI url : urls) {
				if (this.askedAt.size() < MAX_URLS) {
					this.askedAt.putIfAbsent(url, System.nanoTime() - ASK_NANOS);
				}
			}
			// A node may still answer at a URL that discovery has dropped
		}
		ask(false);
	}

	/**
	 * Look for a node that is not known: it may be at any URL.
	 */
	void search() {
		ask(true);
	}

	private void ask(boolean all) {
		List<URI> due = new ArrayList<>();
		synchronized (this) {
			long now = System.nanoTime();
			this.askedAt.forEach((url, at) -> {
				if (now - at >= ASK_NANOS && (all || !this.nodes.containsValue(url)) && this.asking.add(url)) {
					due.add(url);
				}
			});
			due.forEach((url) -> this.askedAt.put(url, now));
		}
		due.forEach((url) -> this.question.apply(url).whenComplete((reply, ex) -> answered(url, reply)));
	}

	private synchronized void answered(URI url, PeerClient.@Nullable Reply reply) {
		this.asking.remove(url);
		if (reply == null || !reply.authentic() || reply.status() != PeerProtocol.OK) {
			return;
		}
		UUID node = DirectRequests.introduced(reply.body());
		this.nodes.values().remove(url);
		if (node != null) {
			this.nodes.put(node, url);
		}
	}

	/**
	 * A node was not found at its URL.
	 */
	synchronized void lost(UUID node, URI url) {
		this.nodes.remove(node, url);
	}

	synchronized void forget(UUID node) {
		this.nodes.remove(node);
	}

}
