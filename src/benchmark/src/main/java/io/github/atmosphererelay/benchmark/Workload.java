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
 * @param stalled how many further connections do not read
 */
record Workload(String name, String description, Kind kind, int nodes, int subscribers, int rooms, int publishers,
		int window, double rate, int stalled) {

	/** The size of all messages, in bytes. */
	static final int SIZE = 128;

	/** The workload that Kafka's own latency stands beside. */
	static final String BESIDE_PROBE = "W3";

	static final List<Workload> ALL = List.of(
			closed("W1c", "1 channel, 1,000 subscribers, closed loop, window 64", 2, 1000, 1, 1, 64),
			closed("W2c", "500 channels x 4 subscribers, 20 publishers, closed loop, window 256", 2, 2000, 500, 20,
					256),
			open("W1o", "1 channel, 1,000 subscribers at 20 messages/s", 1000, 20, 0),
			open("W3", "1 channel, 100 subscribers at 50 messages/s", 100, 50, 0),
			new Workload("W4", "memory per idle connection, 4,000 connections", Kind.IDLE, 1, 4000, 100, 0, 0, 0, 0),
			new Workload("channels", "as W4, each connection in a channel of its own", Kind.IDLE, 1, 4000, 4000, 0, 0,
					0, 0),
			closed("relay", "as W1c, on one node", 1, 1000, 1, 1, 64),
			closed("nodes-3", "as W1c, on three nodes", 3, 1000, 1, 1, 64),
			closed("growth-100", "1 channel, 100 subscribers, closed loop, window 64", 2, 100, 1, 1, 64),
			closed("growth-10000", "1 channel, 10,000 subscribers, closed loop, window 64", 2, 10_000, 1, 1, 64),
			open("stalled", "as W1o, with 50 further clients that do not read", 1000, 20, 50),
			new Workload("connects", "10,000 connects, as fast as they are answered, after as many twice",
					Kind.CONNECTS, 1, 10_000, 100, 0, 0, 0, 0),
			closed("smoke", "2 channels, 20 subscribers, closed loop", 2, 20, 2, 2, 8));

	private static Workload closed(String name, String description, int nodes, int subscribers, int rooms,
			int publishers, int window) {
		return new Workload(name, description, Kind.FLOW, nodes, subscribers, rooms, publishers, window, 0, 0);
	}

	private static Workload open(String name, String description, int subscribers, double rate, int stalled) {
		return new Workload(name, description, Kind.FLOW, 2, subscribers, 1, 1, 0, rate, stalled);
	}

	static Workload of(String name) {
		return ALL.stream()
			.filter((workload) -> workload.name.equalsIgnoreCase(name))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException(
					"There is no workload '" + name + "'; there are " + ALL.stream().map(Workload::name).toList()));
	}

	LoadPlan plan(Duration warmup, Duration duration) {
		return plan(warmup, duration, this.subscribers);
	}

	LoadPlan plan(Duration warmup, Duration duration, int subscribers) {
		return new LoadPlan(subscribers, this.rooms, this.publishers, this.window, this.rate, SIZE, this.stalled,
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
