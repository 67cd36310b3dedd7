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
 * Receives what a relay brings. The methods are called on threads of the relay, possibly
 * event loops; they return quickly, never block and throw nothing.
 */
public interface RelayListener {

	/**
	 * An envelope has arrived. Envelopes of one address and one origin come in the order
	 * in which they were published, by one thread at a time, and those of a recorded
	 * channel in the order of its log. The node's own envelopes come too.
	 * @param envelope the envelope
	 * @param position the place in the channel's log, or {@code null} if the channel is
	 * ephemeral
	 */
	void received(Envelope envelope, @Nullable Position position);

	/**
	 * Something has arrived that is not an envelope, and was skipped.
	 * @param reason what was wrong with it
	 */
	void rejected(WireFormatException.Reason reason);

	/**
	 * Envelopes may have been missed at an address, because the subscription was
	 * interrupted. What has come of a recorded channel since is to be compared with its
	 * log.
	 * @param address the address
	 */
	void gap(Address address);

	/**
	 * Publications of a recorded channel that were confirmed are gone from its log, and
	 * the log does not show it. Another node had received them and has said so. Called by
	 * the thread that calls {@link #received}, in the order of the log.
	 * @param address the channel's address
	 * @param position a place in the log, before which {@link ChannelLog#hasLostSince}
	 * answers {@code true}: sessions that come later begin after it. Everything of the
	 * channel before it was given to {@link #received}
	 * @param missed whether this node has not received all of them, so that its sessions
	 * are to be told
	 */
	default void lost(Address address, Position position, boolean missed) {
	}

	/**
	 * A relay that keeps idempotency keys in this node's memory has forgotten one within
	 * its window, because too many are in use. A publication that uses it again is no
	 * double for this node. May be called with locks held.
	 */
	default void keyForgotten() {
	}

	/**
	 * Return what keeps the relay's loops, timers and callbacks going: the relay runs
	 * them by it, so that they outlive whatever is thrown, and the node counts that.
	 * @return the guards, always the same
	 */
	default Guards guards() {
		return Guards.UNREPORTED;
	}

	/**
	 * The relay has connected or has noticed that it is not connected. A hint that a look
	 * is due, not a proof.
	 * @param connected whether a connection was made rather than lost
	 */
	void connectionChanged(boolean connected);

}
