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

package io.github.atmosphererelay.guard;

import java.time.Duration;
import java.util.Locale;

/**
 * A part of a node that goes on by itself: a loop, a timer or callbacks of a client
 * library. Its {@linkplain #tag() tag} names it in meters, health and logs.
 */
public enum Part {

	/** Sends probes through the broker and judges them. */
	RELAY_MONITOR,

	/** Connects to the broker and keeps the subscriptions there. */
	RELAY_CONNECTION,

	/** Takes what the broker brings. */
	RELAY_RECEIVER,

	/** Sends to the broker, and ends what it does not answer in time. */
	RELAY_SENDER,

	/** Reads the logs of recorded channels from the broker. */
	LOG_READER,

	/**
	 * Appends to the logs of recorded channels while the relay is up. Not a loop: its
	 * failures are those of publishing.
	 */
	LOG_APPENDS(Duration.ofMinutes(10)),

	/** Compares recorded channels with their logs, and delivers what is missing. */
	LOG_FOLLOWERS,

	/** Leaves addresses on the broker in which nobody is interested any more. */
	INTEREST,

	/** Forgets the sequences of other nodes that are long over. */
	SEQUENCES,

	/** Pings clients, and ends those that do not answer or whose tokens have expired. */
	HEARTBEAT,

	/** Writes to clients. */
	WRITERS,

	/** Looks after the writers. */
	WRITERS_WATCHDOG,

	/** Closes the sockets of sessions that have ended. */
	CLOSERS,

	/** Knows which nodes there are. */
	MEMBERSHIP,

	/** Asks other nodes and answers them. */
	CLUSTER_REQUESTS,

	/** Knows who is in which channel. */
	PRESENCE,

	/** Saves durable sessions. */
	DURABLE_SESSIONS,

	/** Completes futures of the application. */
	CONTINUATIONS,

	/** Runs the handlers of clients' messages. */
	HANDLERS,

	/** Deadlines and repeated attempts of single clients. */
	CLIENT_TIMERS,

	/** Sends clients away when the node stops. */
	SHUTDOWN,

	/** Publishes the rates that the console shows. */
	CONSOLE;

	private final Duration window;

	Part() {
		this(Duration.ofMinutes(1));
	}

	Part(Duration window) {
		this.window = window;
	}

	/**
	 * Return the name for meters, health and logs.
	 * @return the name in lower case, with dashes
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/**
	 * Return within which time failures count as repeated.
	 */
	Duration window() {
		return this.window;
	}

}
