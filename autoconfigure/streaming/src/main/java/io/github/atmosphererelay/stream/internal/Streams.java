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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import com.github.f4b6a3.uuid.UuidCreator;
import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.feed.internal.FeedClients;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.internal.SourceDelivery;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.internal.InternalChannels.Listening;
import io.github.atmosphererelay.stream.internal.ProcessAcks.Ack;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The reducers and streams of this process. Starts after messaging, and may start again
 * after it was stopped.
 */
public final class Streams {

	private static final String ACKS = InternalChannels.PREFIX + "ack";

	/** No user has it. */
	private static final ChannelAccess NOBODY = ChannelAccess.authority("~atmosphere-internal");

	/** What a message has beside its payload, at most. */
	private static final int HEADERS = 4096;

	/** How long the members have time for a snapshot of a query. */
	private static final Duration SNAPSHOT = Duration.ofSeconds(5);

	private static final Duration REFRESH = Duration.ofMillis(500);

	private final List<? extends Reducer<?, ?>> reducers;

	private final StreamSettings settings;

	private final JsonMapper mapper;

	private final Map<String, ReducerStatistics> statistics = new HashMap<>();

	private final DelegatingSource source = new DelegatingSource();

	private final StreamRefusals refusals = new StreamRefusals();

	private volatile @Nullable Running running;

	/**
	 * Create the streams of some reducers.
	 * @param reducers the reducers
	 * @param settings the settings
	 * @param mapper reads and writes values, states and views
	 */
	public Streams(List<? extends Reducer<?, ?>> reducers, StreamSettings settings, JsonMapper mapper) {
		this.reducers = reducers;
		this.settings = settings;
		this.mapper = mapper;
		reducers.forEach((reducer) -> this.statistics.put(reducer.name(), new ReducerStatistics()));
	}

	/**
	 * Return the channels of streams, and those among processes, which no client reaches.
	 * @param queue the limits of each client's queue
	 * @return their options
	 */
	public List<ChannelOptions> channels(QueueLimits queue) {
		return List.of(ChannelOptions.builder(NodeStreams.PREFIX + "{id}", queue).source(this.source).build(),
				ChannelOptions.builder(InternalChannels.PREFIX + "{*rest}", queue)
					.subscribe(NOBODY)
					.clientPublish(NOBODY)
					.build());
	}

	/**
	 * Start. Returns at once.
	 * @param node the node
	 * @param clients the application's connection to Kafka
	 * @param store where states are kept; used if this process reduces
	 * @param alive returns the ids of the nodes of the cluster, or an empty set if they
	 * are not known at present
	 */
	public synchronized void start(StreamNode node, FeedClients clients, @Nullable StateStore store,
			Supplier<Set<UUID>> alive) {
		if (this.running == null) {
			Running running = new Running(node, clients, store, alive);
			this.running = running;
			this.source.streams = running.nodeStreams;
			running.start();
		}
	}

	/**
	 * Stop. Waits for up to ten seconds.
	 */
	public synchronized void stop() {
		Running running = this.running;
		this.running = null;
		this.source.streams = null;
		if (running != null) {
			running.stop();
		}
	}

	/**
	 * Return what makes and changes streams.
	 * @return the control
	 * @throws StreamRefusedException if this is stopped, or does not know all streams yet
	 */
	public StreamControl control() {
		Running running = this.running;
		if (running == null || !running.up) {
			// Limits hold only if all streams are known
			this.refusals.count(StreamRefusedException.Reason.UNAVAILABLE);
			throw new StreamRefusedException(StreamRefusedException.Reason.UNAVAILABLE,
					"this node does not know all streams yet, try again");
		}
		return running.control;
	}

	/**
	 * Return whether this process knows all streams and all processes.
	 * @return whether streams can be made
	 */
	public boolean isUp() {
		Running running = this.running;
		return running != null && running.up;
	}

	/**
	 * Note that a session of this node is subscribed to a channel.
	 * @param channel the channel's name
	 */
	public void subscribed(String channel) {
		Running running = this.running;
		String id = NodeStreams.idOf(channel);
		if (running != null && id != null && !running.control.subscribed(id, this.settings.automatic())) {
			running.nodeStreams.again(id);
		}
	}

	/**
	 * Return the counters of the reducers in this process.
	 * @return the counters by the reducer's name
	 */
	public Map<String, ReducerStatistics> statistics() {
		return Map.copyOf(this.statistics);
	}

	/**
	 * Return how far this process has got with a reducer.
	 * @param reducer the reducer's name
	 * @return the progress, which has no partitions if this process does not reduce
	 */
	public ReducerProgress progress(String reducer) {
		Running running = this.running;
		return (running != null) ? running.progress(reducer) : ReducerProgress.NONE;
	}

	/**
	 * Return why reducers of this process do not work, in part or whole.
	 * @return the problems by the names of reducer and partition
	 */
	public Map<String, String> problems() {
		Map<String, String> problems = new TreeMap<>();
		for (String reducer : this.statistics.keySet()) {
			progress(reducer).problems().forEach((name, problem) -> problems.put(reducer + ": " + name, problem));
		}
		return problems;
	}

	/**
	 * Return how many requests of clients were refused.
	 * @return the counters, which go on when this is started again
	 */
	public StreamRefusals refusals() {
		return this.refusals;
	}

	/**
	 * Return the figures of this process, for meters.
	 * @return the figures, all 0 while this is stopped
	 */
	public Figures figures() {
		Running running = this.running;
		return (running != null) ? running.figures() : new Figures(0, 0, 0, 0, 0, 0, 0);
	}

	/**
	 * The figures of a process.
	 *
	 * @param streams the number of streams of the cluster
	 * @param keys the number of their keys
	 * @param subscribed the number of streams with subscribers on this node
	 * @param interests the number of keys and queries that this node listens to
	 * @param overflows the number of messages that were left out because too many waited
	 * @param tooLarge the number of views that were left out because of their size
	 * @param refused the number of commands that did not fit or could not be read
	 */
	public record Figures(int streams, int keys, int subscribed, int interests, long overflows, long tooLarge,
			long refused) {

	}

	/**
	 * Reducers and streams between start and stop.
	 */
	private final class Running implements CommandReader.Listener {

		private final StreamTable table;

		private final NodeStreams nodeStreams;

		private final StreamControl control;

		private final StreamOutlet outlet;

		private final CommandReader reader;

		private final List<ReducerMember<?>> members = new ArrayList<>();

		private final ProcessAcks acks = new ProcessAcks(System::nanoTime);

		private final StreamLanes lanes;

		private final StreamRefreshes refreshes;

		private final StreamReaper reaper;

		private final AbsentReducers absent;

		private final KafkaCommandWriter writer;

		private final KafkaReducerClients consumers;

		private final InternalChannels channels;

		private final List<Listening> listenings = new ArrayList<>();

		private final StreamNode node;

		private final Guard guard;

		private final ScheduledExecutorService timer = Executors
			.newSingleThreadScheduledExecutor(Threads.factory("streams-timer"));

		private final Set<String> reduced;

		private volatile boolean caughtUp;

		/** Whether the relay has taken the last message to the other processes. */
		private volatile boolean told;

		/** Whether it also knows the other processes, and they it. */
		private volatile boolean up;

		Running(StreamNode node, FeedClients clients, @Nullable StateStore store, Supplier<Set<UUID>> alive) {
			StreamSettings settings = Streams.this.settings;
			JsonMapper mapper = Streams.this.mapper;
			this.node = node;
			this.guard = node.guard();
			this.channels = new NodeChannels(node);
			CommandCodec codec = new CommandCodec(mapper);
			StreamWire wire = new StreamWire(mapper);
			List<ReducerFunctions<?>> functions = new ArrayList<>();
			for (Reducer<?, ?> reducer : Streams.this.reducers) {
				functions.add(functions(reducer));
			}
			this.table = new StreamTable(functions,
					new StreamTable.Limits(settings.maxStreams(), settings.maxKeysPerStream(), settings.maxKeys()));
			this.lanes = new StreamLanes(this.guard);
			this.refreshes = new StreamRefreshes(this.channels, mapper);
			this.absent = new AbsentReducers(this.table.reducers(), settings.grace());
			this.nodeStreams = new NodeStreams(this.channels, this.table, wire, mapper, this.lanes, this.refreshes,
					this::deliver, this.absent, node.sources()::end);
			this.outlet = new StreamOutlet(this.channels, wire, Math.max(1, settings.maxMessageBytes() - HEADERS));
			this.writer = new KafkaCommandWriter(settings.commandTopic(), clients);
			String self = node.identity().id().toString();
			QuerySnapshots querySnapshots = new QuerySnapshots(this.channels, wire, mapper, this.lanes,
					new QuerySnapshots.Settings(settings.maxSnapshotBytes(), settings.snapshotMaxAge(), SNAPSHOT),
					System::nanoTime);
			this.control = new StreamControl(this.table, codec, this.writer, this.acks, self,
					settings.maxStreamsPerUser(), Streams.this.refusals, querySnapshots);
			this.reaper = new StreamReaper(this.table, self, settings.grace(), this.nodeStreams::has,
					() -> alive.get().stream().map(UUID::toString).collect(Collectors.toSet()), new Steps());
			TopicGenerations generations = new TopicGenerations();
			this.consumers = new KafkaReducerClients(clients, settings.instance());
			this.reader = new CommandReader(settings.commandTopic(), this.consumers, this.table, generations, codec,
					this);
			this.reduced = (settings.reduces() && store != null) ? Set.copyOf(this.table.reducers()) : Set.of();
			if (settings.reduces() && store != null) {
				for (ReducerFunctions<?> each : functions) {
					this.members.add(member(each, store, this.consumers, generations, codec));
				}
			}
		}

		Figures figures() {
			return new Figures(this.table.streams(), this.table.keys(), this.nodeStreams.size(),
					this.nodeStreams.interests(), this.nodeStreams.overflows(), this.outlet.tooLarge(),
					this.reader.refused());
		}

		ReducerProgress progress(String reducer) {
			return this.members.stream()
				.filter((member) -> member.reducer().equals(reducer))
				.map(ReducerMember::progress)
				.reduce(ReducerProgress.NONE, ReducerProgress::plus);
		}

		private <S> ReducerFunctions<S> functions(Reducer<?, S> reducer) {
			ReducerStatistics statistics = Streams.this.statistics.getOrDefault(reducer.name(),
					new ReducerStatistics());
			return new ReducerFunctions<>(reducer, Streams.this.mapper, statistics);
		}

		private <S> ReducerMember<S> member(ReducerFunctions<S> functions, StateStore store, ReducerClients clients,
				TopicGenerations generations, CommandCodec codec) {
			StreamSettings settings = Streams.this.settings;
			Reducer<?, S> reducer = functions.reducer();
			ReducerEngine<S> engine = new ReducerEngine<>(functions, this.table,
					new StoredStates(store, reducer.name()), this.outlet,
					Streams.this.statistics.getOrDefault(reducer.name(), new ReducerStatistics()),
					new ReducerEngine.Settings(settings.cacheBytes(), settings.publishTimeout()));
			ReducerTopic topic = new ReducerTopic(reducer.topic(), clients, generations, codec, this.writer);
			return new ReducerMember<>(engine, this.table, clients, this.outlet, topic, settings.group(reducer.name()),
					settings.consumers());
		}

		void start() {
			this.listenings.add(this.channels.listen(ACKS, new Listener(this::told)));
			this.listenings.add(this.channels.listen(StreamRefreshes.CHANNEL,
					new Listener((payload) -> this.refreshes.read(payload, this::refresh))));
			this.listenings.add(this.channels.listen(SnapshotRequest.CHANNEL, new Listener(this::asked)));
			this.guard.repeat(this.timer, this::everySecond, ProcessAcks.PERIOD, ProcessAcks.PERIOD);
			this.guard.repeat(this.timer, this.refreshes::flush, REFRESH, REFRESH);
			CompletableFuture<@Nullable Void> caughtUp = new CompletableFuture<>();
			caughtUp.thenRun(() -> {
				this.caughtUp = true;
				this.nodeStreams.up(true);
				tell();
				// Until then a stream that is made here would not wait for processes that
				// this one has not heard of
				this.guard.later(this.timer, () -> this.up = true, ProcessAcks.PERIOD);
			});
			this.guard.later(this.timer, () -> read(caughtUp), Duration.ZERO);
			this.members.forEach((member) -> member.start(caughtUp));
		}

		/**
		 * Read the commands once there is a topic for them: otherwise the broker may
		 * create it with its own settings.
		 */
		private void read(CompletableFuture<@Nullable Void> caughtUp) {
			try {
				this.writer.ensureTopic();
			}
			catch (Exception ex) {
				this.guard.later(this.timer, () -> read(caughtUp), ProcessAcks.PERIOD);
				throw new IllegalStateException(ex);
			}
			this.reader.start().thenRun(() -> caughtUp.complete(null));
		}

		private void asked(Payload payload) {
			SnapshotRequest request = Streams.this.mapper.readValue(payload.bytes(), SnapshotRequest.class);
			this.members.forEach((member) -> member.asked(request));
		}

		private void told(Payload payload) {
			Ack ack = Streams.this.mapper.readValue(payload.bytes(), Ack.class);
			boolean self = ack.process().equals(this.node.identity().id().toString());
			if (this.acks.received(ack) && !self) {
				tell();
			}
		}

		private void everySecond() {
			tell();
			this.acks.check();
			if (this.caughtUp) {
				this.reaper.look(System.nanoTime());
				// Without the relay nobody is heard
				this.absent.look(this.told ? this.acks.reducers() : this.table.reducers(), System.nanoTime())
					.forEach(this.nodeStreams::away);
				this.nodeStreams.endAll();
			}
		}

		/**
		 * Tell the other processes up to where this one knows the commands.
		 */
		private void tell() {
			if (this.caughtUp) {
				Ack ack = new Ack(this.node.identity().id().toString(), this.reader.position(), this.reduced);
				this.channels.publish(ACKS, Map.of(), Payload.text(Streams.this.mapper.writeValueAsBytes(ack)))
					.whenComplete((nothing, ex) -> this.told = ex == null);
			}
		}

		@Override
		public void changed(String stream, @Nullable StreamDefinition before, @Nullable StreamDefinition definition,
				long offset) {
			this.control.applied(stream, before, definition, offset);
			refresh(stream);
			this.nodeStreams.changed(stream, definition);
		}

		@Override
		public void known(long offset) {
			tell();
		}

		private void refresh(String stream) {
			this.members.forEach((member) -> member.refresh(stream));
		}

		private void deliver(String stream, Map<String, String> headers, byte[] json) {
			String channel = NodeStreams.PREFIX + stream;
			this.node.sources()
				.deliver(channel,
						new Envelope(UuidCreator.getTimeOrderedEpochFast(), this.node.identity().id(),
								Envelope.Kind.MESSAGE, System.currentTimeMillis(), SourceDelivery.audience(channel),
								headers, Payload.text(json), null, null),
						null);
		}

		void stop() {
			this.timer.shutdownNow();
			this.members.forEach(ReducerMember::stop);
			this.reader.stop();
			this.consumers.close();
			this.listenings.forEach(Listening::close);
			this.nodeStreams.stop();
			this.lanes.stop();
			this.writer.stop();
		}

		private final class Steps implements StreamReaper.Steps {

			@Override
			public void take(String id) {
				Running.this.control.take(id);
			}

			@Override
			public void offer(String id) {
				Running.this.control.offer(id);
			}

			@Override
			public void free(String id) {
				Running.this.control.free(id);
			}

		}

		/**
		 * Takes messages off the threads of the relay.
		 */
		private final class Listener implements InternalChannels.Listener {

			private final Consumer<Payload> taken;

			Listener(Consumer<Payload> taken) {
				this.taken = taken;
			}

			@Override
			public void received(Map<String, String> headers, Payload payload) {
				Running.this.lanes.execute(ACKS, () -> this.taken.accept(payload));
			}

			@Override
			public void missed() {
				// Both are told again
			}

		}

	}

}
