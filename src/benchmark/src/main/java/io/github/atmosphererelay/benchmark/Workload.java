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

package io.github.atmosphererelay.benchmark;

import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.benchmark.load.LoadPlan;

/**
 * A load, and over how many nodes it goes.
 *
 * @param name how it is called
 * @param description what it is
 * @param kind what is measured
 * @param nodes how many nodes
 * @param subscribers how many connections receive
 * @param rooms over how many channels they are spread
 * @param publishers how many connections publish
 * @param window in a closed loop, how many messages may be on their way; otherwise 0
 * @param rate in an open loop, how many messages are published a second
 * @param size the size of the messages, in bytes
 * @param stalled how many further connections do not read
 * @param sendBuffer how much the kernel may take of what a client has not read, in bytes,
 * or 0 for what it takes over the loopback interface: megabytes, because segments are as
 * large as 64 KB there. Over Ethernet it takes some ten kilobytes of a client that does
 * not read
 */
record Workload(String name, String description, Kind kind, int nodes, int subscribers, int rooms, int publishers,
		int window, double rate, int size, int stalled, int sendBuffer) {

	/** The size of most messages, in bytes. */
	static final int SIZE = 128;

	private static final int KB = 1024;

	/** The kernel doubles it. */
	private static final int ETHERNET = 32 * KB;

	/** The workload that Kafka's own latency stands beside. */
	static final String BESIDE_PROBE = "W3";

	static final List<Workload> ALL = List.of(
			closed("W1c", "1 channel, 1,000 subscribers, closed loop, window 64", 2, 1000, 1, 1, 64),
			closed("W2c", "500 channels x 4 subscribers, 20 publishers, closed loop, window 256", 2, 2000, 500, 20,
					256),
			open("W1o", "1 channel, 1,000 subscribers at 20 messages/s", 1000, 20, 0),
			open("W3", "1 channel, 100 subscribers at 50 messages/s", 100, 50, 0),
			idle("W4", "memory per idle connection, 4,000 connections", Kind.IDLE, 4000, 100),
			idle("channels", "as W4, each connection in a channel of its own", Kind.IDLE, 4000, 4000),
			closed("relay", "as W1c, on one node", 1, 1000, 1, 1, 64),
			closed("nodes-3", "as W1c, on three nodes", 3, 1000, 1, 1, 64),
			closed("growth-100", "1 channel, 100 subscribers, closed loop, window 64", 2, 100, 1, 1, 64),
			closed("growth-10000", "1 channel, 10,000 subscribers, closed loop, window 64", 2, 10_000, 1, 1, 64),
			open("stalled", "as W1o, with 50 further clients that do not read", 1000, 20, 50),
			crowd("crowd", "1 channel, 2,000 subscribers at 10 messages/s of 1 KB", 2000, 10, 0),
			crowd("crowd-stalled", "as crowd, with 50 further clients that do not read", 2000, 10, 50),
			idle("connects", "10,000 connects, as fast as they are answered, after as many twice", Kind.CONNECTS,
					10_000, 100),
			closed("smoke", "2 channels, 20 subscribers, closed loop", 2, 20, 2, 2, 8), crowd("smoke-stalled",
					"1 channel, 20 subscribers at 100 messages/s of 1 KB, 4 clients that do not read", 20, 100, 4));

	private static Workload closed(String name, String description, int nodes, int subscribers, int rooms,
			int publishers, int window) {
		return new Workload(name, description, Kind.FLOW, nodes, subscribers, rooms, publishers, window, 0, SIZE, 0, 0);
	}

	private static Workload open(String name, String description, int subscribers, double rate, int stalled) {
		return new Workload(name, description, Kind.FLOW, 2, subscribers, 1, 1, 0, rate, SIZE, stalled, 0);
	}

	private static Workload crowd(String name, String description, int subscribers, double rate, int stalled) {
		return new Workload(name, description, Kind.FLOW, 2, subscribers, 1, 1, 0, rate, KB, stalled, ETHERNET);
	}

	private static Workload idle(String name, String description, Kind kind, int subscribers, int rooms) {
		return new Workload(name, description, kind, 1, subscribers, rooms, 0, 0, 0, SIZE, 0, 0);
	}

	static Workload of(String name) {
		return ALL.stream()
			.filter((workload) -> workload.name.equalsIgnoreCase(name))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException(
					"There is no workload '" + name + "'; there are " + ALL.stream().map(Workload::name).toList()));
	}

	/**
	 * Return whether it only shows in a test that the benchmark works.
	 * @return whether it is no part of all workloads
	 */
	boolean isSmoke() {
		return this.name.startsWith("smoke");
	}

	LoadPlan plan(Duration warmup, Duration duration) {
		return plan(warmup, duration, this.subscribers);
	}

	LoadPlan plan(Duration warmup, Duration duration, int subscribers) {
		return new LoadPlan(subscribers, this.rooms, this.publishers, this.window, this.rate, this.size, this.stalled,
				warmup, duration);
	}

	/**
	 * Return how many connections are made and ended in turn before it is measured what
	 * connections take: what the first ones load is no part of what each one takes, and
	 * for how fast they are made the compiler has to be done with them.
	 * @return numbers of connections
	 */
	List<Integer> rehearsals() {
		return (this.kind == Kind.CONNECTS) ? List.of(this.subscribers, this.subscribers) : List.of(200);
	}

	/**
	 * What is measured.
	 */
	enum Kind {

		/** Messages: what a delivery costs, and how long it takes. */
		FLOW,

		/**
		 * Connections that do nothing: what memory they take.
		 */
		IDLE,

		/**
		 * Connections that do nothing: how fast they are made.
		 */
		CONNECTS

	}

}
