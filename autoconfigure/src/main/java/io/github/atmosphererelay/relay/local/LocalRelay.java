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

package io.github.atmosphererelay.relay.local;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.UnsupportedRelayOperationException;
import org.jspecify.annotations.Nullable;

/**
 * The relay of a single node. It hands envelopes back on the publishing thread and keeps
 * nothing, so it has neither queue nor thread of its own.
 */
public final class LocalRelay implements ClusterRelay {

	private volatile @Nullable RelayListener listener;

	@Override
	public String name() {
		return "local";
	}

	@Override
	public void start(RelayListener listener) {
		this.listener = listener;
		listener.connectionChanged(true);
	}

	@Override
	public void stop() {
		this.listener = null;
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		RelayListener listener = this.listener;
		if (listener == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}
		if (envelope.log() != null) {
			return CompletableFuture
				.failedFuture(new UnsupportedRelayOperationException(name(), RelayCapability.RECORDED));
		}
		listener.received(envelope, null);
		return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));
	}

	@Override
	public CompletableFuture<@Nullable Position> subscribe(Address address) {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void unsubscribe(Address address) {
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of();
	}

}
