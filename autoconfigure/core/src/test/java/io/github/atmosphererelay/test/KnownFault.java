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

package io.github.atmosphererelay.test;

/**
 * What systems of this kind are known to get wrong when something fails. Each of these
 * has a test that is about it, marked with {@link Covers}.
 */
public enum KnownFault {

	/** The publisher's node delivers by itself, so that nodes disagree on the order. */
	NODES_DISAGREE_ON_THE_ORDER,

	/** What is needed to recover is saved only when a loss has been noticed. */
	STATE_IS_SAVED_ONLY_ON_A_NOTICED_DISCONNECT,

	/** A session can be restored once only. */
	RECOVERY_WORKS_ONLY_ONCE,

	/** A client that has missed nothing is not recognised as recovered. */
	RECONNECT_WITH_NOTHING_MISSED,

	/** What came between two reads of the log is passed over. */
	ENTRIES_BETWEEN_READS_ARE_MISSED,

	/** A gap that trimming has made is not noticed. */
	TRIMMED_BELOW_THE_CLIENTS_POSITION,

	/** Replay ends after so many messages, and the rest is lost. */
	REPLAY_ENDS_BEFORE_THE_LIVE_MESSAGES_BEGIN,

	/** Replay and live messages race with each other. */
	RECONNECT_IN_A_BURST_OF_TEN_PAGES,

	/** A message that the broker did not take is delivered here, and nobody is told. */
	A_FAILED_PUBLICATION_IS_NOT_TOLD,

	/** Nothing comes any more after the broker was restarted, or comes twice. */
	SILENCE_OR_DOUBLES_AFTER_A_RESTART_OF_THE_BROKER,

	/** The subscriber's node dies between the log and the socket. */
	SUBSCRIBERS_NODE_IS_KILLED,

	/** The publisher's node dies between the log and the other nodes. */
	PUBLISHERS_NODE_IS_KILLED,

	/** Another server takes over, which may lack what the first one had confirmed. */
	BROKER_FAILS_OVER,

	/** The log is emptied or made anew, and offsets begin again. */
	LOG_BEGINS_ANOTHER_LIFE,

	/** One node reaches the broker and another does not, and then both do. */
	PARTITION_HEALS,

	/** A client is back before its loss was noticed. */
	RECONNECT_BEFORE_THE_PING_TIMEOUT,

	/** A second connection takes a session over from the first. */
	SECOND_CONNECTION_TAKES_OVER,

	/** A client comes back to a node that has never heard of it. */
	RECONNECT_TO_ANOTHER_NODE,

	/** A client does not read, or too slowly. */
	CLIENT_THAT_DOES_NOT_READ,

	/** A message is larger than is allowed. */
	OVERSIZED_MESSAGE,

	/** All nodes are replaced one after the other under load. */
	ROLLING_RESTART_UNDER_LOAD,

	/** A node sends its clients away before it stops. */
	DRAIN,

	/** Every client has everything, whatever it speaks and whatever carries it. */
	EVERY_RELAY_WITH_EVERY_PROTOCOL,

	/** WebSockets take all connections of the web server, and health checks wait. */
	SERVER_RUNS_OUT_OF_CONNECTIONS,

	/** A malformed handshake is an error of the server, with a stack trace for each. */
	MALFORMED_HANDSHAKE,

	/** Clients behind a proxy choose the address that they count as. */
	FORGED_ADDRESS,

	/** The relay reconnects, and nobody subscribes again or reads what was missed. */
	RELAY_RECONNECTS

}
