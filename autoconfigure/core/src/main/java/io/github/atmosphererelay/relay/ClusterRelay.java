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
import io.github.atmosphererelay.message.Position;
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
 * is not asked of it but measured, by sending envelopes through it to the same node.
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
	 * will be, and with {@link UnsupportedRelayOperationException} if the envelope is to
	 * be recorded and the relay has no log, and with {@link IllegalArgumentException} if
	 * it is too large
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
	 * Read from a channel's log.
	 * @param channel the channel's name
	 * @param since the position after which, or before which, to begin; {@code null} for
	 * the log's beginning or end
	 * @param limit how much to return at most
	 * @param direction whether to read towards newer or older publications
	 * @return completes, on a thread of the relay, with a page; fails with
	 * {@link RelayUnavailableException} or {@link RelayOverloadedException} if it cannot
	 * be read now, after about a second at the latest, and with
	 * {@link UnsupportedRelayOperationException} if the relay has no log
	 */
	default CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		return CompletableFuture.failedFuture(new UnsupportedRelayOperationException(name(), RelayCapability.RECORDED));
	}

	/**
	 * Read from a channel's log, {@link PageLimit#DEFAULT_BYTES} at most. For callers:
	 * relays implement the method that is given a {@link PageLimit}.
	 * @param channel the channel's name
	 * @param since the position after which, or before which, to begin; {@code null} for
	 * the log's beginning or end
	 * @param limit the greatest number of publications to return, 1 or more
	 * @param direction whether to read towards newer or older publications
	 * @return completes with a page; errors as with the other method
	 */
	default CompletableFuture<LogPage> read(String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		return read(channel, since, PageLimit.of(limit), direction);
	}

	/**
	 * Return the present end of a channel's log.
	 * @param channel the channel's name
	 * @return completes, on a thread of the relay, with the position of the newest
	 * publication, or one after it, so that {@link #read} forward since then brings what
	 * is published from now on; errors as with {@link #read}
	 */
	default CompletableFuture<Position> position(String channel) {
		return CompletableFuture.failedFuture(new UnsupportedRelayOperationException(name(), RelayCapability.RECORDED));
	}

	/**
	 * Tell where to go on in a channel's log for a node that cannot {@link #read} on from
	 * where it is: the epoch has changed, or the log's older part is gone. A relay that
	 * does not override this makes the node begin at the log's end and close sessions
	 * that have missed something.
	 * @param channel the channel's name
	 * @param delivered the position up to which the node has delivered everything
	 * @param reached the greatest offset in the epoch of that position at which the node
	 * knows of a publication, delivered or not. A relay whose broker has lost such a
	 * publication, for example by a fail-over to a replica that lacked it, keeps this in
	 * mind and tells all nodes that have not delivered it
	 * @return completes, on a thread of the relay, with where to go on; errors as with
	 * {@link #read}
	 */
	default CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return position(channel).thenApply((end) -> new LogContinuation(end, false));
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
