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

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one node, and what is on the way to it. Safe for use by many threads; no
 * future is completed under the lock.
 */
final class DirectQueue {

	private final UUID node;

	private final long maxBytes;

	private final Deque<Message> waiting = new ArrayDeque<>();

	private List<Message> sent = List.of();

	private @Nullable CompletableFuture<?> request;

	/** What waits and what is on the way. */
	private long bytes;

	private int failures;

	private long retryAt = System.nanoTime();

	DirectQueue(UUID node, long maxBytes) {
		this.node = node;
		this.maxBytes = maxBytes;
	}

	UUID node() {
		return this.node;
	}

	/**
	 * Add messages, all or none: none if there is no room or the node has just not
	 * answered. What is larger than the limit alone waits alone.
	 * @return completes when the node has all of them
	 */
	CompletableFuture<@Nullable Void> add(List<byte[]> messages) {
		long size = messages.stream().mapToLong((message) -> message.length).sum();
		List<CompletableFuture<@Nullable Void>> added = new ArrayList<>();
		RelayException refusal = null;
		synchronized (this) {
			if (this.bytes > 0 && this.bytes + size > this.maxBytes) {
				refusal = RelayOverloadedException.forBytes(HttpRelay.NAME, this.maxBytes);
			}
			else if (this.failures > 0 && System.nanoTime() - this.retryAt < 0) {
				refusal = new RelayUnavailableException(HttpRelay.NAME,
						new IOException("The node " + this.node + " does not answer"));
			}
			else {
				for (byte[] each : messages) {
					Message message = new Message(each, System.nanoTime(), new CompletableFuture<>());
					this.waiting.add(message);
					added.add(message.done);
				}
				this.bytes += size;
			}
		}
		return (refusal != null) ? CompletableFuture.failedFuture(refusal)
				: CompletableFuture.allOf(added.toArray(CompletableFuture[]::new));
	}

	/**
	 * Return whether something waits, and nothing is on the way.
	 */
	synchronized boolean isReady() {
		return this.sent.isEmpty() && !this.waiting.isEmpty();
	}

	/**
	 * Return for how long the next message has waited.
	 */
	synchronized long oldestMillis() {
		Message first = this.waiting.peek();
		return (first != null) ? TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - first.addedAt) : 0;
	}

	/**
	 * Take what is sent together.
	 */
	synchronized Batch next() {
		List<Message> messages = new ArrayList<>();
		long size = 0;
		for (Message next = this.waiting.peek(); next != null
				&& (messages.isEmpty() || size + next.bytes.length <= PeerSender.MAX_BATCH_BYTES); next = this.waiting
					.peek()) {
			messages.add(this.waiting.remove());
			size += next.bytes.length;
		}
		this.sent = messages;
		return new Batch(messages);
	}

	/**
	 * The request is on the way.
	 */
	void sending(CompletableFuture<?> request) {
		boolean gone;
		synchronized (this) {
			this.request = request;
			gone = this.sent.isEmpty();
		}
		if (gone) {
			request.cancel(true);
		}
	}

	/**
	 * The node has a batch.
	 */
	void acknowledged(Batch batch) {
		synchronized (this) {
			this.failures = 0;
			end(batch);
		}
		batch.entries.forEach((message) -> message.done.complete(null));
	}

	private void end(Batch batch) {
		if (this.sent == batch.entries) {
			this.sent = List.of();
			this.request = null;
			batch.entries.forEach((message) -> this.bytes -= message.bytes.length);
		}
	}

	boolean isFirstTry(Batch batch) {
		return batch.entries.stream().noneMatch((message) -> message.retried);
	}

	/**
	 * Send a batch again, before what waits.
	 */
	synchronized void retry(Batch batch) {
		if (this.sent == batch.entries) {
			this.sent = List.of();
			this.request = null;
			for (int i = batch.entries.size() - 1; i >= 0; i--) {
				Message message = batch.entries.get(i);
				message.retried = true;
				this.waiting.addFirst(message);
			}
		}
	}

	/**
	 * The node has not taken a batch: it fails, with all that waits.
	 */
	void failed(Batch batch, Throwable cause) {
		synchronized (this) {
			end(batch);
		}
		batch.entries.forEach((message) -> message.done.completeExceptionally(cause));
		failed(cause);
	}

	/**
	 * All that waits fails, and for a while what is added, too.
	 */
	void failed(Throwable cause) {
		synchronized (this) {
			this.failures++;
			this.retryAt = System.nanoTime() + Pace.backoff(this.failures);
		}
		failWaiting(cause);
	}

	private void failWaiting(Throwable cause) {
		List<Message> failed;
		synchronized (this) {
			failed = List.copyOf(this.waiting);
			this.waiting.clear();
			failed.forEach((message) -> this.bytes -= message.bytes.length);
		}
		failed.forEach((message) -> message.done.completeExceptionally(cause));
	}

	/**
	 * All fails, also what is on the way.
	 */
	void fail(Throwable cause) {
		Batch batch;
		CompletableFuture<?> request;
		synchronized (this) {
			batch = new Batch(this.sent);
			request = this.request;
			end(batch);
		}
		batch.entries.forEach((message) -> message.done.completeExceptionally(cause));
		failWaiting(cause);
		if (request != null) {
			request.cancel(true);
		}
	}

	/**
	 * What is sent in one request.
	 */
	static final class Batch {

		private final List<Message> entries;

		private Batch(List<Message> entries) {
			this.entries = entries;
		}

		List<byte[]> messages() {
			return this.entries.stream().map((message) -> message.bytes).toList();
		}

	}

	private static final class Message {

		private final byte[] bytes;

		private final long addedAt;

		private final CompletableFuture<@Nullable Void> done;

		private boolean retried;

		Message(byte[] bytes, long addedAt, CompletableFuture<@Nullable Void> done) {
			this.bytes = bytes;
			this.addedAt = addedAt;
			this.done = done;
		}

	}

}
