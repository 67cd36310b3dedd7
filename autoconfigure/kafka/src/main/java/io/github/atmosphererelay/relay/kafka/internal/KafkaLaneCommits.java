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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * The commits of a lane that its owner waits for. One is on its way at a time. Guarded by
 * the lane.
 */
final class KafkaLaneCommits {

	private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

	/** Commits that are not sent yet. */
	private List<CompletableFuture<@Nullable Void>> waiting = new ArrayList<>();

	/** Commits that the broker has not answered yet. */
	private List<CompletableFuture<@Nullable Void>> sent = new ArrayList<>();

	/** Whether the broker has not answered the last commit yet. */
	private boolean sending;

	/** Where the lane was, and when, at the last commit. */
	private long sentFrontier;

	private long sentAt = System.nanoTime();

	KafkaLaneCommits(long start) {
		this.sentFrontier = start;
	}

	/**
	 * Add a commit that has to be sent.
	 */
	CompletableFuture<@Nullable Void> add() {
		CompletableFuture<@Nullable Void> future = new CompletableFuture<>();
		this.waiting.add(future);
		return future;
	}

	/**
	 * Return whether there is something to commit. Also if nothing was handled, the lane
	 * comes forward over what is not the group's: otherwise its offset would be before
	 * the beginning of the partition one day, as if messages had been missed.
	 */
	boolean isDue(long frontier, long now) {
		boolean moved = frontier > this.sentFrontier && now - this.sentAt >= INTERVAL_NANOS;
		return !this.sending && (moved || !this.waiting.isEmpty());
	}

	/**
	 * Return whether the broker has not answered the last commit yet.
	 */
	boolean isSending() {
		return this.sending;
	}

	/**
	 * Note that everything is being sent.
	 * @param frontier where the lane is
	 */
	void send(long frontier) {
		this.sent = this.waiting;
		this.waiting = new ArrayList<>();
		this.sending = true;
		this.sentFrontier = frontier;
		this.sentAt = System.nanoTime();
	}

	/**
	 * Note that the broker has answered.
	 * @return those that were sent
	 */
	List<CompletableFuture<@Nullable Void>> answered() {
		List<CompletableFuture<@Nullable Void>> answered = this.sent;
		this.sent = new ArrayList<>();
		this.sending = false;
		return answered;
	}

	/**
	 * Remove all.
	 */
	List<CompletableFuture<@Nullable Void>> end() {
		List<CompletableFuture<@Nullable Void>> all = new ArrayList<>(this.waiting);
		all.addAll(this.sent);
		this.waiting = new ArrayList<>();
		this.sent = new ArrayList<>();
		return all;
	}

}
