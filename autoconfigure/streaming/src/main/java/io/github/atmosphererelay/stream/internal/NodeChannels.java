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

package io.github.atmosphererelay.stream.internal;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import com.github.f4b6a3.uuid.UuidCreator;
import io.github.atmosphererelay.delivery.internal.ChannelTap;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Internal channels on the relay of a node.
 */
final class NodeChannels implements InternalChannels {

	/** A relay that is down confirms much later. */
	private static final Duration CONFIRMATION = Duration.ofSeconds(5);

	private final StreamNode node;

	NodeChannels(StreamNode node) {
		this.node = node;
	}

	@Override
	public CompletableFuture<@Nullable Void> publish(String channel, Map<String, String> headers, Payload payload) {
		UUID self = this.node.identity().id();
		Envelope envelope = new Envelope(UuidCreator.getTimeOrderedEpochFast(), self, Envelope.Kind.MESSAGE,
				System.currentTimeMillis(), new Audience.Channel(channel, null), headers, payload, null, null);
		try {
			return this.node.broadcaster().forward(envelope, true).thenApply((receipt) -> {
				if (receipt.outcome() == Outcome.UNCONFIRMED) {
					throw new RelayUnavailableException("relay", null);
				}
				return null;
			});
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	@Override
	public Listening listen(String channel, Listener listener) {
		Address address = new Address.Channel(channel);
		ChannelTap tap = new Tap(listener);
		this.node.taps().add(channel, tap);
		this.node.interest().acquire(address);
		AtomicBoolean open = new AtomicBoolean(true);
		return new Listening(this.node.interest().ready(address, CONFIRMATION), () -> {
			if (open.compareAndSet(true, false)) {
				this.node.taps().remove(channel, tap);
				this.node.interest().release(address);
			}
		});
	}

	private record Tap(Listener listener) implements ChannelTap {

		@Override
		public void published(Publication publication) {
			this.listener.received(publication.headers(), publication.payload());
		}

		@Override
		public void missed(long number) {
			this.listener.missed();
		}

		@Override
		public void moved() {
			// Only recorded channels do
		}

		@Override
		public void lost() {
			// Only recorded channels do
		}

		@Override
		public boolean equals(Object other) {
			// Two listeners of a channel may be equal
			return this == other;
		}

		@Override
		public int hashCode() {
			return System.identityHashCode(this);
		}

	}

}
