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

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Makes, begins, changes and frees streams for clients. The futures fail with
 * {@link StreamRefusedException}. For any thread; does not block.
 */
public final class StreamControl {

	/** How long to wait for other processes to know a stream, which may be slow. */
	private static final Duration KNOWN = Duration.ofSeconds(2);

	private static final Duration BEGUN = Duration.ofSeconds(5);

	private static final int ID_BYTES = 16;

	private final SecureRandom random = new SecureRandom();

	private final StreamTable table;

	private final StreamRequests requests;

	private final CommandCodec codec;

	private final CommandWriter commands;

	private final ProcessAcks acks;

	private final String node;

	private final int maxStreamsPerUser;

	/** Streams that are on their way to the table. */
	private final AtomicInteger pending = new AtomicInteger();

	private final Map<String, Integer> pendingOf = new ConcurrentHashMap<>();

	/** The last step of each stream that is being changed. */
	private final Map<String, CompletableFuture<?>> steps = new ConcurrentHashMap<>();

	/** What this node has written and not read yet, at most one for each stream. */
	private final Map<String, Attempt> attempts = new ConcurrentHashMap<>();

	private final StreamRefusals refusals;

	private final QuerySnapshots snapshots;

	StreamControl(StreamTable table, CommandCodec codec, CommandWriter commands, ProcessAcks acks, String node,
			int maxStreamsPerUser, StreamRefusals refusals, QuerySnapshots snapshots) {
		this.table = table;
		this.requests = new StreamRequests(table);
		this.codec = codec;
		this.commands = commands;
		this.acks = acks;
		this.node = node;
		this.maxStreamsPerUser = maxStreamsPerUser;
		this.refusals = refusals;
		this.snapshots = snapshots;
	}

	/**
	 * Make a stream. It gets nothing before it begins.
	 * @param request what it has
	 * @param user the name of its owner, or {@code null} if the client is anonymous: then
	 * the stream belongs to those who know its id
	 * @return completes with the stream's id, when the live processes know the stream, or
	 * after two seconds
	 */
	public CompletableFuture<String> create(StreamRequest request, @Nullable String user) {
		return counted(() -> {
			StreamDefinition definition = this.requests.definition(request, user, this.node);
			reserve(user);
			byte[] random = new byte[ID_BYTES];
			this.random.nextBytes(random);
			String id = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
			return write(id, definition).thenCompose((offset) -> this.acks.await(null, offset, KNOWN))
				.whenComplete((known, ex) -> release(user))
				.thenApply((known) -> id);
		});
	}

	/**
	 * Get the current states that match a query, without a stream.
	 * @param request the query; the reducer may be left out if one alone has the query
	 * @param user the name of the client, or {@code null} if it is anonymous
	 * @return completes with the states
	 */
	public CompletableFuture<QuerySnapshot> snapshot(StreamRequest request, @Nullable String user) {
		return counted(() -> this.snapshots.get(this.requests.query(request, user, this.node)));
	}

	private void reserve(@Nullable String user) {
		if (this.pending.incrementAndGet() + this.table.streams() > this.table.limits().maxStreams()) {
			this.pending.decrementAndGet();
			throw new StreamRefusedException(Reason.LIMIT, "there are too many streams. Try again later");
		}
		if (user != null) {
			int present = this.pendingOf.merge(user, 1, Integer::sum) + this.table.streamsOf(user);
			if (present > this.maxStreamsPerUser) {
				release(user);
				throw new StreamRefusedException(Reason.LIMIT,
						"a user has up to " + this.maxStreamsPerUser + " streams");
			}
		}
	}

	private void release(@Nullable String user) {
		this.pending.decrementAndGet();
		if (user != null) {
			this.pendingOf.computeIfPresent(user, (name, count) -> (count > 1) ? count - 1 : null);
		}
	}

	/**
	 * Let a stream begin. May be repeated.
	 * @param id the stream's id
	 * @param user the name of the client, or {@code null} if it is anonymous
	 * @return completes when all live members of the reducer know it, so that no later
	 * update is missing
	 */
	public CompletableFuture<@Nullable Void> begin(String id, @Nullable String user) {
		return counted(() -> {
			StreamDefinition owned = owned(id, user);
			return change(id, (present) -> present.with(true, present.holder()))
				.thenCompose((offset) -> this.acks.await(owned.reducer(), offset, BEGUN))
				.thenApply((known) -> {
					if (!known) {
						throw new StreamRefusedException(Reason.UNAVAILABLE,
								"the reducer's processes do not answer, try again");
					}
					return null;
				});
		});
	}

	/**
	 * Change the keys of a stream.
	 * @param id the stream's id
	 * @param user the name of the client, or {@code null} if it is anonymous
	 * @param add keys to add
	 * @param remove keys to remove
	 * @return completes when the live processes know it, or after two seconds
	 */
	public CompletableFuture<@Nullable Void> change(String id, @Nullable String user, Set<String> add,
			Set<String> remove) {
		return counted(() -> {
			owned(id, user);
			return change(id, (present) -> this.requests.changed(present, add, remove)).thenApply((offset) -> null);
		});
	}

	/**
	 * Free a stream.
	 * @param id the stream's id
	 * @param user the name of the client, or {@code null} if it is anonymous
	 * @return completes when the broker knows it
	 */
	public CompletableFuture<@Nullable Void> delete(String id, @Nullable String user) {
		return counted(() -> {
			owned(id, user);
			return free(id);
		});
	}

	CompletableFuture<@Nullable Void> free(String id) {
		return this.commands.write(id, null).handle((offset, ex) -> {
			if (ex != null) {
				throw unavailable();
			}
			return null;
		});
	}

	/**
	 * Note that a session of this node is subscribed to a stream.
	 * @param begins whether the stream begins now, if it has not
	 * @return whether the stream was changed
	 */
	boolean subscribed(String id, boolean begins) {
		StreamDefinition present = this.table.get(id);
		if (present == null || ((present.begun() || !begins) && this.node.equals(present.holder()))) {
			return false;
		}
		change(id, (before) -> before.with(before.begun() || begins, this.node));
		return true;
	}

	/**
	 * Let this node hold a stream that it has subscribers of.
	 */
	void take(String id) {
		if (!this.steps.containsKey(id)) {
			change(id, (before) -> before.with(before.begun(), this.node));
		}
	}

	/**
	 * Let another node hold a stream that this one has no subscribers of, if one has
	 * some.
	 */
	void offer(String id) {
		if (!this.steps.containsKey(id)) {
			change(id, (before) -> this.node.equals(before.holder()) ? before.with(before.begun(), null) : before);
		}
	}

	private StreamDefinition owned(String id, @Nullable String user) {
		StreamDefinition definition = this.table.get(id);
		String owner = (definition != null) ? definition.subscription().user() : null;
		if (definition == null || (owner != null && !owner.equals(user))) {
			throw unknown();
		}
		return definition;
	}

	/**
	 * Change a stream, after the changes before.
	 * @return completes with the offset of the command, when this process knows it
	 */
	private CompletableFuture<Long> change(String id, Function<StreamDefinition, StreamDefinition> change) {
		CompletableFuture<Long> step = new CompletableFuture<>();
		CompletableFuture<?> before = this.steps.put(id, step);
		Runnable next = () -> {
			try {
				StreamDefinition present = this.table.get(id);
				if (present == null) {
					throw unknown();
				}
				Attempt attempt = new Attempt(present, change.apply(present));
				this.attempts.put(id, attempt);
				write(id, attempt.written).thenCompose(
						(offset) -> attempt.settled.completeOnTimeout(offset, KNOWN.toMillis(), TimeUnit.MILLISECONDS))
					.thenCompose((offset) -> this.acks.await(null, offset, KNOWN).thenApply((known) -> offset))
					.whenComplete((offset, ex) -> {
						this.attempts.remove(id, attempt);
						end(step, offset, ex);
					});
			}
			catch (Throwable ex) {
				end(step, null, ex);
			}
		};
		step.whenComplete((offset, ex) -> this.steps.remove(id, step));
		if (before != null) {
			before.whenComplete((offset, ex) -> next.run());
		}
		else {
			next.run();
		}
		return step;
	}

	/**
	 * Note that a command was applied. If this node has written it, and did not know the
	 * command before, that one's change is lost: both are written again, together.
	 * @param before the stream before the command, or {@code null} if there was none
	 * @param after the stream after it, or {@code null} if it was freed
	 * @param offset the command's offset
	 */
	void applied(String id, @Nullable StreamDefinition before, @Nullable StreamDefinition after, long offset) {
		Attempt attempt = this.attempts.get(id);
		if (attempt == null || after == null || !attempt.written.equals(after)) {
			return;
		}
		if (attempt.base.equals(before)) {
			attempt.settled.complete(offset);
			return;
		}
		try {
			if (before == null) {
				free(id);
				throw unknown();
			}
			StreamDefinition both = after.merge(attempt.base, before);
			if (both.equals(after)) {
				attempt.settled.complete(offset);
				return;
			}
			if (both.size() > this.table.limits().maxKeysPerStream()) {
				write(id, before);
				throw new StreamRefusedException(Reason.LIMIT, "the stream has too many keys with another change");
			}
			attempt.base = after;
			attempt.written = both;
			write(id, both).whenComplete((written, ex) -> {
				if (ex != null) {
					attempt.settled.completeExceptionally(ex);
				}
			});
		}
		catch (RuntimeException ex) {
			attempt.settled.completeExceptionally(ex);
		}
	}

	private static void end(CompletableFuture<Long> step, @Nullable Long offset, @Nullable Throwable failure) {
		if (failure != null) {
			step.completeExceptionally(failure);
		}
		else {
			step.complete(Objects.requireNonNull(offset));
		}
	}

	private CompletableFuture<Long> write(String id, StreamDefinition definition) {
		return this.commands.write(id, this.codec.write(definition)).handle((offset, ex) -> {
			if (ex != null) {
				throw unavailable();
			}
			return offset;
		});
	}

	private static StreamRefusedException unknown() {
		return new StreamRefusedException(Reason.UNKNOWN, "there is no such stream");
	}

	private static StreamRefusedException unavailable() {
		return new StreamRefusedException(Reason.UNAVAILABLE, "the broker does not take the request now, try again");
	}

	private <T extends @Nullable Object> CompletableFuture<T> counted(Supplier<CompletableFuture<T>> step) {
		CompletableFuture<T> answer;
		try {
			answer = step.get();
		}
		catch (StreamRefusedException ex) {
			answer = CompletableFuture.failedFuture(ex);
		}
		return answer.whenComplete((result, ex) -> {
			Throwable cause = (ex != null && ex.getCause() != null) ? ex.getCause() : ex;
			if (cause instanceof StreamRefusedException refusal) {
				this.refusals.count(refusal.reason());
			}
		});
	}

	/**
	 * A change of a stream that was written, until this node has read it.
	 */
	private static final class Attempt {

		/**
		 * Completes with the offset of the command that has the change and all before.
		 */
		private final CompletableFuture<Long> settled = new CompletableFuture<>();

		private volatile StreamDefinition base;

		private volatile StreamDefinition written;

		Attempt(StreamDefinition base, StreamDefinition written) {
			this.base = base;
			this.written = written;
		}

	}

}
