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
 * Transports envelopes between nodes. Redis, Kafka, or a transport of the application's
 * own implements this interface. A bean of this type replaces the configured relay.
 * <p>
 * Threads: every method may be called by any number of threads at once. Except for
 * {@link #stop}, a method must return without waiting for the network, and reports its
 * result through the future or the listener. A relay keeps the order in which one thread
 * calls {@link #publish} for one address.
 * <p>
 * Futures are completed on a thread of the relay, or before they are returned. A call of
 * a method must not complete futures of earlier calls on the calling thread, because the
 * caller may hold locks that the continuations of these futures need. Continuations of
 * these futures are always the library's own and short. Continuations of the application
 * run on other threads, because the application gets futures of its own.
 * <p>
 * Faults: as long as it is started, a relay connects and reconnects in the background. If
 * its broker is unreachable, it neither fails to start nor gives up. Its health is not
 * what it reports itself: the node {@linkplain #probe probes} it all the time.
 * <p>
 * Locks: a relay within one process may deliver to other nodes while {@link #publish}
 * runs, even while it holds a lock of its own. This library holds no lock that a delivery
 * may need when it calls a method of a relay.
 */
public interface ClusterRelay {

	/**
	 * Return the short name of the kind of relay, for health, logs and meters.
	 * @return for example {@code redis}
	 */
	String name();

	/**
	 * Start to connect, and to report to the given listener. Returns at once. A relay
	 * that was stopped can be started again.
	 * @param listener receives envelopes and events
	 */
	void start(RelayListener listener);

	/**
	 * Disconnect and forget all subscriptions. Futures that are still open fail with
	 * {@link RelayUnavailableException} or complete with {@link Outcome#UNCONFIRMED}. May
	 * block for up to a few seconds. After it has returned, the listener is not called
	 * any more.
	 */
	void stop();

	/**
	 * Replace the present connections by new ones, because probes have shown that they do
	 * not work, even if they look alive. Subscriptions are kept. Returns at once.
	 */
	default void reconnect() {
	}

	/**
	 * Find out whether the relay works. By default, the probe's envelope is published to
	 * this node itself, which follows its own address before the first probe. A relay
	 * without a broker, for which that would prove nothing, asks other nodes for an echo
	 * instead. Called by one thread at a time, every few seconds, and twice a second
	 * while there is no answer.
	 * @param probe the probe, to be answered before the configured timeout
	 */
	default void probe(RelayProbe probe) {
		publish(probe.envelope()).whenComplete((receipt, ex) -> {
			if (ex != null) {
				probe.failed(ex);
			}
		});
	}

	/**
	 * Send an envelope to the broker. An ephemeral envelope goes to all nodes that have
	 * subscribed to its address, including the publishing node. An envelope with
	 * {@linkplain Envelope#log() log options} is first appended to its channel's log, and
	 * then reaches all these nodes with its position, in the order of the log. If several
	 * envelopes have the same idempotency key within the key's window, only the first one
	 * is appended.
	 * @param envelope the envelope
	 * @return completes, on a thread of the relay, with a receipt:
	 * {@link Outcome#RELAYED}, with the position if it was recorded;
	 * {@link Outcome#DUPLICATE}, with the message id and the position of the first
	 * envelope with the key; or {@link Outcome#UNCONFIRMED}. Fails with
	 * {@link RelayUnavailableException} or {@link RelayOverloadedException} if the
	 * envelope was certainly not sent and never will be; with
	 * {@link RelayWithoutLogException} if the envelope has log options and the relay
	 * {@linkplain #log() has no log}; and with {@link IllegalArgumentException} if it is
	 * too large
	 */
	CompletableFuture<Receipt> publish(Envelope envelope);

	/**
	 * Send an envelope as {@link #publish} does that may arrive a second or two later,
	 * such as one that every node sends every few seconds. A relay whose receivers have
	 * to be woken need not wake them for it.
	 * @param envelope the envelope
	 * @return completes as that of {@link #publish}
	 */
	default CompletableFuture<Receipt> publishWithoutHurry(Envelope envelope) {
		return publish(envelope);
	}

	/**
	 * Subscribe to an address. Subscriptions outlive connections: after a reconnect the
	 * relay subscribes again by itself.
	 * @param address the address
	 * @return completes, on a thread of the relay, once the subscription is confirmed:
	 * every envelope that is published to the address from then on arrives. An envelope
	 * that was published shortly before may arrive too. The future stays open while the
	 * broker is unreachable. It is cancelled by {@link #unsubscribe}, and fails with
	 * {@link RelayUnavailableException} when the relay is stopped
	 */
	CompletableFuture<@Nullable Void> subscribe(Address address);

	/**
	 * End the subscription to an address. Envelopes that are on their way may still
	 * arrive.
	 * @param address the address
	 */
	void unsubscribe(Address address);

	/**
	 * Return the logs of recorded channels. The value does not change between start and
	 * stop. It may change with the next start, if the relay finds out only then whether
	 * there are recorded channels.
	 * @return reads the logs that {@link #publish} appends to, or {@code null} if this
	 * relay keeps no logs
	 */
	default @Nullable ChannelLog log() {
		return null;
	}

	/**
	 * Return the consumer groups of the relay's logs.
	 * @return the groups, or {@code null} if nodes cannot share the messages of its logs;
	 * always the same value
	 */
	default @Nullable ConsumerGroups groups() {
		return null;
	}

	/**
	 * Return what the relay can do beyond transporting ephemeral envelopes.
	 * @return the capabilities; always the same
	 */
	default Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.CLUSTERED);
	}

	/**
	 * Return details for operators, such as the name of a topic or an unexpected number
	 * of partitions. They are shown by health and the actuator endpoint.
	 * @return names and values, without secrets; may change over time
	 */
	default Map<String, Object> details() {
		return Map.of();
	}

}
