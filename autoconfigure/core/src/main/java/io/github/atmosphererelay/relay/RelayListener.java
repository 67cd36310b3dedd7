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

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import org.jspecify.annotations.Nullable;

/**
 * Receives envelopes and events from a relay. The methods are called on threads of the
 * relay, possibly event loops; they return quickly, never block and throw nothing.
 */
public interface RelayListener {

	/**
	 * An envelope has arrived. Envelopes of one address and one origin arrive in the
	 * order in which they were published, and those of a recorded channel in the order of
	 * its log. The method is called by one thread at a time. The node's own envelopes
	 * arrive too.
	 * @param envelope the envelope
	 * @param position the position in the channel's log, or {@code null} if the channel
	 * is ephemeral
	 */
	void received(Envelope envelope, @Nullable Position position);

	/**
	 * Bytes have arrived that are not an envelope, and were skipped.
	 * @param reason what was wrong with them
	 */
	void rejected(WireFormatException.Reason reason);

	/**
	 * Envelopes to an address may have been missed, because the subscription was
	 * interrupted. If the address is that of a recorded channel, the node has to compare
	 * what it has received with the channel's log.
	 * @param address the address
	 */
	void gap(Address address);

	/**
	 * Confirmed publications of a recorded channel are lost, and reading the log does not
	 * show the loss. It is known because another node had received them and has reported
	 * it. Called by the thread that calls {@link #received}, in the order of the log.
	 * @param address the channel's address
	 * @param position a position in the log. {@link ChannelLog#hasLostSince} returns
	 * {@code true} for positions before it, and sessions that subscribe later start after
	 * it. All publications of the channel before it were passed to {@link #received}
	 * @param missed whether this node has missed some of the lost publications, so that
	 * its sessions must be told
	 */
	default void lost(Address address, Position position, boolean missed) {
	}

	/**
	 * A relay that keeps idempotency keys in this node's memory has forgotten one before
	 * the end of its window, because too many are in use. This node does not recognise
	 * another publication with that key as a duplicate. May be called while locks are
	 * held.
	 */
	default void keyForgotten() {
	}

	/**
	 * Return the guards with which the relay runs its loops, timers and callbacks, so
	 * that they survive every exception and the node counts the failures.
	 * @return the guards, always the same
	 */
	default Guards guards() {
		return Guards.UNREPORTED;
	}

	/**
	 * The relay has connected, or has noticed that it is disconnected. This is only a
	 * hint to probe the relay now.
	 * @param connected {@code true} if a connection was made, {@code false} if one was
	 * lost
	 */
	void connectionChanged(boolean connected);

}
