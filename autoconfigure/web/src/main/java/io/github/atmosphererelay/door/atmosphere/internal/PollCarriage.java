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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests for messages and their answers to other nodes, a few at once to each
 * node. A broadcast answers the requests of all clients at the same time, and the cluster
 * bounds how many of its requests are open, for all who make some. Safe for use by many
 * threads; nothing blocks.
 */
final class PollCarriage {

	/** More at once to a node gain nothing. */
	static final int MAX_UNDERWAY = 64;

	/** A bound on memory: what waits for those that are under way. */
	static final int MAX_BYTES = 16 * 1024 * 1024;

	/** What one costs beside its content. */
	private static final int OVERHEAD = 256;

	private final PollCarrier carrier;

	private final Map<UUID, Lane> lanes = new HashMap<>();

	private long bytes;

	private int waiting;

	PollCarriage(PollCarrier carrier) {
		this.carrier = carrier;
	}

	/**
	 * Carry something to a node, as soon as it is its turn.
	 * @param node the id of a node, perhaps as a client has sent it
	 * @param kind what is carried
	 * @param size about how many bytes it has
	 * @param body returns it when it is its turn, or {@code null} if it is not needed any
	 * more
	 * @return as with {@link PollCarrier#carry}; fails with a
	 * {@link CancellationException} if it was not needed
	 * @throws RejectedExecutionException if too much waits
	 */
	CompletableFuture<byte @Nullable []> carry(UUID node, Kind kind, int size, Supplier<byte @Nullable []> body) {
		Parcel parcel = new Parcel(node, kind, size + OVERHEAD, body, new CompletableFuture<>());
		synchronized (this) {
			Lane lane = this.lanes.computeIfAbsent(node, (id) -> new Lane());
			if (lane.underway >= MAX_UNDERWAY) {
				if (this.bytes + parcel.size > MAX_BYTES) {
					throw new RejectedExecutionException("Too much waits to be carried to other nodes");
				}
				this.bytes += parcel.size;
				this.waiting++;
				lane.waiting.add(parcel);
				return parcel.result;
			}
			lane.underway++;
		}
		send(parcel);
		return parcel.result;
	}

	/**
	 * Return how many wait for their turn.
	 */
	synchronized int waiting() {
		return this.waiting;
	}

	/**
	 * Send one, and those after it whose turn comes at once. A loop: all that wait for a
	 * node that has gone are done at once.
	 */
	private void send(Parcel first) {
		for (Parcel parcel = first; parcel != null;) {
			Parcel each = parcel;
			CompletableFuture<byte @Nullable []> carried = start(each);
			if (!carried.isDone()) {
				carried.whenComplete((answer, failure) -> {
					each.end(answer, failure);
					Parcel next = next(each.node);
					if (next != null) {
						send(next);
					}
				});
				return;
			}
			carried.whenComplete(each::end);
			parcel = next(each.node);
		}
	}

	private CompletableFuture<byte @Nullable []> start(Parcel parcel) {
		try {
			byte[] body = parcel.body.get();
			return (body != null) ? this.carrier.carry(parcel.node, parcel.kind, body)
					: CompletableFuture.failedFuture(new CancellationException("It is not needed any more"));
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * Note that one has arrived or failed.
	 * @return the next one for the node, or {@code null} if none waits
	 */
	private synchronized @Nullable Parcel next(UUID node) {
		Lane lane = this.lanes.get(node);
		if (lane == null) {
			return null;
		}
		Parcel next = lane.waiting.poll();
		if (next != null) {
			this.bytes -= next.size;
			this.waiting--;
			return next;
		}
		if (--lane.underway == 0) {
			// The ids come from clients
			this.lanes.remove(node);
		}
		return null;
	}

	/**
	 * What is carried to one node.
	 */
	private static final class Lane {

		private final Queue<Parcel> waiting = new ArrayDeque<>(1);

		private int underway;

	}

	/**
	 * What is carried.
	 */
	private record Parcel(UUID node, Kind kind, int size, Supplier<byte @Nullable []> body,
			CompletableFuture<byte @Nullable []> result) {

		void end(byte @Nullable [] answer, @Nullable Throwable failure) {
			if (failure != null) {
				this.result.completeExceptionally(failure);
			}
			else {
				this.result.complete(answer);
			}
		}

	}

}
