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

package io.github.atmosphererelay.relay;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import org.jspecify.annotations.Nullable;

/**
 * What carries envelopes between nodes: the one interface behind which Redis, Kafka or an
 * application's own transport stands. A bean of this type replaces the configured relay.
 * <p>
 * Threads: every method may be called by any number of threads at once, must return
 * without waiting for the network, and reports through the future or the listener. A
 * relay keeps the order in which one thread calls {@link #publish} for one address.
 * <p>
 * Futures complete on a thread of the relay, or before they are returned, but never while
 * somebody else calls a method, whose locks those who wait may want. What depends on them
 * is the library's own, short, and never the application's: that has futures of its own,
 * which complete elsewhere.
 * <p>
 * Faults: a relay connects, and reconnects, in the background for as long as it is
 * started; it neither fails to start nor gives up because its broker is away. Its health
 * is not what it says of itself: the node {@linkplain #probe probes} it all the time.
 * <p>
 * Locks: a relay within one process may deliver to other nodes within {@link #publish},
 * also with a lock of its own held. This library calls no method of a relay with a lock
 * held that a delivery may want.
 */
public interface ClusterRelay {

	/**
	 * Return the short name of the kind of relay, for health, logs and meters.
	 * @return for example {@code redis}
	 */
	String name();

	/**
	 * Begin to connect and to report to the given listener. Returns at once. A relay that
	 * was stopped can be started again.
	 * @param listener receives what the relay brings
	 */
	void start(RelayListener listener);

	/**
	 * Disconnect and forget all subscriptions. Futures that are still open fail with
	 * {@link RelayUnavailableException} or complete as unconfirmed. May wait for up to a
	 * few seconds; when it returns, the listener is not called any more.
	 */
	void stop();

	/**
	 * Abandon the present connections, which have been found not to work although they
	 * may look alive, and make new ones. Subscriptions are kept. Returns at once.
	 */
	default void reconnect() {
	}

	/**
	 * Find out whether the relay works. By default an envelope goes through the broker to
	 * this node itself, which follows its own address before it asks. A relay without a
	 * broker, for which that would prove nothing, asks other nodes for an echo instead.
	 * Called by one thread at a time, every few seconds, and twice a second while there
	 * is no answer.
	 * @param probe the question, to be answered within the time that is configured
	 */
	default void probe(RelayProbe probe) {
		publish(probe.envelope()).whenComplete((receipt, ex) -> {
			if (ex != null) {
				probe.failed(ex);
			}
		});
	}

	/**
	 * Hand an envelope to the broker. An ephemeral envelope goes to the nodes that have
	 * subscribed to its address, the publishing node included; one with
	 * {@linkplain Envelope#log() log options} is appended to its channel's log first, and
	 * reaches every node with its position, in the log's order. Of several with the same
	 * idempotency key within the key's window the first one alone is appended.
	 * @param envelope the envelope
	 * @return completes, on a thread of the relay, with what is known: a receipt that
	 * says {@link Outcome#RELAYED}, with the position if it was recorded,
	 * {@link Outcome#DUPLICATE}, with message id and position of the first one, or
	 * {@link Outcome#UNCONFIRMED}. Fails with {@link RelayUnavailableException} or
	 * {@link RelayOverloadedException} if the envelope was certainly not sent and never
	 * will be, with {@link RelayWithoutLogException} if the envelope is to be recorded
	 * and the relay {@linkplain #log() has no log}, and with
	 * {@link IllegalArgumentException} if it is too large
	 */
	CompletableFuture<Receipt> publish(Envelope envelope);

	/**
	 * Begin to follow an address. Subscriptions outlive connections: after a reconnect
	 * the relay follows the address again without being asked.
	 * @param address the address
	 * @return completes, on a thread of the relay, once everything published to the
	 * address from now on arrives. Stays open while the broker is away. Is cancelled by
	 * {@link #unsubscribe}, and fails with {@link RelayUnavailableException} when the
	 * relay is stopped. An envelope that was published shortly before may arrive too
	 */
	CompletableFuture<@Nullable Void> subscribe(Address address);

	/**
	 * Stop following an address. What is on its way may still arrive.
	 * @param address the address
	 */
	void unsubscribe(Address address);

	/**
	 * Return the logs of recorded channels. Does not change between start and stop, but
	 * may with the next start, if that is when the relay learns whether there are
	 * recorded channels.
	 * @return what reads the logs that {@link #publish} appends to, or {@code null} if
	 * this relay keeps none
	 */
	default @Nullable ChannelLog log() {
		return null;
	}

	/**
	 * Return what the relay can do beyond carrying ephemeral envelopes.
	 * @return the capabilities, never changing
	 */
	default Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.CLUSTERED);
	}

	/**
	 * Return facts for people who operate the relay, such as the name of a topic or an
	 * unexpected number of partitions. Shown by health and the actuator endpoint.
	 * @return names and values, without secrets; may change over time
	 */
	default Map<String, Object> details() {
		return Map.of();
	}

}
