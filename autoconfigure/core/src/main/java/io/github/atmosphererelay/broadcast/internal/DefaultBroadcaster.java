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

package io.github.atmosphererelay.broadcast.internal;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import com.github.f4b6a3.uuid.UuidCreator;
import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.OutboundInterceptor;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.delivery.internal.PublishResult;
import io.github.atmosphererelay.delivery.internal.PublishStatistics;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.StripedLock;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.MessageRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.subscription.log.internal.LogFollowerRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Publishes every message of this node. An ephemeral message is delivered to the sessions
 * of this node and passed to the relay, both under one lock for each address, so that all
 * nodes see this node's messages in the same order. Only publishing takes these locks.
 * Delivering an envelope from the relay must not, because a relay may deliver while
 * another node of the same process publishes and holds such a lock.
 */
public final class DefaultBroadcaster implements Broadcaster {

	private static final int MAX_COUNTERS = 200_000;

	private final UUID node;

	private final ChannelCatalog catalog;

	private final PayloadEncoder encoder;

	private final int maxMessageSize;

	private final ClusterRelay relay;

	private final ChannelLogs logs;

	private final RelayMonitor monitor;

	private final LocalDelivery delivery;

	private final LogFollowerRegistry followers;

	private final PublishStatistics statistics;

	private final ApplicationFutures futures;

	private final SequenceCounters counters = new SequenceCounters(MAX_COUNTERS);

	private final StripedLock locks = new StripedLock();

	private final BucketPublisher buckets;

	private final Supplier<List<OutboundInterceptor>> interceptorSource;

	private final Supplier<PublishingTransactions> transactionSource;

	/** Empty before the start, because the application's beans are not complete yet. */
	private volatile List<OutboundInterceptor> interceptors = List.of();

	/**
	 * Looked up for the first message already, which a transaction may publish before the
	 * start.
	 */
	private volatile @Nullable PublishingTransactions transactions;

	public DefaultBroadcaster(UUID node, ChannelCatalog catalog, PayloadEncoder encoder, int maxMessageSize,
			ClusterRelay relay, ChannelLogs logs, RelayMonitor monitor, LocalDelivery delivery,
			LogFollowerRegistry followers, ChannelTaps taps, MessagingStatistics statistics, ApplicationFutures futures,
			Supplier<List<OutboundInterceptor>> interceptors, Supplier<PublishingTransactions> transactions) {
		this.interceptorSource = interceptors;
		this.transactionSource = transactions;
		this.followers = followers;
		this.node = node;
		this.catalog = catalog;
		this.encoder = encoder;
		this.maxMessageSize = maxMessageSize;
		this.relay = relay;
		this.logs = logs;
		this.monitor = monitor;
		this.delivery = delivery;
		this.statistics = statistics.publishing();
		this.futures = futures;
		this.buckets = new BucketPublisher(node, relay, monitor::isUp, this.counters, taps, statistics.buckets());
	}

	/**
	 * Look up the interceptors, so that an error in their beans fails the start and not
	 * the first message.
	 */
	public void start() {
		this.interceptors = List.copyOf(this.interceptorSource.get());
	}

	/**
	 * Announce again the messages in recorded channels whose announcement for listeners
	 * by pattern has failed. Called by the scheduler.
	 */
	public void announceAgain() {
		this.buckets.retry();
	}

	/**
	 * Announce a last time what has failed to be announced, because the node stops, and
	 * wait for the broker. Blocks.
	 * @param timeout how long to wait
	 */
	public void flushAnnouncements(Duration timeout) {
		this.buckets.flush(timeout);
	}

	/**
	 * Return the recorded channels with buckets in which this node has published
	 * recently.
	 * @param age how far to look back
	 * @return the channels
	 */
	public RecentChannels recentChannels(Duration age) {
		return this.buckets.recent(age);
	}

	/**
	 * Return the number of recorded channels with a message that waits to be announced
	 * for listeners by pattern.
	 * @return the number of channels
	 */
	public int waitingAnnouncements() {
		return this.buckets.waiting();
	}

	@Override
	public CompletableFuture<Receipt> broadcast(String channel, Object payload, PublishOptions options) {
		return forApplication(new Address.Channel(ChannelNames.check(channel)), options,
				() -> prepare(channel, this.catalog.get(channel), options.exceptSession(), payload, options));
	}

	/**
	 * Publish for the application, and return a future whose continuations may block. The
	 * message goes to the present transaction if there is one that takes it. Otherwise it
	 * is sent at once, and the future fails if too many such futures wait for a thread.
	 */
	private CompletableFuture<Receipt> forApplication(Object key, PublishOptions options,
			Supplier<PendingMessage> preparation) {
		PublishingTransaction transaction = transactions().present(options);
		if (transaction != null) {
			PendingMessage message = preparation.get();
			transaction.take(message);
			this.statistics.countPublished(PublishResult.PENDING);
			return this.futures.of(key,
					CompletableFuture.completedFuture(Receipt.of(message.envelope().id(), Outcome.PENDING)));
		}
		if (!this.futures.hasRoom()) {
			this.statistics.countPublished(PublishResult.OVERLOADED);
			return CompletableFuture
				.failedFuture(RelayOverloadedException.forContinuations(ApplicationFutures.MAX_WAITING));
		}
		return this.futures.of(key, preparation.get().sending().get());
	}

	private PublishingTransactions transactions() {
		PublishingTransactions transactions = this.transactions;
		if (transactions == null) {
			transactions = this.transactionSource.get();
			this.transactions = transactions;
		}
		return transactions;
	}

	/**
	 * Send a message to all sessions that are subscribed to a channel, as
	 * {@link #broadcast(String, Object, PublishOptions)} does. For this library's own
	 * use.
	 * @param channel the channel's name
	 * @param payload the message
	 * @param options how to send it
	 * @return completes with the receipt, on a thread that must not be blocked; does not
	 * wait for continuations of the application
	 */
	public CompletableFuture<Receipt> publish(String channel, Object payload, PublishOptions options) {
		ChannelOptions channelOptions = this.catalog.get(ChannelNames.check(channel));
		return prepare(channel, channelOptions, options.exceptSession(), payload, options).sending().get();
	}

	private PendingMessage prepare(String channel, ChannelOptions channelOptions, @Nullable String exceptSession,
			Object payload, PublishOptions options) {
		ChannelSource source = channelOptions.source();
		if (source != null) {
			return prepare(source, channel, payload, options);
		}
		HistoryOptions history = channelOptions.history();
		if (history == null) {
			if (options.idempotencyKey() != null) {
				throw new ChannelNotRecordedException(channel);
			}
			if (channelOptions.buckets() > 0) {
				BucketMessages.checkHeaders(options.headers(), channel, exceptSession);
			}
			return prepare(new Audience.Channel(channel, exceptSession), payload, options,
					channelOptions.scope() == ChannelScope.CLUSTER);
		}
		if (history.isReadOnly()) {
			throw new ReadOnlyChannelException(channel);
		}
		Envelope envelope = envelope(new Audience.Channel(channel, exceptSession), payload, options,
				history.forMessage(options.idempotencyKey()));
		return new PendingMessage(envelope, PendingMessage.Reach.LOG, options.isAfterCommit(),
				() -> publishRecorded(envelope));
	}

	/**
	 * Prepare a message for the source of its channel, if that takes messages. It does
	 * not go through the relay, so the outbox cannot have it: it is sent after the
	 * commit.
	 */
	private PendingMessage prepare(ChannelSource source, String channel, Object payload, PublishOptions options) {
		if (options.idempotencyKey() != null) {
			throw new IllegalArgumentException("A message to the channel '" + channel
					+ "' cannot have an idempotency key: the channel belongs to the feed '" + source.name() + "'");
		}
		source.requirePublishing(channel);
		Envelope envelope = envelope(new Audience.Channel(channel, null), payload, options, null);
		return new PendingMessage(envelope, PendingMessage.Reach.NODE, options.isAfterCommit(),
				() -> source.publish(envelope.id(), channel, envelope.payload(), envelope.headers())
					.handle((receipt, ex) -> {
						if (ex == null) {
							return confirmed(receipt);
						}
						this.statistics.countPublished((Failures.unwrap(ex) instanceof RelayOverloadedException)
								? PublishResult.OVERLOADED : PublishResult.FAILED);
						throw (Failures.unwrap(ex) instanceof RuntimeException runtime) ? runtime
								: new CompletionException(Failures.unwrap(ex));
					}));
	}

	@Override
	public CompletableFuture<LogPage> history(String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		return this.futures.of(new Address.Channel(ChannelNames.check(channel)),
				read(channel, since, limit, direction));
	}

	/**
	 * Read messages of a recorded channel, as {@link #history} does. For this library's
	 * own use.
	 * @param channel the channel's name
	 * @param since the position to start from, or {@code null}
	 * @param limit the maximum number of messages to return, 1 to {@value #MAX_PAGE}
	 * @param direction whether to read towards newer or older messages
	 * @return completes with a page, on a thread that must not be blocked
	 */
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		requireRecorded(channel);
		if (limit < 1 || limit > MAX_PAGE) {
			throw new IllegalArgumentException("'limit' must be between 1 and " + MAX_PAGE);
		}
		return this.logs.of(channel).read(channel, since, PageLimit.of(limit), direction);
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return this.futures.of(new Address.Channel(ChannelNames.check(channel)), end(channel));
	}

	/**
	 * Return the position of the end of a recorded channel's log, as {@link #position}
	 * does. For this library's own use.
	 * @param channel the channel's name
	 * @return completes with the position, on a thread that must not be blocked
	 */
	public CompletableFuture<Position> end(String channel) {
		requireRecorded(channel);
		return this.logs.of(channel).position(channel);
	}

	private void requireRecorded(String channel) {
		if (!this.catalog.get(ChannelNames.check(channel)).isRecorded()) {
			throw new ChannelNotRecordedException(channel);
		}
	}

	@Override
	public CompletableFuture<Receipt> toUser(String user, Object payload, PublishOptions options) {
		return forApplication(new Address.User(user), options,
				() -> prepare(new Audience.User(user, options.exceptSession()), payload, options, true));
	}

	@Override
	public CompletableFuture<Receipt> toSession(String sessionId, Object payload, PublishOptions options) {
		UUID node = NodeIdentity.nodeOf(sessionId);
		if (node == null) {
			return CompletableFuture.failedFuture(new UnknownSessionException(sessionId));
		}
		return forApplication(sessionId, options,
				() -> prepare(new Audience.Session(node, sessionId), payload, options, !node.equals(this.node)));
	}

	@Override
	public CompletableFuture<Receipt> toEveryone(Object payload, PublishOptions options) {
		return forApplication(Audience.Everyone.class, options,
				() -> prepare(new Audience.Everyone(options.exceptSession()), payload, options, true));
	}

	/**
	 * Publish a message that a client has sent to a channel.
	 * @param sender the client's session
	 * @param channel the channel's name
	 * @param options the channel's options
	 * @param payload the message
	 * @return completes with the receipt
	 * @throws MessageTooLargeException if the message is larger than the cluster carries
	 */
	public CompletableFuture<Receipt> publishFrom(ClientSession sender, String channel, ChannelOptions options,
			Payload payload) {
		return prepare(channel, options, options.echo() ? null : sender.id(), payload,
				options.sender() ? PublishOptions.DEFAULTS.sender(sender) : PublishOptions.DEFAULTS)
			.sending()
			.get();
	}

	private PendingMessage prepare(Audience audience, Object payload, PublishOptions options, boolean clustered) {
		if (options.idempotencyKey() != null) {
			throw new IllegalArgumentException("Only messages to a recorded channel can have an idempotency key");
		}
		Envelope envelope = envelope(audience, payload, options, null);
		return new PendingMessage(envelope, clustered ? PendingMessage.Reach.CLUSTER : PendingMessage.Reach.NODE,
				options.isAfterCommit(), () -> clustered ? publishClustered(envelope) : publishLocally(envelope));
	}

	private Envelope envelope(Audience audience, Object payload, PublishOptions options, @Nullable LogOptions log) {
		Payload encoded = intercepted(audience, this.encoder.encode(payload, options.binary()), options);
		if (encoded.size() > this.maxMessageSize) {
			throw new MessageTooLargeException(encoded.size(), this.maxMessageSize);
		}
		EnvelopeCodec.checkHeaders(options.headers());
		return new Envelope(UuidCreator.getTimeOrderedEpochFast(), this.node, Envelope.Kind.MESSAGE,
				System.currentTimeMillis(), audience, options.headers(), encoded, null, log);
	}

	private Payload intercepted(Audience audience, Payload payload, PublishOptions options) {
		Payload current = payload;
		for (OutboundInterceptor interceptor : this.interceptors) {
			current = Objects.requireNonNull(interceptor.preSend(audience, current, options),
					"preSend must return a message");
		}
		return current;
	}

	private CompletableFuture<Receipt> publishLocally(Envelope envelope) {
		int sessions = this.locks.call(envelope.address(), () -> this.delivery.deliverOwn(envelope));
		if (sessions == 0 && envelope.audience() instanceof Audience.Session session) {
			return CompletableFuture.failedFuture(new UnknownSessionException(session.session()));
		}
		this.statistics.countPublished(PublishResult.NODE);
		return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.LOCAL_ONLY));
	}

	private CompletableFuture<Receipt> publishClustered(Envelope envelope) {
		Address address = envelope.address();
		CompletableFuture<Receipt> handedOver = this.locks.call(address, () -> {
			// Numbered even while the relay is down, so that the other nodes can count
			// afterwards how many they have missed
			Envelope numbered = envelope.withSequence(this.counters.next(address));
			this.delivery.deliverOwn(numbered);
			return handOver(numbered, this.monitor.isUp(), BucketPublisher::combine);
		});
		if (handedOver == null) {
			return CompletableFuture.completedFuture(localOnly(envelope));
		}
		return handedOver.handle((receipt, ex) -> (ex != null) ? failed(envelope, ex) : confirmed(receipt));
	}

	/**
	 * Pass a message to the relay and, if its channel has buckets, a copy to its bucket.
	 * Called with the lock of the address held.
	 * @param up whether the relay is up
	 * @param outcome returns the receipt, given how far both came
	 * @return completes with the receipt, or {@code null} if the relay is down
	 */
	private @Nullable CompletableFuture<Receipt> handOver(Envelope numbered, boolean up, CopyOutcome outcome) {
		CompletableFuture<Receipt> sent = up ? this.relay.publish(numbered) : null;
		if (!(numbered.audience() instanceof Audience.Channel channel)) {
			return sent;
		}
		int buckets = bucketsOf(channel.channel());
		if (buckets == 0) {
			return sent;
		}
		CompletableFuture<Receipt> copied = this.buckets.copy(numbered, channel.channel(), buckets, up);
		if (sent == null || copied == null) {
			return sent;
		}
		return copied.handle((copy, ex) -> copy)
			.thenCompose(
					(copy) -> sent.handle((receipt, failure) -> outcome.of(numbered.id(), receipt, failure, copy)));
	}

	private int bucketsOf(String channel) {
		ChannelOptions options = this.catalog.find(channel);
		return (options != null) ? options.buckets() : 0;
	}

	/**
	 * Send a message that waited in tables until its transaction was committed. In
	 * contrast to a message that is published, one to an ephemeral channel is not
	 * delivered on this node while the relay is down.
	 * @param stored the message. One to a recorded channel has an idempotency key
	 * @param deliver whether an ephemeral message is delivered on this node; not again if
	 * it was before
	 * @return completes with the receipt, on a thread that must not be blocked. Fails
	 * with {@link RelayUnavailableException} or {@link RelayOverloadedException} if the
	 * message was certainly not sent to other nodes, and with
	 * {@link UnknownSessionException} if it is for a session of this node that is gone
	 * @throws RelayUnavailableException if the relay is down: nothing was delivered
	 */
	public CompletableFuture<Receipt> forward(Envelope stored, boolean deliver) {
		if (!this.monitor.isUp()) {
			throw new RelayUnavailableException(this.relay.name(), null);
		}
		if (stored.log() != null) {
			return publishRecorded(stored);
		}
		if (stored.audience() instanceof Audience.Session session && session.node().equals(this.node)) {
			return publishLocally(stored);
		}
		Address address = stored.address();
		return this.locks.call(address, () -> {
			// From this node and with its number: its origin would drop it as an echo
			Envelope own = new Envelope(stored.id(), this.node, stored.kind(), stored.time(), stored.audience(),
					stored.headers(), stored.payload(), this.counters.next(address), null);
			if (deliver) {
				this.delivery.deliverOwn(own);
			}
			// The receipt does not depend on the copy: the outbox would send the message
			// to
			// all clients again. If the copy fails, its number is missing in the bucket.
			return Objects.requireNonNull(handOver(own, true, BucketPublisher::withoutCopy));
		}).handle((receipt, ex) -> (ex != null) ? notForwarded(ex) : confirmed(receipt));
	}

	/**
	 * Have the relay probed soon, if a failure may mean that it is down.
	 */
	private void suspect(Throwable failure) {
		if (failure instanceof RelayUnavailableException && !(failure instanceof MessageRefusedException)) {
			this.monitor.suspect();
		}
	}

	private Receipt notForwarded(Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		suspect(cause);
		this.statistics.countPublished(
				(cause instanceof RelayOverloadedException) ? PublishResult.OVERLOADED : PublishResult.FAILED);
		throw (cause instanceof RuntimeException runtime) ? runtime : new CompletionException(cause);
	}

	/**
	 * Publish a message to a recorded channel. No lock is needed, because the log
	 * determines the order. The message is delivered only when it comes back from the
	 * log.
	 */
	private CompletableFuture<Receipt> publishRecorded(Envelope envelope) {
		if (!this.monitor.isUp()) {
			this.statistics.countPublished(PublishResult.FAILED);
			return CompletableFuture.failedFuture(new RelayUnavailableException(this.relay.name(), null));
		}
		return this.relay.publish(envelope).handle((receipt, ex) -> {
			if (ex == null) {
				if (receipt.outcome() != Outcome.UNCONFIRMED) {
					this.monitor.guards().of(Part.LOG_APPENDS).succeeded();
				}
				else {
					// For example, all are unconfirmed while Kafka has too few replicas,
					// although it answers probes
					appendFailed(new TimeoutException("No answer came in time"));
				}
				this.followers.confirmed(envelope, receipt);
				announce(envelope, receipt);
				return confirmed(receipt);
			}
			Throwable cause = Failures.unwrap(ex);
			suspect(cause);
			if (cause instanceof RelayOverloadedException) {
				this.statistics.countPublished(PublishResult.OVERLOADED);
			}
			else {
				this.statistics.countPublished(PublishResult.FAILED);
				if (!(cause instanceof IllegalArgumentException)) {
					// The relay may be up all the same, because a Redis whose memory is
					// full still answers probes. An IllegalArgumentException is the
					// message's fault and says nothing about the log.
					appendFailed(cause);
				}
			}
			throw (cause instanceof RuntimeException runtime) ? runtime : new CompletionException(cause);
		});
	}

	private void announce(Envelope envelope, Receipt receipt) {
		// Even a duplicate: the node that recorded the first message may have ended
		// before
		// it announced that
		if (envelope.audience() instanceof Audience.Channel channel) {
			int buckets = bucketsOf(channel.channel());
			if (buckets > 0) {
				this.buckets.announce(envelope, channel.channel(), buckets, receipt);
			}
		}
	}

	private void appendFailed(Throwable failure) {
		this.monitor.guards()
			.of(Part.LOG_APPENDS)
			.failed("A message could not be recorded, though the relay is up", failure);
	}

	private Receipt confirmed(Receipt receipt) {
		PublishResult result = switch (receipt.outcome()) {
			case UNCONFIRMED -> PublishResult.UNCONFIRMED;
			case DUPLICATE -> PublishResult.DUPLICATE;
			case LOCAL_ONLY -> PublishResult.NODE;
			case RELAYED -> PublishResult.RELAYED;
			case PENDING -> throw new IllegalStateException("A relay has no transactions");
		};
		this.statistics.countPublished(result);
		if (receipt.outcome() == Outcome.UNCONFIRMED) {
			this.monitor.suspect();
		}
		return receipt;
	}

	private Receipt failed(Envelope envelope, Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		if (cause instanceof RelayUnavailableException) {
			suspect(cause);
			return localOnly(envelope);
		}
		this.statistics.countPublished(
				(cause instanceof RelayOverloadedException) ? PublishResult.OVERLOADED : PublishResult.FAILED);
		throw (cause instanceof RuntimeException runtime) ? runtime : new CompletionException(cause);
	}

	private Receipt localOnly(Envelope envelope) {
		this.statistics.countPublished(PublishResult.LOCAL_ONLY);
		return Receipt.of(envelope.id(), Outcome.LOCAL_ONLY);
	}

	/**
	 * Decides on the receipt of a message that was sent together with a copy.
	 */
	@FunctionalInterface
	private interface CopyOutcome {

		Receipt of(UUID id, @Nullable Receipt receipt, @Nullable Throwable failure, @Nullable Receipt copy);

	}

}
