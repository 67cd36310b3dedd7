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

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Adds channels to the index of their lane before something is appended to their logs, in
 * a Redis Cluster, where the two may be on different servers. What is published to a
 * channel meanwhile waits, in order. Thread-safe; never blocks.
 * <p>
 * The server of the index may lose its data while this node remembers that it has added a
 * channel, or a fail-over may lose its last writes. So each lane has a mark there, which
 * is another one after either. Every few seconds this node looks at the marks of the
 * lanes that it has used, and adds what it remembers again, until all of it was added, if
 * one has changed.
 */
final class ClusterIndex {

	private static final RedisScript ADD = RedisScript.group("index-add.lua");

	/** What the append script expects if the channel was added just now. */
	private static final String JUST_NOW = "f";

	private static final int MAX_CHANNELS = 200;

	private final RedisRelaySettings settings;

	private final RedisLanes lanes;

	private final IndexedChannels indexed;

	/** By channel, what waits until the channel is in the index. */
	private final Map<String, Queue<Waiting>> waiting = new HashMap<>();

	private int waitingCount;

	private final PendingBytes waitingBytes = new PendingBytes();

	/** By lane, the mark of the data to which all was added that this node remembers. */
	private final Map<Integer, String> marks = new HashMap<>();

	/** The lanes to which channels are being added again. */
	private final Set<Integer> repaired = new HashSet<>();

	ClusterIndex(RedisRelaySettings settings, RedisLanes lanes, IndexedChannels indexed) {
		this.settings = settings;
		this.lanes = lanes;
		this.indexed = indexed;
	}

	/**
	 * Append when the channel is in the index.
	 * @param link the present link
	 * @param channel the channel's name
	 * @param retention how long the message is kept, in milliseconds
	 * @param size the size of the message in bytes
	 * @param append appends, with the time when the channel was added
	 * @return the result of the append; fails if the channel cannot be added
	 */
	CompletableFuture<@Nullable Object> append(RedisLink link, String channel, long retention, int size,
			Function<String, CompletableFuture<@Nullable Object>> append) {
		Waiting waiting = new Waiting(append, size, new CompletableFuture<>());
		long at;
		synchronized (this) {
			Queue<Waiting> queue = this.waiting.get(channel);
			at = (queue != null) ? 0 : this.indexed.at(link, channel);
			if (at == 0 && !join(channel, queue, waiting)) {
				return waiting.result();
			}
		}
		if (at != 0) {
			return append.apply(Long.toString(at));
		}
		GroupCalls.started(() -> add(link, RedisLanes.of(channel), Map.of(channel, retention)))
			.whenComplete((mark, ex) -> added(channel, ex))
			.thenAccept((mark) -> seen(link, RedisLanes.of(channel), mark));
		return waiting.result();
	}

	/**
	 * Let an append wait.
	 * @return whether the channel has to be added for it
	 */
	private boolean join(String channel, @Nullable Queue<Waiting> queue, Waiting waiting) {
		if (this.waitingCount >= this.settings.maxPending()) {
			waiting.result()
				.completeExceptionally(new RelayOverloadedException(RedisRelay.NAME, this.settings.maxPending()));
			return false;
		}
		RelayOverloadedException overload = this.waitingBytes.add(waiting.size());
		if (overload != null) {
			waiting.result().completeExceptionally(overload);
			return false;
		}
		this.waitingCount++;
		if (queue != null) {
			queue.add(waiting);
			return false;
		}
		Queue<Waiting> first = new ArrayDeque<>();
		first.add(waiting);
		this.waiting.put(channel, first);
		return true;
	}

	/**
	 * Forget that a channel was added, because Redis has refused to append.
	 */
	RelayUnavailableException refused(String channel) {
		this.indexed.forget(channel);
		return RelayUnavailableException.forRefusal(RedisRelay.NAME,
				new IllegalStateException("The log of the channel begins anew. Publish the message again"));
	}

	/**
	 * Add channels to the index.
	 * @return the mark of the data
	 */
	private CompletableFuture<String> add(RedisLink link, int lane, Map<String, Long> channels) {
		List<byte[]> arguments = new ArrayList<>();
		arguments.add(bytes(RedisLogScripts.newMark()));
		channels.forEach((channel, retention) -> {
			arguments.add(bytes(channel));
			arguments.add(bytes(Long.toString(retention)));
		});
		RedisCall call = RedisCall.script(ADD,
				List.of(this.lanes.recent(lane), this.lanes.expiry(lane), this.lanes.mark(lane)), arguments,
				this.settings.commandTimeout());
		return link.run(call).thenApply((reply) -> {
			if (reply == null) {
				throw new RelayUnavailableException(RedisRelay.NAME, null);
			}
			List<?> parts = (List<?>) reply;
			long time = GroupCalls.number(parts.get(0));
			channels.forEach((channel, retention) -> this.indexed.add(link, channel, time, retention));
			return GroupCalls.text(parts.get(1));
		});
	}

	private void added(String channel, @Nullable Throwable failure) {
		List<Runnable> results = new ArrayList<>();
		synchronized (this) {
			// Sent under the lock, so that nothing that is published later overtakes them
			Queue<Waiting> queue = this.waiting.remove(channel);
			for (Waiting each : (queue != null) ? queue : new ArrayDeque<Waiting>()) {
				this.waitingCount--;
				this.waitingBytes.remove(each.size());
				CompletableFuture<@Nullable Object> sent;
				try {
					sent = (failure != null) ? CompletableFuture.failedFuture(failure) : each.append().apply(JUST_NOW);
				}
				catch (RuntimeException | Error ex) {
					sent = CompletableFuture.failedFuture(ex);
				}
				CompletableFuture<@Nullable Object> answer = sent;
				results.add(() -> answer.whenComplete((reply, ex) -> {
					if (ex != null) {
						each.result().completeExceptionally(ex);
					}
					else {
						each.result().complete(reply);
					}
				}));
			}
		}
		results.forEach(Runnable::run);
	}

	private void seen(RedisLink link, int lane, String mark) {
		synchronized (this) {
			String former = this.marks.putIfAbsent(lane, mark);
			if (former == null || former.equals(mark) || !this.repaired.add(lane)) {
				return;
			}
		}
		GroupCalls.started(() -> addAgain(link, lane)).whenComplete((nothing, ex) -> {
			synchronized (this) {
				this.repaired.remove(lane);
				if (ex == null) {
					this.marks.put(lane, mark);
				}
			}
		});
	}

	private CompletableFuture<@Nullable Void> addAgain(RedisLink link, int lane) {
		List<CompletableFuture<?>> added = new ArrayList<>();
		Map<String, Long> part = new HashMap<>();
		this.indexed.ofLane(lane).forEach((channel, retention) -> {
			part.put(channel, retention);
			if (part.size() == MAX_CHANNELS) {
				added.add(add(link, lane, Map.copyOf(part)));
				part.clear();
			}
		});
		if (!part.isEmpty()) {
			added.add(add(link, lane, part));
		}
		return GroupCalls.all(added);
	}

	/**
	 * Find out whether Redis has lost the index of a lane that this node has used.
	 */
	void check(RedisLink link) {
		List<Integer> used;
		synchronized (this) {
			used = List.copyOf(this.marks.keySet());
		}
		for (int lane : used) {
			if (!this.indexed.ofLane(lane).isEmpty()) {
				GroupCalls.started(() -> add(link, lane, Map.of())).thenAccept((mark) -> seen(link, lane, mark));
			}
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private record Waiting(Function<String, CompletableFuture<@Nullable Object>> append, int size,
			CompletableFuture<@Nullable Object> result) {
	}

}
