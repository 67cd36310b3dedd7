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

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

/**
 * The relay of one of several nodes within one process: knows whether it is started, and
 * what its node follows.
 */
abstract class FollowingRelay implements ClusterRelay {

	private final String name;

	private final Set<Address> followed = ConcurrentHashMap.newKeySet();

	private volatile @Nullable RelayListener listener;

	FollowingRelay(String name) {
		this.name = name;
	}

	@Override
	public String name() {
		return this.name;
	}

	@Override
	public void start(RelayListener listener) {
		this.listener = listener;
		listener.connectionChanged(true);
	}

	@Override
	public void stop() {
		this.listener = null;
		this.followed.clear();
	}

	boolean isStarted() {
		return this.listener != null;
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		this.followed.add(address);
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void unsubscribe(Address address) {
		this.followed.remove(address);
	}

	/**
	 * Hand an envelope to the node, if it follows its address.
	 */
	void handOver(Envelope envelope, @Nullable Position position) {
		RelayListener listener = this.listener;
		if (listener != null && this.followed.contains(envelope.address())) {
			listener.received(envelope, position);
		}
	}

	/**
	 * Return the receipt of a log that nodes share: others have the publication.
	 */
	static Receipt relayed(Receipt receipt) {
		return (receipt.outcome() != Outcome.LOCAL_ONLY) ? receipt
				: new Receipt(receipt.messageId(), Outcome.RELAYED, receipt.position());
	}

}
