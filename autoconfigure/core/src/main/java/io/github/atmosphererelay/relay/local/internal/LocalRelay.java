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

package io.github.atmosphererelay.relay.local.internal;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The relay of a single node. It delivers envelopes on the publishing thread and keeps
 * the logs of recorded channels in memory, so it has no queue and no thread of its own.
 */
public final class LocalRelay implements ClusterRelay {

	private final MemoryLogs logs = new MemoryLogs(this::keyForgotten);

	private final MemoryGroups groups = new MemoryGroups(this.logs);

	/**
	 * Held while the listener is called, so that one thread at a time calls it. Taken
	 * before the lock of a log, because the listener may read the log.
	 */
	private final ReentrantLock delivery = new ReentrantLock();

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
		this.groups.clear();
		this.logs.clear();
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		RelayListener listener = this.listener;
		if (listener == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}
		CompletableFuture<Receipt> receipt = deliver(envelope, listener);
		if (envelope.log() != null && envelope.audience() instanceof Audience.Channel channel) {
			// Without the lock, because members of groups read at once
			this.groups.appended(channel.channel());
		}
		return receipt;
	}

	private CompletableFuture<Receipt> deliver(Envelope envelope, RelayListener listener) {
		this.delivery.lock();
		try {
			if (envelope.log() != null) {
				return append(envelope, envelope.log(), listener);
			}
			listener.received(envelope, null);
			return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.LOCAL_ONLY));
		}
		finally {
			this.delivery.unlock();
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void unsubscribe(Address address) {
	}

	private CompletableFuture<Receipt> append(Envelope envelope, LogOptions options, RelayListener listener) {
		try {
			return CompletableFuture.completedFuture(this.logs.append(envelope, options, listener::received));
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private void keyForgotten() {
		RelayListener listener = this.listener;
		if (listener != null) {
			listener.keyForgotten();
		}
	}

	int logCount() {
		return this.logs.count();
	}

	@Override
	public ChannelLog log() {
		return this.logs;
	}

	@Override
	public ConsumerGroups groups() {
		return this.groups;
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of();
	}

}
