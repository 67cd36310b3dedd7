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

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.stream.internal.InternalChannels.Listening;
import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Gets the states that match queries from the members. Requests for the same are answered
 * together, and for a time from memory, so that clients that all come at once are one
 * question. For any thread; does not block.
 */
final class QuerySnapshots {

	private static final int MAX_PENDING = 16;

	private final InternalChannels channels;

	private final StreamWire wire;

	private final JsonMapper mapper;

	private final StreamLanes lanes;

	private final Settings settings;

	private final LongSupplier clock;

	/** What is asked for at present, and what was; the eldest first. Guarded by this. */
	private final Map<InterestId, Entry> entries = new LinkedHashMap<>();

	private int pending;

	private long bytes;

	/**
	 * Create snapshots.
	 * @param clock returns the time in nanoseconds
	 */
	QuerySnapshots(InternalChannels channels, StreamWire wire, JsonMapper mapper, StreamLanes lanes, Settings settings,
			LongSupplier clock) {
		this.channels = channels;
		this.wire = wire;
		this.mapper = mapper;
		this.lanes = lanes;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Get the states of a query.
	 * @param stream what a stream of the query would be
	 * @return completes with the states
	 * @throws StreamRefusedException if too many requests wait
	 */
	CompletableFuture<QuerySnapshot> get(StreamDefinition stream) {
		QueryInstance query = ((Selection.Matching) stream.selection()).query();
		InterestId id = InterestId.ofQuery(stream.reducer(), query, new Variant(stream.variant(), stream.variant()));
		Entry entry;
		synchronized (this) {
			forget(this.clock.getAsLong());
			Entry present = this.entries.get(id);
			if (present != null) {
				return present.answer.copy();
			}
			if (this.pending >= MAX_PENDING) {
				throw new StreamRefusedException(Reason.UNAVAILABLE, "too many snapshots are asked for, try again");
			}
			this.pending++;
			entry = new Entry(new CompletableFuture<>());
			this.entries.put(id, entry);
		}
		ask(id, stream, query).whenComplete((snapshot, ex) -> done(id, entry, snapshot, ex));
		return entry.answer.copy();
	}

	private CompletableFuture<QuerySnapshot> ask(InterestId id, StreamDefinition stream, QueryInstance query) {
		SnapshotCollector collector = new SnapshotCollector(this.mapper, id, this.settings.maxBytes);
		String request = UUID.randomUUID().toString();
		Listening listening = this.channels.listen(StreamOutlet.snapshotChannel(request),
				new InternalChannels.Listener() {

					@Override
					public void received(Map<String, String> headers, Payload payload) {
						QuerySnapshots.this.lanes.execute(request,
								() -> collector.received(QuerySnapshots.this.wire.part(payload), payload.size()));
					}

					@Override
					public void missed() {
						// The client asks again
					}

				});
		byte[] asked = this.mapper.writeValueAsBytes(new SnapshotRequest(request, stream.reducer(), query,
				stream.variant(), stream.subscription().user(), stream.subscription().options()));
		CompletableFuture<QuerySnapshot> answer = listening.confirmed()
			.thenCompose((nothing) -> this.channels.publish(SnapshotRequest.CHANNEL, Map.of(), Payload.text(asked)))
			.thenCompose((nothing) -> collector.answer());
		return answer.orTimeout(this.settings.timeout.toMillis(), TimeUnit.MILLISECONDS)
			.whenComplete((snapshot, ex) -> listening.close());
	}

	private void done(InterestId id, Entry entry, @Nullable QuerySnapshot snapshot, @Nullable Throwable failure) {
		synchronized (this) {
			this.pending--;
			if (snapshot != null) {
				entry.bytes = snapshot.body().length;
				entry.until = this.clock.getAsLong() + this.settings.maxAge.toNanos();
				this.bytes += entry.bytes;
				forget(this.clock.getAsLong());
			}
			else {
				this.entries.remove(id, entry);
			}
		}
		if (snapshot != null) {
			entry.answer.complete(snapshot);
			return;
		}
		Throwable cause = (failure != null && failure.getCause() != null) ? failure.getCause() : failure;
		entry.answer.completeExceptionally((cause instanceof StreamRefusedException) ? cause
				: new StreamRefusedException(Reason.UNAVAILABLE, "the reducer's processes do not answer, try again"));
	}

	/**
	 * Forget what is too old, and the eldest while all are too large.
	 */
	private void forget(long now) {
		Iterator<Entry> eldest = this.entries.values().iterator();
		while (eldest.hasNext()) {
			Entry entry = eldest.next();
			if (entry.bytes >= 0 && (now - entry.until >= 0 || this.bytes > this.settings.maxBytes)) {
				this.bytes -= entry.bytes;
				eldest.remove();
			}
		}
	}

	/**
	 * Settings of snapshots.
	 *
	 * @param maxBytes the size of the largest snapshot, and of those that are remembered
	 * @param maxAge for how long one is remembered
	 * @param timeout how long the members have time
	 */
	record Settings(long maxBytes, Duration maxAge, Duration timeout) {

	}

	private static final class Entry {

		private final CompletableFuture<QuerySnapshot> answer;

		/** Less than 0 until there is an answer. */
		private long bytes = -1;

		private long until;

		Entry(CompletableFuture<QuerySnapshot> answer) {
			this.answer = answer;
		}

	}

}
