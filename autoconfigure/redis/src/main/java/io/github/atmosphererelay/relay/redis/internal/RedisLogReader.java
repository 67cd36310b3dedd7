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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Reads pages of logs. A page takes as many short scripts as necessary, and only a few
 * pages are read at a time: the replies for thousands of pages would fill Redis's memory
 * and delay everything else on the connection. Never blocks.
 */
final class RedisLogReader {

	static final int MAX_RUNNING = 16;

	/**
	 * How many times a page is read again if its beginning was trimmed in the meantime.
	 */
	private static final int ATTEMPTS = 3;

	private final RedisLogScripts scripts;

	private final RedisRelaySettings settings;

	private final RelayListener listener;

	private final Deque<Reading> waiting = new ArrayDeque<>();

	private int running;

	/**
	 * The thread that starts readings. It may hold locks that dependent stages need, so
	 * it does not complete pages.
	 */
	private @Nullable Thread starter;

	private final Executor completionThread = new CompletionThread();

	RedisLogReader(RedisLogScripts scripts, RedisRelaySettings settings, RelayListener listener) {
		this.scripts = scripts;
		this.settings = settings;
		this.listener = listener;
	}

	/**
	 * Return the position at the end of a log.
	 * @param link the link to read from
	 * @param channel the channel's name
	 * @return the position; fails with a relay exception
	 */
	CompletableFuture<Position> position(RedisLink link, String channel) {
		long deadline = deadline();
		return this.scripts.read(link, channel, null, 0, 1, ReadDirection.FORWARD).thenApply((part) -> {
			if (part == null) {
				throw unanswered(deadline);
			}
			return part.end();
		});
	}

	/**
	 * Return the position from which to continue in a log that does not continue from a
	 * given one.
	 * @param link the link to read from
	 * @param channel the channel's name
	 * @param delivered the last delivered position
	 * @param reached the greatest offset that is known of its epoch
	 * @return where to continue; fails with a relay exception
	 */
	CompletableFuture<LogContinuation> resume(RedisLink link, String channel, Position delivered, long reached) {
		long deadline = deadline();
		return this.scripts.resume(link, channel, delivered, reached).thenApply((continuation) -> {
			if (continuation == null) {
				throw unanswered(deadline);
			}
			return continuation;
		});
	}

	/**
	 * Read a page.
	 * @param link the link to read from
	 * @param channel the channel's name
	 * @param since the position to start from, or {@code null}
	 * @param limit the maximum size of the page
	 * @param direction whether to read forward or backward
	 * @return the page; fails with a relay exception
	 */
	CompletableFuture<LogPage> read(RedisLink link, String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		Reading reading = new Reading(link, channel, since, limit, direction);
		synchronized (this) {
			if (this.waiting.size() >= this.settings.maxPending()) {
				return CompletableFuture
					.failedFuture(new RelayOverloadedException(RedisRelay.NAME, this.settings.maxPending()));
			}
			this.waiting.add(reading);
		}
		next();
		return reading.page;
	}

	private void next() {
		while (true) {
			Reading reading;
			synchronized (this) {
				// Readings that fail at once would otherwise call this method
				// recursively, thousands of times. The thread that is in this loop
				// continues with those that have ended in the meantime
				reading = (this.starter == null && this.running < MAX_RUNNING) ? this.waiting.poll() : null;
				if (reading == null) {
					return;
				}
				this.starter = Thread.currentThread();
				this.running++;
			}
			try {
				if (reading.isOverdue()) {
					reading.end(null, unanswered(reading.deadline));
				}
				else {
					reading.readOn();
				}
			}
			catch (Throwable ex) {
				reading.failed(ex);
			}
			finally {
				synchronized (this) {
					this.starter = null;
				}
			}
		}
	}

	private long deadline() {
		return System.nanoTime() + this.settings.commandTimeout().toNanos();
	}

	private RelayUnavailableException unanswered(long deadline) {
		return (System.nanoTime() - deadline >= 0)
				? RelayUnavailableException.forSlowRead(RedisRelay.NAME, this.settings.commandTimeout())
				: new RelayUnavailableException(RedisRelay.NAME, null);
	}

	/**
	 * A page that is being read.
	 */
	private final class Reading {

		private final RedisLink link;

		private final String channel;

		private final @Nullable Position since;

		private final PageLimit limit;

		private final ReadDirection direction;

		private final long deadline;

		private final CompletableFuture<LogPage> page = new CompletableFuture<>();

		private final List<Publication> publications = new ArrayList<>();

		/** The total size of the envelopes in bytes. */
		private long bytes;

		/** Whether a publication that was read did not fit. */
		private boolean cut;

		private @Nullable Position from;

		private int wanted;

		private int attempt = 1;

		private boolean ended;

		private Reading(RedisLink link, String channel, @Nullable Position since, PageLimit limit,
				ReadDirection direction) {
			this.link = link;
			this.channel = channel;
			this.since = since;
			this.limit = limit;
			this.direction = direction;
			this.from = since;
			this.deadline = deadline();
		}

		private boolean isOverdue() {
			return System.nanoTime() - this.deadline >= 0;
		}

		private void readOn() {
			this.wanted = Math.min(RedisLogScripts.MAX_READ, this.limit.publications() - this.publications.size());
			long room = Math.min(RedisLogScripts.MAX_READ_BYTES, this.limit.bytes() - this.bytes);
			RedisLogReader.this.scripts.read(this.link, this.channel, this.from, this.wanted, room, this.direction)
				.whenComplete(this::arrived);
		}

		private void arrived(RedisLogScripts.@Nullable Part part, @Nullable Throwable ex) {
			if (part == null) {
				end(null, (ex != null) ? Failures.unwrap(ex) : unanswered(this.deadline));
				return;
			}
			try {
				take(part);
			}
			catch (Throwable failure) {
				failed(failure);
			}
		}

		private void take(RedisLogScripts.Part part) {
			if (!part.complete() && this.since == null && this.attempt < ATTEMPTS) {
				this.attempt++;
				this.from = null;
				this.publications.clear();
				this.bytes = 0;
				readOn();
				return;
			}
			if (!part.complete() || !add(part)) {
				end(new LogPage(List.of(), part.end(), false), null);
			}
			else if (part.entries().isEmpty() ? part.more() : isToGoOn(part)) {
				readOn();
			}
			else {
				end(new LogPage(this.publications, part.end(), true, hasMore(part)), null);
			}
		}

		private boolean hasMore(RedisLogScripts.Part part) {
			if (this.direction == ReadDirection.BACKWARD) {
				return this.cut || (!part.entries().isEmpty() && (part.more() || isFull(part)));
			}
			Position from = this.from;
			return this.cut || (!this.publications.isEmpty() && from != null && from.offset() < part.end().offset());
		}

		private boolean isToGoOn(RedisLogScripts.Part part) {
			return (part.more() || isFull(part)) && !this.cut && this.bytes < this.limit.bytes()
					&& this.publications.size() < this.limit.publications();
		}

		private boolean isFull(RedisLogScripts.Part part) {
			return part.entries().size() == this.wanted;
		}

		private boolean add(RedisLogScripts.Part part) {
			for (RedisLogScripts.Entry entry : part.entries()) {
				long size = entry.envelope().length;
				if (!this.publications.isEmpty() && this.bytes + size > this.limit.bytes()) {
					this.cut = true;
					return true;
				}
				Position position = new Position(part.end().epoch(), entry.offset());
				this.from = position;
				try {
					Envelope envelope = RedisLogReader.this.settings.codec().decode(entry.envelope());
					this.publications
						.add(Publication.of(envelope, ((Audience.Channel) envelope.audience()).channel(), position));
					this.bytes += size;
				}
				catch (WireFormatException ex) {
					RedisLogReader.this.listener.rejected(ex.getReason());
					if (this.since != null && this.direction == ReadDirection.FORWARD) {
						// Without it the page would have a gap although it counts as
						// complete
						return false;
					}
				}
			}
			return true;
		}

		private void failed(Throwable failure) {
			RedisLogReader.this.listener.guards().of(Part.LOG_READER).failed(failure);
			end(null, failure);
		}

		private void end(@Nullable LogPage page, @Nullable Throwable failure) {
			boolean elsewhere;
			synchronized (RedisLogReader.this) {
				if (this.ended) {
					return;
				}
				this.ended = true;
				RedisLogReader.this.running--;
				elsewhere = RedisLogReader.this.starter == Thread.currentThread();
			}
			if (elsewhere) {
				completeElsewhere(page, failure);
			}
			else {
				complete(page, failure);
			}
			next();
		}

		private void completeElsewhere(@Nullable LogPage page, @Nullable Throwable failure) {
			try {
				RedisLogReader.this.completionThread.execute(() -> complete(page, failure));
			}
			catch (Throwable ex) {
				// No thread could be created, and nothing else would complete the page
				RedisLogReader.this.listener.guards().of(Part.LOG_READER).failed(ex);
				complete(page, failure);
			}
		}

		private void complete(@Nullable LogPage page, @Nullable Throwable failure) {
			if (page != null) {
				this.page.complete(page);
			}
			else {
				this.page.completeExceptionally(Objects.requireNonNull(failure));
			}
		}

	}

}
