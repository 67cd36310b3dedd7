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
 * A part of a node that runs in the background: a loop, a timer, or the callbacks of a
 * client library. Its {@linkplain #tag() tag} names it in meters, health and logs.
 */
public enum Part {

	/** Sends probes through the broker, and decides from them whether the relay is up. */
	RELAY_MONITOR,

	/** Connects to the broker and maintains the subscriptions there. */
	RELAY_CONNECTION,

	/** Receives envelopes from the broker. */
	RELAY_RECEIVER,

	/**
	 * Sends envelopes to the broker, and ends the wait for answers that do not come in
	 * time.
	 */
	RELAY_SENDER,

	/** Reads the logs of recorded channels from the broker. */
	LOG_READER,

	/**
	 * Appends to the logs of recorded channels while the relay is up. This is not a loop;
	 * its failures are failures to publish a message.
	 */
	LOG_APPENDS(Duration.ofMinutes(10)),

	/** Compares recorded channels with their logs, and delivers missing publications. */
	LOG_FOLLOWERS,

	/** Unsubscribes from addresses that no session of this node needs any more. */
	INTEREST,

	/** Forgets the sequences of other nodes that have not been used for long. */
	SEQUENCES,

	/**
	 * Pings clients, and disconnects those that do not answer or whose tokens have
	 * expired.
	 */
	HEARTBEAT,

	/** Finds HTTP sessions that have ended without an event, and closes their clients. */
	HTTP_SESSIONS,

	/** Writes messages to clients. */
	WRITERS,

	/** Watches the writers for writes that make no progress. */
	WRITERS_WATCHDOG,

	/** Closes the sockets of sessions that have ended. */
	CLOSERS,

	/** Keeps the list of the cluster's nodes. */
	MEMBERSHIP,

	/** Sends requests to other nodes, and answers theirs. */
	CLUSTER_REQUESTS,

	/** Keeps the presence of channels. */
	PRESENCE,

	/** Saves durable sessions. */
	DURABLE_SESSIONS,

	/** Reads the topics of feeds, and delivers their records. */
	FEEDS,

	/** Brings the messages of reducers to streams, and keeps account of streams. */
	STREAMS,

	/** Forwards the messages that committed transactions have left in the outbox. */
	OUTBOX,

	/** Keeps this node's leases in the application's database. */
	LEASES,

	/** Keeps the ring of nodes, and moves sessions to the nodes that it names. */
	ROUTING,

	/** Completes futures of the application. */
	CONTINUATIONS,

	/** Runs the handlers of messages from clients. */
	HANDLERS,

	/**
	 * Passes publications to listeners, reads logs for them, and shares consumer groups.
	 */
	LISTENERS,

	/** Delivers STOMP messages of other nodes, and sends receipts to STOMP clients. */
	STOMP,

	/** Runs timeouts and retries of single clients. */
	CLIENT_TIMERS,

	/** Disconnects clients when the node stops. */
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
	 * Return the time within which failures count as repeated.
	 */
	Duration window() {
		return this.window;
	}

}
