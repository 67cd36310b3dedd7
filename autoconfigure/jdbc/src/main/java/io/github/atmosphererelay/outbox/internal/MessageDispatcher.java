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

package io.github.atmosphererelay.outbox.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.event.MessageForwarded;
import io.github.atmosphererelay.event.MessageSetAside;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.RepeatedHeader;
import io.github.atmosphererelay.relay.MessageRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Sends the messages that the {@link Forwarder} has read: those of one address one after
 * another, those of different addresses at the same time. A message that fails is tried
 * again with growing pauses, and set aside after the last attempt.
 * <p>
 * Threads: the forwarder's own, but for receipts, which come from any thread and are only
 * queued there.
 */
final class MessageDispatcher {

	private static final Log logger = LogFactory.getLog(MessageDispatcher.class);

	private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

	private static final long MAX_RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

	private final OutboxSettings settings;

	private final MessageSender sender;

	private final LogSearch search;

	private final BooleanSupplier relayUp;

	private final OutboxStatistics statistics;

	private final Consumer<Object> events;

	private final Shards shards;

	private final Runnable signal;

	private final Queue<Result> results = new ConcurrentLinkedQueue<>();

	private final Deque<AddressQueue> ready = new ArrayDeque<>();

	private final List<AddressQueue> delayed = new ArrayList<>();

	private int sending;

	/**
	 * Create a dispatcher.
	 * @param shards the shards whose messages are sent
	 * @param signal called on any thread when there is a result to take
	 */
	MessageDispatcher(OutboxSettings settings, MessageSender sender, LogReader log, BooleanSupplier relayUp,
			OutboxStatistics statistics, Consumer<Object> events, Shards shards, Runnable signal) {
		this.settings = settings;
		this.sender = sender;
		this.search = new LogSearch(log);
		this.relayUp = relayUp;
		this.statistics = statistics;
		this.events = events;
		this.shards = shards;
		this.signal = signal;
	}

	/**
	 * Add the queue of an address that was empty.
	 */
	void add(AddressQueue address) {
		this.ready.add(address);
	}

	/**
	 * Return whether messages are on their way, which have no result yet.
	 */
	boolean isSending() {
		return this.sending > 0;
	}

	boolean hasResults() {
		return !this.results.isEmpty();
	}

	/**
	 * Return for how long the dispatcher has nothing to do, unless a result comes.
	 * @param now the time of the monotonic clock
	 * @param longest the longest time to return
	 * @return the time in nanoseconds, which may be negative
	 */
	long waitNanos(long now, long longest) {
		long wait = longest;
		for (AddressQueue address : this.delayed) {
			wait = Math.min(wait, address.notBefore() - now);
		}
		if (!this.ready.isEmpty()) {
			// The relay is down
			wait = Math.min(wait, RETRY_NANOS);
		}
		return wait;
	}

	/**
	 * Forget all messages but those on their way.
	 */
	void forget() {
		this.ready.clear();
		this.delayed.clear();
	}

	/**
	 * Forget all messages. Results that come later belong to no shard.
	 */
	void reset() {
		forget();
		this.sending = 0;
	}

	/**
	 * Send the first messages of all addresses that may be sent now.
	 * @param stopping whether nothing may be sent any more
	 */
	void sendReady(boolean stopping) {
		long now = System.nanoTime();
		this.delayed.removeIf((address) -> {
			boolean due = now - address.notBefore() >= 0;
			if (due) {
				this.ready.add(address);
			}
			return due;
		});
		while (!this.ready.isEmpty() && this.relayUp.getAsBoolean() && !stopping) {
			AddressQueue address = this.ready.remove();
			if (this.shards.mayForward(address.shard())) {
				send(address);
			}
		}
	}

	private void send(AddressQueue address) {
		QueuedMessage message = address.messages().getFirst();
		this.sending++;
		CompletableFuture<Receipt> sent;
		try {
			Envelope envelope = envelope(message);
			sent = mayBeForgotten(address, message, envelope) ? sendUnlessRecorded(address, envelope)
					: this.sender.send(envelope, !message.isDelivered());
			message.setDelivered();
		}
		catch (Throwable ex) {
			sent = CompletableFuture.failedFuture(ex);
		}
		sent.whenComplete((receipt, failure) -> {
			this.results.add(new Result(address, message, receipt, failure));
			this.signal.run();
		});
	}

	/**
	 * Return whether a message may be in its channel's log while the relay does not know
	 * its idempotency key any more. Half of the window is left for clocks that differ.
	 */
	private static boolean mayBeForgotten(AddressQueue address, QueuedMessage message, Envelope envelope) {
		LogOptions log = envelope.log();
		return log != null && message.isRepeated() && !address.isNew()
				&& System.currentTimeMillis() - envelope.time() >= log.idempotencyWindow().toMillis() / 2;
	}

	private CompletableFuture<Receipt> sendUnlessRecorded(AddressQueue address, Envelope envelope) {
		return this.search.find(envelope).thenCompose((position) -> {
			if (position != null) {
				return CompletableFuture.completedFuture(new Receipt(envelope.id(), Outcome.DUPLICATE, position));
			}
			// The messages of an address are sent one after another, so those behind this
			// one were not sent either
			address.setNew(true);
			return this.sender.send(envelope, true);
		});
	}

	private static Envelope envelope(QueuedMessage message) {
		Envelope envelope = message.envelope();
		if (envelope == null) {
			throw (message.fault() != null) ? message.fault() : new IllegalStateException("The row cannot be read");
		}
		if (!message.isRepeated() || envelope.log() != null) {
			return envelope;
		}
		Map<String, String> headers = new HashMap<>(envelope.headers());
		headers.put(RepeatedHeader.NAME, RepeatedHeader.VALUE);
		return new Envelope(envelope.id(), envelope.origin(), envelope.kind(), envelope.time(), envelope.audience(),
				headers, envelope.payload(), envelope.sequence(), null);
	}

	/**
	 * Take what has become of the messages on their way.
	 * @throws DataAccessException if a message could not be set aside
	 */
	void takeResults() {
		Result result = this.results.poll();
		while (result != null) {
			this.sending = Math.max(0, this.sending - 1);
			if (this.shards.isCurrent(result.address().shard())) {
				take(result);
			}
			result = this.results.poll();
		}
	}

	private void take(Result result) {
		Receipt receipt = result.receipt();
		if (result.failure() != null) {
			failed(result.address(), result.message(), Failures.unwrap(result.failure()));
		}
		else if (receipt == null || receipt.outcome() == Outcome.UNCONFIRMED) {
			result.message().setRepeated();
			result.address().setNew(false);
			later(result.address(), RETRY_NANOS);
		}
		else {
			this.statistics.countForwarded();
			result.address().succeeded();
			done(result.address());
			this.events.accept(new MessageForwarded(result.message().id(), receipt));
		}
	}

	private void failed(AddressQueue address, QueuedMessage message, Throwable failure) {
		boolean temporary = failure instanceof RelayUnavailableException
				&& !(failure instanceof MessageRefusedException);
		if (temporary || failure instanceof RelayOverloadedException) {
			later(address, RETRY_NANOS);
			return;
		}
		if (failure instanceof UnknownSessionException) {
			this.statistics.countReceiverGone();
			address.succeeded();
			done(address);
			return;
		}
		this.statistics.countFailedAttempt();
		long now = System.nanoTime();
		message.failed();
		long failing = now - address.failed(now);
		long left = this.settings.maxHold().toNanos() - failing;
		if (message.attempts() < this.settings.maxAttempts() && left > 0) {
			long pause = Math.min(MAX_RETRY_NANOS, RETRY_NANOS << Math.min(20, message.attempts() - 1));
			later(address, Math.min(pause, left));
			return;
		}
		String reason = failure.toString();
		boolean held;
		try {
			held = this.shards.setAside(address.shard(), message, reason);
		}
		catch (DataAccessException | TransactionException ex) {
			later(address, RETRY_NANOS);
			throw ex;
		}
		if (!held) {
			return;
		}
		this.statistics.countSetAside();
		logger.error("A message could not be forwarded in " + message.attempts() + " attempts, and was set aside: "
				+ message.id(), failure);
		Envelope envelope = message.envelope();
		this.events.accept(new MessageSetAside(message.id(),
				(envelope != null) ? envelope.address().value() : "unreadable", message.attempts(), reason));
		done(address);
	}

	private void later(AddressQueue address, long nanos) {
		address.setNotBefore(System.nanoTime() + nanos);
		this.delayed.add(address);
	}

	private void done(AddressQueue address) {
		address.shard().done(address);
		if (!address.messages().isEmpty()) {
			this.ready.add(address);
		}
	}

	/**
	 * What became of a message.
	 */
	private record Result(AddressQueue address, QueuedMessage message, @Nullable Receipt receipt,
			@Nullable Throwable failure) {
	}

	/**
	 * What a dispatcher has to know of the shards that its node forwards. Called on the
	 * forwarder's thread.
	 */
	interface Shards {

		/**
		 * Return whether a shard was neither lost nor read anew since.
		 */
		boolean isCurrent(ShardQueue shard);

		/**
		 * Return whether messages of a shard may be sent now.
		 */
		boolean mayForward(ShardQueue shard);

		/**
		 * Store a message that cannot be forwarded, if this node still has the shard.
		 * Blocks as long as the database takes.
		 * @return whether it was stored
		 * @throws DataAccessException if the database fails
		 */
		boolean setAside(ShardQueue shard, QueuedMessage message, String reason);

	}

}
