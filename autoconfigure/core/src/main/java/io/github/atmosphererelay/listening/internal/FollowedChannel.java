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

package io.github.atmosphererelay.listening.internal;

import io.github.atmosphererelay.delivery.internal.ChannelTap;
import io.github.atmosphererelay.message.Address;

/**
 * Follows a channel for one tap, from {@link #begin} to {@link #close}. For any thread.
 */
final class FollowedChannel implements Following {

	private final String channel;

	private final boolean clustered;

	private final ListeningContext context;

	private boolean begun;

	private boolean closed;

	/**
	 * Create an instance.
	 * @param clustered whether messages of other nodes come to the channel
	 */
	FollowedChannel(String channel, boolean clustered, ListeningContext context) {
		this.channel = channel;
		this.clustered = clustered;
		this.context = context;
	}

	Address address() {
		return new Address.Channel(this.channel);
	}

	@Override
	public synchronized void begin(ChannelTap tap) {
		if (this.closed) {
			return;
		}
		// First, so that the tap gets all that arrives on the address
		this.context.taps().add(this.channel, tap);
		try {
			if (this.clustered) {
				this.context.interest().acquire(address());
			}
			this.begun = true;
		}
		finally {
			if (!this.begun) {
				this.context.taps().remove(this.channel, tap);
			}
		}
	}

	/**
	 * Follow the channel again, if the relay has refused that before. If the node follows
	 * it already, nothing changes.
	 */
	synchronized void renew() {
		if (this.begun && this.clustered) {
			this.context.interest().acquire(address());
			this.context.interest().release(address());
		}
	}

	@Override
	public synchronized void close(ChannelTap tap) {
		this.closed = true;
		if (this.begun) {
			this.begun = false;
			this.context.taps().remove(this.channel, tap);
			if (this.clustered) {
				this.context.interest().release(address());
			}
		}
	}

}
