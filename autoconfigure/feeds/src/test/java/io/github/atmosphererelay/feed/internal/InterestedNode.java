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

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import org.jspecify.annotations.Nullable;

/**
 * A node that wants channels of one feed. It publishes one change at a time, and its
 * whole interest after a failure, as a back channel may expect of it. Used by one thread.
 */
final class InterestedNode {

	private static final long LIMIT_SECONDS = 60;

	private final UUID id;

	private final String feed;

	private final BackChannel channel;

	private final Set<String> channels = new HashSet<>();

	private long version;

	private int failures;

	InterestedNode(String feed, BackChannel channel) {
		this(UUID.randomUUID(), feed, channel);
	}

	InterestedNode(UUID id, String feed, BackChannel channel) {
		this.id = id;
		this.feed = feed;
		this.channel = channel;
	}

	UUID id() {
		return this.id;
	}

	/**
	 * Return how many calls of the back channel have failed.
	 */
	int failures() {
		return this.failures;
	}

	InterestRecorder.Interest interest() {
		return new InterestRecorder.Interest(this.version, Set.copyOf(this.channels));
	}

	/**
	 * Return whether a recorder knows all that this node wants.
	 */
	boolean isKnownTo(InterestRecorder recorder) {
		return interest().equals(recorder.of(this.feed, this.id));
	}

	/**
	 * Change the interest, and return when that is published.
	 */
	InterestedNode change(Set<String> added, Set<String> removed) {
		this.channels.removeAll(removed);
		this.channels.addAll(added);
		this.version++;
		InterestChange change = new InterestChange(this.feed, this.id, this.version, added, removed);
		if (!succeeds(this.channel.publish(change))) {
			replace();
		}
		return this;
	}

	InterestedNode want(String... channels) {
		return change(Set.of(channels), Set.of());
	}

	/**
	 * Publish the whole interest in place of what was published before.
	 */
	InterestedNode replaceBy(Set<String> channels) {
		this.channels.clear();
		this.channels.addAll(channels);
		replace();
		return this;
	}

	private void replace() {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
		do {
			this.version++;
			if (succeeds(this.channel.replace(this.feed, this.id, this.version, Set.copyOf(this.channels)))) {
				return;
			}
			pause();
		}
		while (System.nanoTime() < end);
		throw new IllegalStateException("The interest could not be published within " + LIMIT_SECONDS + " s");
	}

	private boolean succeeds(CompletableFuture<@Nullable Void> future) {
		try {
			future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
			return true;
		}
		catch (ExecutionException ex) {
			this.failures++;
			return false;
		}
		catch (InterruptedException | TimeoutException ex) {
			throw new IllegalStateException("A change was neither published nor refused", ex);
		}
	}

	/**
	 * A node waits before it publishes everything again.
	 */
	private static void pause() {
		try {
			new CompletableFuture<>().get(100, TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException ex) {
			// The pause is over
		}
		catch (InterruptedException | ExecutionException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
