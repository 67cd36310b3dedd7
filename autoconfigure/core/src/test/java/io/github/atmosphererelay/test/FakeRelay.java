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

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.UnavailableLog;
import org.jspecify.annotations.Nullable;

/**
 * A relay that writes down what it is asked, and answers as it is told.
 */
public final class FakeRelay implements ClusterRelay {

	private final List<Envelope> published = new CopyOnWriteArrayList<>();

	private final List<Envelope> probes = new CopyOnWriteArrayList<>();

	private final List<String> interest = new CopyOnWriteArrayList<>();

	private final Map<Address, CompletableFuture<@Nullable Void>> subscriptions = new ConcurrentHashMap<>();

	private final AtomicInteger starts = new AtomicInteger();

	private final AtomicInteger stops = new AtomicInteger();

	private final AtomicInteger reconnects = new AtomicInteger();

	private volatile @Nullable RelayListener listener;

	private volatile boolean answersProbes = true;

	private volatile boolean confirms = true;

	private volatile @Nullable RuntimeException subscribeFailure;

	private volatile @Nullable ChannelLog log;

	private volatile @Nullable RuntimeException probeFailure;

	private final AtomicReference<@Nullable Error> error = new AtomicReference<>();

	private volatile Function<Envelope, CompletableFuture<Receipt>> answer = (envelope) -> CompletableFuture
		.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));

	/**
	 * Swallow probes, as a broker does that is frozen.
	 */
	public FakeRelay silent() {
		this.answersProbes = false;
		this.probeFailure = null;
		return this;
	}

	public FakeRelay failProbes(RuntimeException failure) {
		this.probeFailure = failure;
		return this;
	}

	/**
	 * Throw, as a relay of an application may, until it is called with {@code null}.
	 */
	public FakeRelay throwOnSubscribe(@Nullable RuntimeException failure) {
		this.subscribeFailure = failure;
		return this;
	}

	public FakeRelay answering() {
		this.probeFailure = null;
		this.answersProbes = true;
		return this;
	}

	/**
	 * Throw an error in the next call, whatever it is.
	 */
	public FakeRelay throwOnce(Error error) {
		this.error.set(error);
		return this;
	}

	/**
	 * Return whether an error is still to be thrown.
	 */
	public boolean isToThrow() {
		return this.error.get() != null;
	}

	private void throwIfTold() {
		Error error = this.error.getAndSet(null);
		if (error != null) {
			throw error;
		}
	}

	/**
	 * Leave the futures of subscriptions open.
	 */
	public FakeRelay unconfirming() {
		this.confirms = false;
		return this;
	}

	public FakeRelay answer(Function<Envelope, CompletableFuture<Receipt>> answer) {
		this.answer = answer;
		return this;
	}

	public FakeRelay answer(Outcome outcome) {
		return answer((envelope) -> CompletableFuture.completedFuture(Receipt.of(envelope.id(), outcome)));
	}

	public FakeRelay fail(RuntimeException failure) {
		return answer((envelope) -> CompletableFuture.<Receipt>failedFuture(failure).thenApply((receipt) -> receipt));
	}

	/**
	 * Claim to have logs, which cannot be read.
	 */
	public FakeRelay recorded() {
		this.log = new UnavailableLog(() -> new RelayUnavailableException(name(), null));
		return this;
	}

	@Override
	public @Nullable ChannelLog log() {
		return this.log;
	}

	@Override
	public String name() {
		return "fake";
	}

	@Override
	public void start(RelayListener listener) {
		this.starts.incrementAndGet();
		this.listener = listener;
	}

	@Override
	public void stop() {
		this.stops.incrementAndGet();
		this.listener = null;
	}

	@Override
	public void reconnect() {
		this.reconnects.incrementAndGet();
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		throwIfTold();
		if (envelope.kind() != Kind.PROBE) {
			this.published.add(envelope);
			return this.answer.apply(envelope);
		}
		this.probes.add(envelope);
		RuntimeException failure = this.probeFailure;
		if (failure != null) {
			// Through a dependent future, which wraps it, as in the real relays.
			return CompletableFuture.<Receipt>failedFuture(failure).thenApply((receipt) -> receipt);
		}
		RelayListener listener = this.listener;
		if (this.answersProbes && listener != null) {
			listener.received(envelope, null);
		}
		return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		RuntimeException failure = this.subscribeFailure;
		if (failure != null) {
			throw failure;
		}
		this.interest.add("subscribe " + address.value());
		CompletableFuture<@Nullable Void> future = new CompletableFuture<>();
		this.subscriptions.put(address, future);
		if (this.confirms) {
			future.complete(null);
		}
		return future;
	}

	@Override
	public void unsubscribe(Address address) {
		throwIfTold();
		this.interest.add("unsubscribe " + address.value());
		CompletableFuture<@Nullable Void> future = this.subscriptions.remove(address);
		if (future != null) {
			future.cancel(false);
		}
	}

	@Override
	public Map<String, Object> details() {
		return Map.of("topic", "fake-topic");
	}

	/**
	 * Return the listener, to report to as a relay does.
	 */
	public RelayListener listener() {
		RelayListener listener = this.listener;
		if (listener == null) {
			throw new IllegalStateException("Not started");
		}
		return listener;
	}

	public CompletableFuture<@Nullable Void> subscription(Address address) {
		return this.subscriptions.get(address);
	}

	public boolean follows(Address address) {
		return this.subscriptions.containsKey(address);
	}

	/**
	 * Return what was subscribed and unsubscribed, in order.
	 */
	public List<String> interest() {
		return this.interest;
	}

	public List<String> interestIn(Address address) {
		return this.interest.stream().filter((each) -> each.endsWith(" " + address.value())).toList();
	}

	public List<Envelope> published() {
		return this.published;
	}

	public List<Envelope> probes() {
		return this.probes;
	}

	public int starts() {
		return this.starts.get();
	}

	public int stops() {
		return this.stops.get();
	}

	public int reconnects() {
		return this.reconnects.get();
	}

}
