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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.jspecify.annotations.Nullable;

/**
 * A relay with real logs that loses messages on the way, as Redis may, and is away when
 * told so. Its reads go through a hook.
 */
public final class LossyRelay implements ClusterRelay, ChannelLog {

	private final LocalRelay relay = new LocalRelay();

	private volatile Predicate<Envelope> loses = (envelope) -> false;

	private volatile Supplier<CompletableFuture<?>> beforeReply = () -> CompletableFuture.completedFuture(null);

	private volatile Supplier<CompletableFuture<?>> beforePosition = () -> CompletableFuture.completedFuture(null);

	private volatile Consumer<Address> beforeSubscribe = (address) -> {
	};

	private volatile boolean consecutive = true;

	private volatile boolean resumes = true;

	private volatile Predicate<Position> lostSince = (position) -> false;

	private volatile LongConsumer reached = (offset) -> {
	};

	private volatile boolean away;

	private volatile @Nullable String epoch;

	private volatile boolean renewed;

	private volatile @Nullable RelayListener listener;

	/**
	 * Lose messages on the way to this node; their log has them.
	 */
	public void lose(Predicate<Envelope> loses) {
		this.loses = loses;
	}

	/**
	 * Have what was read wait before it is handed out.
	 */
	public void beforeReply(Supplier<CompletableFuture<?>> beforeReply) {
		this.beforeReply = beforeReply;
	}

	/**
	 * Have the position of a log's end wait before it is handed out.
	 */
	public void beforePosition(Supplier<CompletableFuture<?>> beforePosition) {
		this.beforePosition = beforePosition;
	}

	/**
	 * Have something done in the thread that begins to follow an address.
	 */
	public void beforeSubscribe(Consumer<Address> beforeSubscribe) {
		this.beforeSubscribe = beforeSubscribe;
	}

	/**
	 * Have the logs say that offsets are not consecutive, although they are.
	 */
	public LossyRelay withoutConsecutiveOffsets() {
		this.consecutive = false;
		return this;
	}

	/**
	 * Have the logs not know where to continue after a change of the epoch, as those that
	 * do not override {@link ChannelLog#resume}.
	 */
	public void withoutContinuation() {
		this.resumes = false;
	}

	/**
	 * Have the logs report a loss to those that read since certain positions.
	 */
	public void lostSince(Predicate<Position> lostSince) {
		this.lostSince = lostSince;
	}

	/**
	 * Receive the greatest offset that was known to those that ask where to continue.
	 */
	public void onResume(LongConsumer reached) {
		this.reached = reached;
	}

	public void away(boolean away) {
		this.away = away;
	}

	/**
	 * Have all logs be others from now on, without telling.
	 */
	public void newEpoch() {
		this.epoch = UUID.randomUUID().toString();
	}

	/**
	 * Have all logs that are unborn have another epoch from now on, for which positions
	 * that were given before are good.
	 */
	public void renewUnborn() {
		this.renewed = true;
		newEpoch();
	}

	public RelayListener listener() {
		RelayListener listener = this.listener;
		if (listener == null) {
			throw new IllegalStateException("Not started");
		}
		return listener;
	}

	@Override
	public String name() {
		return "lossy";
	}

	@Override
	public void start(RelayListener listener) {
		this.listener = listener;
		this.relay.start(new RelayListener() {

			@Override
			public void received(Envelope envelope, @Nullable Position position) {
				boolean lost = (envelope.kind() == Kind.PROBE) ? LossyRelay.this.away
						: LossyRelay.this.loses.test(envelope);
				if (!lost) {
					listener.received(envelope, (position != null) ? outside(position) : null);
				}
			}

			@Override
			public void rejected(WireFormatException.Reason reason) {
				listener.rejected(reason);
			}

			@Override
			public void gap(Address address) {
				listener.gap(address);
			}

			@Override
			public void connectionChanged(boolean connected) {
				listener.connectionChanged(connected);
			}

		});
	}

	private Position outside(Position position) {
		String epoch = this.epoch;
		return (epoch != null) ? new Position(epoch, position.offset()) : position;
	}

	private Publication outside(Publication each) {
		Position position = each.position();
		return new Publication(each.id(), each.origin(), each.channel(), each.time(), each.headers(), each.payload(),
				(position != null) ? outside(position) : null, each.exceptSession());
	}

	@Override
	public void stop() {
		this.relay.stop();
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		if (this.away) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}
		return this.relay.publish(envelope).thenApply((receipt) -> {
			Position position = receipt.position();
			Outcome outcome = (receipt.outcome() != Outcome.LOCAL_ONLY) ? receipt.outcome() : Outcome.RELAYED;
			return new Receipt(receipt.messageId(), outcome, (position != null) ? outside(position) : null);
		});
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		this.beforeSubscribe.accept(address);
		return this.relay.subscribe(address);
	}

	@Override
	public void unsubscribe(Address address) {
		this.relay.unsubscribe(address);
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		if (this.away) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}
		LogPage page = page(channel, since, limit, direction);
		return this.beforeReply.get().thenApply((nothing) -> page);
	}

	private LogPage page(String channel, @Nullable Position since, PageLimit limit, ReadDirection direction) {
		Position end = this.relay.log().position(channel).join();
		String epoch = this.epoch;
		if (since != null && epoch != null) {
			if (!since.epoch().equals(epoch) && !(this.renewed && since.offset() == 0)) {
				return new LogPage(List.of(), outside(end), false);
			}
			since = new Position(end.epoch(), since.offset());
		}
		LogPage page = this.relay.log().read(channel, since, limit, direction).join();
		return new LogPage(page.publications().stream().map(this::outside).toList(), outside(page.end()),
				page.complete(), page.more());
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return this.away ? CompletableFuture.failedFuture(new RelayUnavailableException(name(), null))
				: this.beforePosition.get()
					.thenCompose((nothing) -> this.relay.log().position(channel))
					.thenApply(this::outside);
	}

	/**
	 * The log itself is the same in each epoch, and goes on.
	 */
	@Override
	public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		this.reached.accept(reached);
		if (!this.resumes) {
			return ChannelLog.super.resume(channel, delivered, reached);
		}
		return position(channel)
			.thenApply((end) -> end.epoch().equals(delivered.epoch()) ? new LogContinuation(end, false)
					: new LogContinuation(new Position(end.epoch(), Math.min(delivered.offset(), end.offset())), true));
	}

	@Override
	public boolean hasLostSince(String channel, Position since) {
		return this.lostSince.test(since);
	}

	@Override
	public ChannelLog log() {
		return this;
	}

	@Override
	public boolean hasConsecutiveOffsets() {
		return this.consecutive;
	}

	@Override
	public Map<String, Object> details() {
		return Map.of();
	}

}
