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

package io.github.atmosphererelay.benchmark.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.HdrHistogram.Histogram;

/**
 * Connects, publishes and keeps account, all on the thread that calls. A delivery counts
 * when a client has it.
 */
public final class Load implements AutoCloseable {

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(60);

	private static final Duration SUBSCRIBE_TIMEOUT = Duration.ofSeconds(60);

	private static final Duration QUIET = Duration.ofMillis(500);

	/** Where nothing is published that would show when subscriptions are there. */
	private static final Duration SETTLE = Duration.ofSeconds(1);

	private static final Duration DRAIN = Duration.ofSeconds(5);

	private static final Duration STALLED = Duration.ofSeconds(2);

	private static final int HANDSHAKES = 128;

	/** Small enough that a server notices soon that a client does not read. */
	private static final int STALLED_BUFFER = 4096;

	private static final int RING = 1 << 16;

	/** Begins the path of a room whose clients receive server-sent events. */
	public static final String EVENTS = "events:";

	/** Begins the path of a room whose clients speak STOMP: then its destination. */
	public static final String STOMP = "stomp:";

	private final Selector selector;

	private final List<InetSocketAddress> nodes;

	private final String path;

	private final LoadPlan plan;

	private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).limit(1 << 20);

	private final List<Subscriber> subscribers = new ArrayList<>();

	private final List<Client> publishers = new ArrayList<>();

	private final List<Client> stalled = new ArrayList<>();

	private final int[] remaining = new int[RING];

	private final int[][] sequences;

	private final int[] turns;

	private final int[] members;

	private final Histogram latency = new Histogram(TimeUnit.MINUTES.toNanos(2), 3);

	private int opening;

	private int opened;

	private long closed;

	private long stalledClosed;

	private int sent;

	/** Messages before this one have been given up. */
	private int base;

	private int inflight;

	private long expected;

	private long received;

	private long doubled;

	private long reordered;

	private long deliveries;

	private long published;

	private long lastProgress;

	private boolean measuring;

	private long measuredFrom = Long.MAX_VALUE;

	private double connectsPerSecond;

	/**
	 * Create a load. Nothing is connected yet.
	 * @param nodes the servers
	 * @param path the path of a room, with {@code %d} for its number
	 * @param plan what to do
	 */
	public Load(List<InetSocketAddress> nodes, String path, LoadPlan plan) {
		try {
			this.selector = Selector.open();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.nodes = nodes;
		this.path = path;
		this.plan = plan;
		this.sequences = new int[plan.publishers()][plan.rooms()];
		this.turns = new int[plan.publishers()];
		this.members = new int[plan.rooms()];
	}

	/**
	 * Open all connections and wait until all subscribers hear all nodes.
	 * @return how many were opened a second
	 */
	public double connect() {
		long start = System.nanoTime();
		int rooms = this.plan.rooms();
		for (int i = 0; i < this.plan.subscribers(); i++) {
			Subscriber subscriber = new Subscriber(this.plan.publishers());
			int room = i % rooms;
			this.subscribers.add(subscriber);
			this.members[room]++;
			open(i / rooms + room, this.path.formatted(room), 0, subscriber);
		}
		awaitOpened();
		this.connectsPerSecond = this.opened / ((System.nanoTime() - start) / 1e9);
		for (int i = 0; i < this.plan.publishers(); i++) {
			this.publishers.add(open(i, "/publish", 0, new Silent()));
		}
		for (int i = 0; i < this.plan.stalled(); i++) {
			this.stalled.add(open(i, this.path.formatted(i % rooms), STALLED_BUFFER, new Stalled()));
		}
		awaitOpened();
		this.stalled.forEach(Client::stall);
		awaitSubscribed();
		return this.connectsPerSecond;
	}

	/**
	 * Subscriptions reach the broker after the handshake, and nothing tells when: publish
	 * at every node until every subscriber has heard it, each time after what was
	 * published before has come to rest. A message that is published before would count
	 * as lost, and is not.
	 */
	private void awaitSubscribed() {
		int publishers = Math.min(this.plan.publishers(), this.nodes.size());
		if (publishers == 0) {
			pollFor(SETTLE, () -> false);
			return;
		}
		long end = System.nanoTime() + SUBSCRIBE_TIMEOUT.toNanos();
		while (!this.subscribers.stream().allMatch((subscriber) -> subscriber.hears(publishers))) {
			if (System.nanoTime() > end) {
				throw new IllegalStateException("A subscriber hears nothing " + SUBSCRIBE_TIMEOUT + " after it came");
			}
			for (int publisher = 0; publisher < publishers; publisher++) {
				prime(publisher);
			}
			flush();
			this.lastProgress = System.nanoTime();
			pollFor(SUBSCRIBE_TIMEOUT, () -> System.nanoTime() - this.lastProgress > QUIET.toNanos());
		}
	}

	private void prime(int publisher) {
		BitSet rooms = new BitSet();
		for (int i = 0; i < this.subscribers.size(); i++) {
			if (!this.subscribers.get(i).heard.get(publisher)) {
				rooms.set(i % this.plan.rooms());
			}
		}
		rooms.stream().forEach((room) -> write(publisher, room, new Marker(Marker.PRIMER, publisher, 0, 0)));
	}

	private Client open(int node, String path, int receiveBuffer, Client.Listener listener) {
		this.opening++;
		try {
			Client client = Client.connect(this.selector, this.nodes.get(node % this.nodes.size()), path, receiveBuffer,
					listener);
			while (this.opening >= HANDSHAKES) {
				poll(100);
			}
			return client;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void awaitOpened() {
		if (!pollFor(CONNECT_TIMEOUT, () -> this.opening == 0)) {
			throw new IllegalStateException(this.opening + " connections were not opened within " + CONNECT_TIMEOUT);
		}
	}

	/**
	 * Keep the connections open without publishing.
	 * @param time how long
	 */
	public void idle(Duration time) {
		pollFor(time, () -> false);
	}

	/**
	 * Publish as planned, and wait at the end until everything has arrived, for a few
	 * seconds.
	 * @param begin called when measuring begins
	 * @param end called when measuring ends
	 * @return what came of it
	 */
	public LoadResult run(Runnable begin, Runnable end) {
		long start = System.nanoTime();
		long warm = start + this.plan.warmup().toNanos();
		long over = warm + this.plan.duration().toNanos();
		Alarm alarm = new Alarm(this.selector);
		long due = start;
		this.lastProgress = start;
		while (true) {
			long now = System.nanoTime();
			if (!this.measuring && now >= warm) {
				this.measuring = true;
				warm = now;
				over = now + this.plan.duration().toNanos();
				this.measuredFrom = now;
				begin.run();
			}
			if (this.measuring && now >= over) {
				break;
			}
			if (this.plan.window() > 0) {
				fillWindow(now);
				poll(20);
			}
			else {
				while (now >= due) {
					publish(due);
					due += (long) (1e9 / this.plan.rate());
				}
				flush();
				alarm.at(Math.min(due, this.measuring ? over : warm));
				poll(20);
			}
		}
		end.run();
		this.measuring = false;
		double seconds = (System.nanoTime() - this.measuredFrom) / 1e9;
		alarm.stop();
		pollFor(DRAIN, () -> this.received >= this.expected);
		// They have to read to see that they were closed
		this.stalled.forEach(Client::resume);
		pollFor(this.stalled.isEmpty() ? Duration.ZERO : STALLED, () -> this.stalledClosed == this.stalled.size());
		return new LoadResult(seconds, this.deliveries, this.published, this.latency, this.expected,
				this.expected - this.received, this.doubled, this.reordered, this.closed, this.stalledClosed,
				this.connectsPerSecond);
	}

	private void fillWindow(long now) {
		if (this.inflight > 0 && now - this.lastProgress > STALLED.toNanos()) {
			// Lost, or closed: what is on its way is given up, and shows as lost
			this.inflight = 0;
			this.base = this.sent;
			this.lastProgress = now;
		}
		while (this.inflight < this.plan.window()) {
			publish(now);
		}
		flush();
	}

	private void publish(long dueAt) {
		int publisher = this.sent % this.plan.publishers();
		int room = (publisher + this.plan.publishers() * this.turns[publisher]++) % this.plan.rooms();
		write(publisher, room, new Marker(publisher, ++this.sequences[publisher][room], this.sent, dueAt));
		this.remaining[this.sent % RING] = this.members[room];
		this.expected += this.members[room];
		this.inflight++;
		this.sent++;
		if (this.measuring) {
			this.published++;
		}
	}

	private void write(int publisher, int room, Marker marker) {
		Client client = this.publishers.get(publisher);
		if (!client.isOpen()) {
			throw new IllegalStateException("The server has closed the connection of a publisher");
		}
		byte[] prefix = (room + "|").getBytes(StandardCharsets.US_ASCII);
		ByteBuffer text = client.text(prefix.length + this.plan.size());
		text.put(prefix);
		marker.write(text, this.plan.size());
	}

	private void flush() {
		for (Client publisher : this.publishers) {
			try {
				publisher.flush();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
	}

	private boolean pollFor(Duration time, BooleanSupplier done) {
		long end = System.nanoTime() + time.toNanos();
		while (!done.getAsBoolean()) {
			if (System.nanoTime() >= end) {
				return false;
			}
			poll(20);
		}
		return true;
	}

	private void poll(long millis) {
		try {
			this.selector.select((key) -> ((Client) key.attachment()).handle(this.buffer.clear()), millis);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.selector.keys().forEach((key) -> ((Client) key.attachment()).close());
		try {
			this.selector.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void note(Subscriber subscriber, ByteBuffer buffer, int offset, int length) {
		if (length < Marker.LENGTH) {
			return;
		}
		long now = System.nanoTime();
		Marker marker = Marker.read(buffer, offset);
		if (marker.publisher() == Marker.PRIMER) {
			subscriber.heard.set(marker.sequence());
			this.lastProgress = now;
			return;
		}
		switch (subscriber.windows[marker.publisher()].note(marker.sequence())) {
			case DOUBLE -> {
				this.doubled++;
				return;
			}
			case LATE -> this.reordered++;
			case IN_ORDER -> {
			}
		}
		this.received++;
		this.lastProgress = now;
		if (this.measuring) {
			this.deliveries++;
		}
		if (marker.sentAt() >= this.measuredFrom) {
			this.latency.recordValue(Math.min(now - marker.sentAt(), this.latency.getHighestTrackableValue()));
		}
		if (marker.message() >= this.base && --this.remaining[marker.message() % RING] == 0) {
			this.inflight--;
		}
	}

	/**
	 * Wakes the selector at a time, which it can itself only to the millisecond.
	 */
	private static final class Alarm implements Runnable {

		private final Selector selector;

		private final Thread thread = new Thread(this, "alarm");

		private volatile long due = Long.MAX_VALUE;

		private volatile boolean stopped;

		Alarm(Selector selector) {
			this.selector = selector;
			this.thread.setDaemon(true);
			this.thread.start();
		}

		void at(long due) {
			if (this.due != due) {
				this.due = due;
				LockSupport.unpark(this.thread);
			}
		}

		void stop() {
			this.stopped = true;
			LockSupport.unpark(this.thread);
		}

		@Override
		public void run() {
			while (!this.stopped) {
				long due = this.due;
				long left = due - System.nanoTime();
				if (due == Long.MAX_VALUE) {
					LockSupport.park(this);
				}
				else if (left > 0) {
					LockSupport.parkNanos(this, left);
				}
				else {
					this.due = Long.MAX_VALUE;
					this.selector.wakeup();
				}
			}
		}

	}

	/**
	 * A connection whose messages nobody looks at.
	 */
	private class Silent implements Client.Listener {

		@Override
		public void opened(Client client) {
			Load.this.opening--;
			Load.this.opened++;
		}

		@Override
		public void received(Client client, ByteBuffer buffer, int offset, int length) {
		}

		@Override
		public void closed(Client client, boolean wasOpen, String reason) {
			if (!wasOpen) {
				throw new IllegalStateException("A connection could not be opened: " + reason);
			}
			ended();
		}

		void ended() {
			Load.this.closed++;
		}

	}

	/**
	 * A connection that does not read.
	 */
	private final class Stalled extends Silent {

		@Override
		void ended() {
			Load.this.stalledClosed++;
		}

	}

	/**
	 * A connection that receives.
	 */
	private final class Subscriber extends Silent {

		private final SequenceWindow[] windows;

		/** The publishers of which it has heard. */
		private final BitSet heard = new BitSet();

		Subscriber(int publishers) {
			this.windows = new SequenceWindow[publishers];
			for (int i = 0; i < publishers; i++) {
				this.windows[i] = new SequenceWindow();
			}
		}

		boolean hears(int publishers) {
			return this.heard.cardinality() >= publishers;
		}

		@Override
		public void received(Client client, ByteBuffer buffer, int offset, int length) {
			note(this, buffer, offset, length);
		}

	}

}
