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

package io.github.atmosphererelay.node.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * A relay with logs whose broker does one thing at a time, and only when the simulation
 * lets it: {@link #step()} confirms a subscription, answers a question, or delivers the
 * next publication of one channel, whichever the seed says.
 */
final class SimulatedRelay implements ClusterRelay, ChannelLog {

	private static final String EPOCH = "e";

	private final Random random;

	/** What another node publishes under. */
	private final UUID otherNode = new UUID(1, 1);

	private final Map<String, List<Publication>> logs = new LinkedHashMap<>();

	private final Set<Address> followed = new LinkedHashSet<>();

	private final Map<Address, CompletableFuture<@Nullable Void>> unconfirmed = new LinkedHashMap<>();

	/** Questions and receipts, which the broker answers in any order. */
	private final List<Runnable> answers = new ArrayList<>();

	/** What is on its way to this node, by address, in the order of publishing. */
	private final Map<Address, List<Runnable>> deliveries = new LinkedHashMap<>();

	private @Nullable RelayListener listener;

	private boolean down;

	SimulatedRelay(Random random) {
		this.random = random;
	}

	@Override
	public String name() {
		return "simulated";
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.CLUSTERED);
	}

	@Override
	public ChannelLog log() {
		return this;
	}

	@Override
	public boolean hasConsecutiveOffsets() {
		return true;
	}

	@Override
	public void start(RelayListener listener) {
		this.listener = listener;
	}

	@Override
	public void stop() {
		this.listener = null;
	}

	private RelayListener listener() {
		RelayListener listener = this.listener;
		if (listener == null) {
			throw new IllegalStateException("Not started");
		}
		return listener;
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		if (this.down) {
			return CompletableFuture.failedFuture(unavailable());
		}
		if (envelope.kind() == Envelope.Kind.PROBE) {
			listener().received(envelope, null);
			return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));
		}
		Position position = accept(envelope);
		CompletableFuture<Receipt> receipt = new CompletableFuture<>();
		this.answers.add(() -> receipt.complete(new Receipt(envelope.id(), Outcome.RELAYED, position)));
		return receipt;
	}

	/**
	 * Publish from another node, which the broker stays connected to.
	 */
	void publishElsewhere(String channel, String text, @Nullable LogOptions log) {
		accept(new Envelope(UUID.randomUUID(), this.otherNode, Envelope.Kind.MESSAGE, System.currentTimeMillis(),
				new Audience.Channel(channel, null), Map.of(), Payload.text(text), null, log));
	}

	private @Nullable Position accept(Envelope envelope) {
		Position position = null;
		if (envelope.log() != null && envelope.audience() instanceof Audience.Channel channel) {
			List<Publication> log = log(channel.channel());
			position = new Position(EPOCH, log.size() + 1L);
			log.add(Publication.of(envelope, channel.channel(), position));
		}
		Address address = envelope.address();
		if (!this.down && this.followed.contains(address)) {
			Position known = position;
			this.deliveries.computeIfAbsent(address, (same) -> new ArrayList<>())
				.add(() -> listener().received(envelope, known));
		}
		return position;
	}

	List<Publication> log(String channel) {
		return this.logs.computeIfAbsent(channel, (same) -> new ArrayList<>());
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		CompletableFuture<@Nullable Void> confirmed = new CompletableFuture<>();
		this.unconfirmed.put(address, confirmed);
		return confirmed;
	}

	@Override
	public void unsubscribe(Address address) {
		this.followed.remove(address);
		this.deliveries.remove(address);
		CompletableFuture<@Nullable Void> open = this.unconfirmed.remove(address);
		if (open != null) {
			open.cancel(false);
		}
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		return ask(() -> {
			List<Publication> log = log(channel);
			int from = (since != null) ? (int) since.offset() : 0;
			int to = Math.min(log.size(), from + limit.publications());
			return new LogPage(log.subList(from, to), new Position(EPOCH, to), true, to < log.size());
		});
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return ask(() -> new Position(EPOCH, log(channel).size()));
	}

	/**
	 * Ask the broker something: one step finds the answer, a later one brings it, and
	 * publications may come in between.
	 */
	private <T> CompletableFuture<T> ask(Supplier<T> question) {
		CompletableFuture<T> future = new CompletableFuture<>();
		if (this.down) {
			future.completeExceptionally(unavailable());
			return future;
		}
		unlessDown(future, () -> {
			T answer = question.get();
			unlessDown(future, () -> future.complete(answer));
		});
		return future;
	}

	private void unlessDown(CompletableFuture<?> future, Runnable action) {
		this.answers.add(() -> {
			if (this.down) {
				future.completeExceptionally(unavailable());
			}
			else {
				action.run();
			}
		});
	}

	private static RelayUnavailableException unavailable() {
		return new RelayUnavailableException("simulated", null);
	}

	boolean isDown() {
		return this.down;
	}

	/**
	 * Cut the node off: what is on its way is lost, and questions fail.
	 */
	void goDown() {
		this.down = true;
		this.deliveries.clear();
		this.followed.forEach((address) -> this.unconfirmed.putIfAbsent(address, new CompletableFuture<>()));
		this.followed.clear();
		listener().connectionChanged(false);
	}

	/**
	 * Let the node connect again. Addresses are followed again step by step.
	 */
	void comeUp() {
		this.down = false;
		listener().connectionChanged(true);
	}

	/**
	 * Let the broker do one thing, if it has anything to do.
	 * @return whether it had
	 */
	boolean step() {
		List<Runnable> possible = new ArrayList<>();
		if (!this.answers.isEmpty()) {
			possible.add(() -> this.answers.remove(this.random.nextInt(this.answers.size())).run());
		}
		if (!this.down) {
			this.unconfirmed.keySet().stream().findFirst().ifPresent((address) -> possible.add(() -> confirm(address)));
			this.deliveries.forEach((address, waiting) -> possible.add(() -> deliverNext(address)));
		}
		if (possible.isEmpty()) {
			return false;
		}
		possible.get(this.random.nextInt(possible.size())).run();
		return true;
	}

	private void confirm(Address address) {
		CompletableFuture<@Nullable Void> confirmed = this.unconfirmed.remove(address);
		this.followed.add(address);
		if (confirmed == null || !confirmed.complete(null)) {
			throw new IllegalStateException("Confirmed twice: " + address);
		}
		// After an outage; at the first time nothing can have been missed, and it does no
		// harm.
		listener().gap(address);
	}

	private void deliverNext(Address address) {
		List<Runnable> waiting = this.deliveries.get(address);
		Runnable next = waiting.remove(0);
		if (waiting.isEmpty()) {
			this.deliveries.remove(address);
		}
		next.run();
	}

	Set<String> followedChannels() {
		Set<String> channels = new LinkedHashSet<>();
		for (Address address : this.followed) {
			if (address instanceof Address.Channel channel) {
				channels.add(channel.channel());
			}
		}
		return channels;
	}

}
