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

package io.github.atmosphererelay.stream.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Payload;

/**
 * Internal channels within a test, which delivers at once.
 */
final class MemoryChannels implements InternalChannels {

	private final Map<String, List<Listener>> listeners = new HashMap<>();

	private final List<String> published = new ArrayList<>();

	@Override
	public synchronized CompletableFuture<Void> publish(String channel, Map<String, String> headers, Payload payload) {
		this.published.add(channel);
		List.copyOf(this.listeners.getOrDefault(channel, List.of()))
			.forEach((listener) -> listener.received(headers, payload));
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public synchronized Listening listen(String channel, Listener listener) {
		this.listeners.computeIfAbsent(channel, (key) -> new ArrayList<>()).add(listener);
		return new Listening(CompletableFuture.completedFuture(null), () -> close(channel, listener));
	}

	private synchronized void close(String channel, Listener listener) {
		List<Listener> present = this.listeners.get(channel);
		present.remove(listener);
		if (present.isEmpty()) {
			this.listeners.remove(channel);
		}
	}

	synchronized void missed(String channel) {
		List.copyOf(this.listeners.getOrDefault(channel, List.of())).forEach(Listener::missed);
	}

	/**
	 * Return the channels that somebody listens to.
	 */
	synchronized TreeSet<String> listened() {
		return new TreeSet<>(this.listeners.keySet());
	}

	synchronized List<String> published() {
		return List.copyOf(this.published);
	}

}
