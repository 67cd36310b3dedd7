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

import java.security.Principal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;

import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.internal.SubscriptionEnd;
import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.internal.InternalChannels.Listening;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The streams that sessions of this node are subscribed to. Each key, variant and query
 * is listened to once, however many streams have it. For any thread; does not block.
 */
final class NodeStreams implements ChannelSource {

	/** The prefix of the channels of streams. */
	static final String PREFIX = "streams/";

	private static final int MAX_REMOVED = 1000;

	private final InternalChannels channels;

	private final StreamTable table;

	private final StreamWire wire;

	private final JsonMapper mapper;

	private final StreamLanes lanes;

	private final StreamRefreshes refreshes;

	private final NodeStream.Outlet outlet;

	private final AbsentReducers absent;

	private final BiConsumer<String, SubscriptionEnd> ends;

	private final Map<String, Held> streams = new ConcurrentHashMap<>();

	/** What is listened to, by channel; guarded by this. */
	private final Map<String, Hub> hubs = new HashMap<>();

	/** Streams whose subscribers are to be told that they get nothing more. */
	private final Map<String, SubscriptionEnd> ending = new ConcurrentHashMap<>();

	private final LongAdder overflows = new LongAdder();

	private volatile boolean up;

	/**
	 * Create the streams of a node.
	 * @param outlet delivers to the subscribers of a stream
	 * @param absent tells which reducers no process has
	 * @param ends ends the subscriptions to a channel
	 */
	NodeStreams(InternalChannels channels, StreamTable table, StreamWire wire, JsonMapper mapper, StreamLanes lanes,
			StreamRefreshes refreshes, NodeStream.Outlet outlet, AbsentReducers absent,
			BiConsumer<String, SubscriptionEnd> ends) {
		this.channels = channels;
		this.table = table;
		this.wire = wire;
		this.mapper = mapper;
		this.lanes = lanes;
		this.refreshes = refreshes;
		this.outlet = outlet;
		this.absent = absent;
		this.ends = ends;
	}

	@Override
	public String name() {
		return "streams";
	}

	/**
	 * Note whether all commands are known.
	 */
	void up(boolean up) {
		this.up = up;
	}

	@Override
	public boolean isUp() {
		return this.up;
	}

	/**
	 * Return the number of messages that were left out because too many were waiting. The
	 * streams get their current states instead.
	 */
	long overflows() {
		return this.overflows.sum();
	}

	/**
	 * Return the number of streams with subscribers on this node.
	 */
	int size() {
		return this.streams.size();
	}

	/**
	 * Return the number of keys and queries that this node listens to.
	 */
	synchronized int interests() {
		return this.hubs.size();
	}

	boolean has(String stream) {
		return this.streams.containsKey(stream);
	}

	/**
	 * Return the id of the stream that a channel belongs to.
	 * @return the id, or {@code null} if it is another channel
	 */
	static @Nullable String idOf(String channel) {
		return channel.startsWith(PREFIX) ? channel.substring(PREFIX.length()) : null;
	}

	/**
	 * Only the user who has made a stream may subscribe to it. Others are answered as if
	 * there were none.
	 */
	@Override
	public Authorization authorize(@Nullable Principal principal, String channel) {
		String id = idOf(channel);
		StreamDefinition definition = (id != null) ? this.table.get(id) : null;
		if (definition != null) {
			String owner = definition.subscription().user();
			if (owner == null || (principal != null && owner.equals(principal.getName()))) {
				return this.absent.isAway(definition.reducer())
						? new Authorization(ErrorCode.INTERNAL, "no process of the reducer answers, try again")
						: Authorization.GRANTED;
			}
		}
		return new Authorization(ErrorCode.UNKNOWN_CHANNEL, "there is no such stream");
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String channel) {
		String id = idOf(channel);
		StreamDefinition definition = (id != null) ? this.table.get(id) : null;
		ReducerFunctions<?> functions = (definition != null) ? this.table.functions(definition.reducer()) : null;
		if (id == null || definition == null || functions == null) {
			// It was freed meanwhile
			if (id != null) {
				end(id, SubscriptionEnd.ENDED);
			}
			return CompletableFuture.completedFuture(null);
		}
		Reducer<?, ?> reducer = functions.reducer();
		NodeStream stream = new NodeStream(id, definition, new StreamStates(MAX_REMOVED, reducer::partition),
				reducer::partition, this.mapper, this.outlet, this.refreshes::add);
		Listening snapshots = this.channels.listen(StreamOutlet.snapshotChannel(id), new Snapshots(stream));
		Held held = new Held(stream, snapshots, new HashMap<>());
		Held before = this.streams.put(id, held);
		if (before != null) {
			release(before);
		}
		List<CompletableFuture<?>> confirmed = new ArrayList<>(follow(held));
		confirmed.add(snapshots.confirmed());
		StreamDefinition now = this.table.get(id);
		if (now != definition) {
			// It was changed before this stream was there to be told
			changed(id, now);
		}
		return CompletableFuture.allOf(confirmed.toArray(CompletableFuture[]::new)).thenApply((nothing) -> {
			if (definition.begun()) {
				this.refreshes.add(id);
			}
			return null;
		});
	}

	@Override
	public void unsubscribe(String channel) {
		String id = idOf(channel);
		Held held = (id != null) ? this.streams.remove(id) : null;
		if (id != null && held != null) {
			this.refreshes.remove(id);
			release(held);
		}
	}

	private void release(Held held) {
		held.snapshots.close();
		synchronized (this) {
			held.hubs.forEach((channel, hub) -> leave(held.stream, channel, hub));
			held.hubs.clear();
		}
	}

	/**
	 * Take a change of a stream. Those that are still subscribed to a freed one are told
	 * that it has ended.
	 * @param definition the stream, or {@code null} if it was freed
	 */
	void changed(String id, @Nullable StreamDefinition definition) {
		if (definition == null) {
			if (this.streams.containsKey(id)) {
				unsubscribe(PREFIX + id);
				end(id, SubscriptionEnd.ENDED);
			}
			return;
		}
		Held held = this.streams.get(id);
		if (held == null) {
			return;
		}
		boolean begins = held.stream.update(() -> this.table.get(id));
		Collection<CompletableFuture<?>> added = follow(held);
		if (begins || !added.isEmpty()) {
			// What changes before the relay has confirmed is in the current states
			CompletableFuture.allOf(added.toArray(CompletableFuture[]::new)).thenRun(() -> this.refreshes.add(id));
		}
	}

	/**
	 * End the subscriptions to all streams of a reducer that no process has.
	 */
	void away(String reducer) {
		this.streams.forEach((id, held) -> {
			if (held.stream.isOf(reducer)) {
				unsubscribe(PREFIX + id);
				end(id, SubscriptionEnd.AWAY);
			}
		});
	}

	private void end(String id, SubscriptionEnd cause) {
		this.ending.put(id, cause);
		endSoon(id);
	}

	/**
	 * End what could not be ended before. Called every second.
	 */
	void endAll() {
		this.ending.keySet().forEach(this::endSoon);
	}

	/** Not by the thread that reads commands: sessions have listeners. */
	private void endSoon(String id) {
		this.lanes.execute(id, () -> {
			SubscriptionEnd cause = this.ending.remove(id);
			if (cause != null) {
				this.ends.accept(PREFIX + id, cause);
			}
		});
	}

	/**
	 * Deliver all that the subscribers of a stream have, because another one has come.
	 */
	void again(String id) {
		Held held = this.streams.get(id);
		if (held != null && !this.lanes.execute(id, held.stream::again)) {
			this.refreshes.add(id);
		}
	}

	/**
	 * Listen to what a stream wants now, and no more to what it does not want.
	 * @return completes when the relay has confirmed what is new
	 */
	private synchronized Collection<CompletableFuture<?>> follow(Held held) {
		if (this.streams.get(held.stream.id()) != held) {
			// It was released meanwhile, and nobody would do that again
			return List.of();
		}
		List<CompletableFuture<?>> added = new ArrayList<>();
		Set<String> wanted = new HashSet<>();
		for (InterestId interest : held.stream.interests()) {
			String channel = interest.channel();
			wanted.add(channel);
			if (!held.hubs.containsKey(channel)) {
				Hub hub = this.hubs.get(channel);
				if (hub == null) {
					hub = new Hub(interest, channel);
					this.hubs.put(channel, hub);
				}
				hub.streams.add(held.stream);
				held.hubs.put(channel, hub);
				added.add(hub.listening.confirmed());
			}
		}
		for (Map.Entry<String, Hub> entry : List.copyOf(held.hubs.entrySet())) {
			if (!wanted.contains(entry.getKey())) {
				held.hubs.remove(entry.getKey());
				leave(held.stream, entry.getKey(), entry.getValue());
			}
		}
		return added;
	}

	private void leave(NodeStream stream, String channel, Hub hub) {
		hub.streams.remove(stream);
		if (hub.streams.isEmpty() && this.hubs.remove(channel, hub)) {
			hub.listening.close();
		}
	}

	void stop() {
		this.up = false;
		this.streams.values().forEach(this::release);
		this.streams.clear();
	}

	private record Held(NodeStream stream, Listening snapshots, Map<String, Hub> hubs) {

	}

	/**
	 * Brings the messages of a key or a query to all streams that want it.
	 */
	private final class Hub implements InternalChannels.Listener {

		private final Set<NodeStream> streams = ConcurrentHashMap.newKeySet();

		private final InterestId interest;

		private final String channel;

		private final Listening listening;

		Hub(InterestId interest, String channel) {
			this.interest = interest;
			this.channel = channel;
			this.listening = NodeStreams.this.channels.listen(channel, this);
		}

		@Override
		public void received(Map<String, String> headers, Payload payload) {
			boolean waits = NodeStreams.this.lanes.execute(this.channel, () -> {
				StreamMessage message = StreamWire.message(this.interest, headers, payload);
				this.streams.forEach((stream) -> stream.received(message));
			});
			if (!waits) {
				NodeStreams.this.overflows.increment();
				missed();
			}
		}

		@Override
		public void missed() {
			this.streams.forEach((stream) -> NodeStreams.this.refreshes.add(stream.id()));
		}

	}

	/**
	 * Brings the current states of a stream.
	 */
	private final class Snapshots implements InternalChannels.Listener {

		private final NodeStream stream;

		Snapshots(NodeStream stream) {
			this.stream = stream;
		}

		@Override
		public void received(Map<String, String> headers, Payload payload) {
			boolean waits = NodeStreams.this.lanes.execute(this.stream.id(),
					() -> this.stream.received(NodeStreams.this.wire.part(payload)));
			if (!waits) {
				NodeStreams.this.overflows.increment();
				missed();
			}
		}

		@Override
		public void missed() {
			NodeStreams.this.refreshes.add(this.stream.id());
		}

	}

}
