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

package io.github.atmosphererelay.session.internal;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import org.jspecify.annotations.Nullable;

/**
 * A session of this node with its queue of outbound messages. Doors create it with
 * {@link WriterPool#open} and report its end with {@link #ended}.
 */
public final class LocalSession implements ClientSession {

	/** Updates the field without a further object for each session. */
	private static final AtomicLongFieldUpdater<LocalSession> REPLAY_BYTES = AtomicLongFieldUpdater
		.newUpdater(LocalSession.class, "replayBytes");

	private final String id;

	/** Replaced only by principals of the same name. */
	private volatile @Nullable Principal principal;

	private final @Nullable InetSocketAddress remoteAddress;

	private final Instant openedAt = Instant.now();

	private final Map<String, Object> attributes = new ConcurrentHashMap<>(0);

	private volatile SessionSubscriber subscriber = SessionSubscriber.SILENT;

	/** The subscriptions by channel. The map's monitor is held while they change. */
	private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>(1);

	private final SessionTransport transport;

	private final WriterPool writers;

	private final WriterShard shard;

	private final SessionStatistics statistics;

	private final OutboundQueue queue;

	/** Whether the session is in its shard's ready queue or is being written to. */
	private final AtomicBoolean scheduled = new AtomicBoolean();

	/** The reason with which this node closes the session; the first one wins. */
	private final AtomicReference<@Nullable CloseReason> closeReason = new AtomicReference<>();

	private final AtomicBoolean closeStarted = new AtomicBoolean();

	private final AtomicBoolean aborted = new AtomicBoolean();

	private final AtomicReference<@Nullable DisconnectReason> end = new AtomicReference<>();

	private final BiConsumer<LocalSession, DisconnectReason> endListener;

	/** The bytes that are reserved for the client in the node's budget. */
	private volatile long replayBytes;

	/**
	 * Since when the socket accepts no more data, by {@link System#nanoTime()}; 0 if it
	 * accepts data.
	 */
	private volatile long blockedSince;

	private volatile boolean pingDue;

	/** Whether the client is pinged even while it sends something itself. */
	private volatile boolean pingedAlways;

	/** Whether the client has no way to answer a ping. */
	private volatile boolean silent;

	private volatile long lastHeardAt = System.nanoTime();

	/** When the ping was sent whose pong has not come yet; 0 if there is none. */
	private volatile long pingedAt;

	private volatile long nextPingAt;

	/** When the client was authenticated, by {@link System#nanoTime()}. */
	private volatile long authenticatedAt = System.nanoTime();

	/**
	 * When the client's token expires, in milliseconds since 1970 by the node's clock.
	 */
	private volatile long expiresAt = Long.MAX_VALUE;

	LocalSession(String id, @Nullable Principal principal, @Nullable InetSocketAddress remoteAddress,
			SessionTransport transport, WriterPool writers, WriterShard shard, SessionStatistics statistics,
			BiConsumer<LocalSession, DisconnectReason> endListener) {
		this.id = id;
		this.principal = principal;
		this.remoteAddress = remoteAddress;
		this.transport = transport;
		this.writers = writers;
		this.shard = shard;
		this.statistics = statistics;
		this.queue = makeQueue();
		this.endListener = endListener;
	}

	@Override
	public String id() {
		return this.id;
	}

	@Override
	public @Nullable Principal principal() {
		return this.principal;
	}

	@Override
	public Map<String, Object> attributes() {
		return this.attributes;
	}

	@Override
	public Set<String> channels() {
		return Set.copyOf(this.subscriptions.keySet());
	}

	/**
	 * Return whether the session is subscribed to a channel at this moment.
	 * @param channel the channel's name
	 * @return whether it is one of {@link #channels()}
	 */
	public boolean isIn(String channel) {
		return this.subscriptions.containsKey(channel);
	}

	/**
	 * Return the session's subscription to a channel.
	 * @param channel the channel's name
	 * @return the subscription, or {@code null} if the session is not in the channel
	 */
	public @Nullable Subscription subscription(String channel) {
		return this.subscriptions.get(channel);
	}

	@Override
	public @Nullable InetSocketAddress remoteAddress() {
		return this.remoteAddress;
	}

	@Override
	public Instant openedAt() {
		return this.openedAt;
	}

	@Override
	public boolean isOpen() {
		return this.closeReason.get() == null && this.end.get() == null;
	}

	@Override
	public void close(CloseReason reason) {
		if (this.closeReason.compareAndSet(null, reason)) {
			this.queue.close();
			schedule();
			this.shard.wake();
		}
	}

	/**
	 * Close the session without waiting for queued messages, or for a write that may be
	 * stuck. Returns at once.
	 * @param reason the reason that the client receives
	 * @return whether this call is the one that ends it
	 */
	public boolean terminate(CloseReason reason) {
		this.closeReason.compareAndSet(null, reason);
		if (!markAborted()) {
			return false;
		}
		CloseReason told = this.closeReason.get();
		this.writers.abort(this, (told != null) ? told : reason);
		return true;
	}

	/**
	 * Report that the connection has ended. Only the first call counts.
	 * @param code the close code seen
	 * @param text the reason seen, if any
	 */
	public void ended(int code, @Nullable String text) {
		CloseReason own = this.closeReason.get();
		DisconnectReason reason = (own != null)
				? new DisconnectReason(DisconnectReason.Initiator.SERVER, own.code(), own.text())
				: new DisconnectReason(DisconnectReason.Initiator.CLIENT, code, text);
		if (this.end.compareAndSet(null, reason)) {
			this.writers.ended(this, EndReason.of(own, code));
			this.endListener.accept(this, reason);
		}
	}

	/**
	 * Report that the client has sent something, so that it need not be pinged now.
	 */
	public void heard() {
		this.lastHeardAt = System.nanoTime();
		this.pingedAt = 0;
	}

	/**
	 * Ping the client even while it sends something itself, because it expects pings and
	 * closes the connection without them.
	 */
	public void pingAlways() {
		this.pingedAlways = true;
	}

	/**
	 * Expect no answers to pings, because the client has no way to send one. Pings then
	 * only keep the connection busy, and a broken connection is found when a ping cannot
	 * be written.
	 */
	public void expectNoPongs() {
		this.silent = true;
	}

	/**
	 * Set when the client was authenticated, if that was before the session was opened.
	 * @param time a time of {@link System#nanoTime()}
	 */
	public void authenticatedAt(long time) {
		this.authenticatedAt = time;
	}

	long authenticatedAt() {
		return this.authenticatedAt;
	}

	/**
	 * Set when the client's authentication expires, at which time the session is closed.
	 * @param time the time, or {@code null} if it does not expire
	 */
	public void expireAt(@Nullable Instant time) {
		this.expiresAt = (time != null && time.getEpochSecond() < Long.MAX_VALUE / 1000) ? time.toEpochMilli()
				: Long.MAX_VALUE;
	}

	/**
	 * Renew the client's authentication, after it has sent a new token.
	 * @param principal the principal, with the same name as before
	 * @param time when it expires, or {@code null} if it does not
	 * @throws IllegalArgumentException if the principal is that of another user
	 */
	public void renew(Principal principal, @Nullable Instant time) {
		Principal present = this.principal;
		if (present == null || !present.getName().equals(principal.getName())) {
			// The session is indexed by the user's name
			throw new IllegalArgumentException("The principal is another user's");
		}
		this.principal = principal;
		expireAt(time);
	}

	/**
	 * Return whether the client's authentication has expired.
	 */
	boolean isExpired(long nowMillis) {
		return nowMillis >= this.expiresAt;
	}

	/**
	 * Return how many messages are queued for the client.
	 * @return the number of messages
	 */
	public int queuedMessages() {
		return this.queue.size();
	}

	/**
	 * Return how many payload bytes are queued for the client, without those that the
	 * node's {@link ReplayBudget} counts.
	 * @return the number of bytes
	 */
	public long queuedBytes() {
		return this.queue.bytes();
	}

	/**
	 * Return how many bytes of history and missed messages are reserved for the client.
	 * @return the number of bytes
	 */
	public long replayBytes() {
		return this.replayBytes;
	}

	void addReplayBytes(long bytes) {
		REPLAY_BYTES.addAndGet(this, bytes);
	}

	/**
	 * Queue a message and mark the session as ready; the caller wakes the shard.
	 * @return whether it was queued, and whether the shard has to be woken
	 */
	Queued offer(OutboundMessage message, QueueLimits limits) {
		Queued result;
		try {
			result = tryOffer(message, limits);
		}
		catch (Throwable ex) {
			// This session is ended, so that no message is missing unnoticed; the other
			// sessions get the message
			this.writers.failed(this, ex);
			result = Queued.REFUSED;
		}
		if (result == Queued.REFUSED) {
			message.done();
		}
		return result;
	}

	private Queued tryOffer(OutboundMessage message, QueueLimits limits) {
		return switch (this.queue.offer(message, limits)) {
			case ACCEPTED -> schedule() ? Queued.READY : Queued.BEHIND;
			case OVERFLOW -> {
				overflowed(limits);
				yield Queued.REFUSED;
			}
			case CLOSED -> {
				this.writers.countDrop(DropReason.SESSION_ENDED);
				yield Queued.REFUSED;
			}
		};
	}

	/**
	 * Handle a message for which a queue of this session has no room.
	 * @return whether that ends the session
	 */
	boolean overflowed(QueueLimits limits) {
		if (limits.policy() == SlowConsumerPolicy.DISCONNECT) {
			this.writers.endSlow(this);
			return true;
		}
		this.writers.countDrop(DropReason.OVERFLOW);
		return false;
	}

	/**
	 * Create a further queue that counts where the session's own does.
	 */
	OutboundQueue makeQueue() {
		return new OutboundQueue(this.statistics);
	}

	private boolean schedule() {
		if (this.scheduled.compareAndSet(false, true)) {
			try {
				this.shard.ready(this);
			}
			catch (Throwable ex) {
				// Otherwise it would never be put into the ready queue
				this.scheduled.set(false);
				throw ex;
			}
			return true;
		}
		return false;
	}

	/**
	 * Hold back everything that is queued for the client, until {@link #release()}.
	 * Called once, before anything can be queued.
	 */
	public void hold() {
		// As if it was being written to
		this.scheduled.set(true);
	}

	/**
	 * Write what was held back, and everything that is queued from now on. Called once,
	 * after {@link #hold()}, on any thread.
	 */
	public void release() {
		unschedule();
		this.shard.wake();
	}

	/**
	 * Note that the writer has finished with the session for now. Called by the one
	 * writer.
	 */
	void unschedule() {
		this.scheduled.set(false);
		if (hasWork()) {
			schedule();
		}
	}

	/**
	 * Note that data was written to the socket, which may not accept all of it now.
	 */
	void setBlockedSince(long now) {
		this.blockedSince = now;
	}

	long blockedSince() {
		return this.blockedSince;
	}

	/**
	 * Note that the socket has accepted everything. The session, which its writer has
	 * left out meanwhile, goes back to its writer.
	 */
	void unblocked() {
		this.blockedSince = 0;
		this.queue.sent();
		unschedule();
		this.shard.wake();
	}

	private boolean hasWork() {
		if (this.aborted.get()) {
			return false;
		}
		return !this.queue.isEmpty() || this.pingDue || (this.closeReason.get() != null && !this.closeStarted.get());
	}

	OutboundQueue queue() {
		return this.queue;
	}

	SessionTransport transport() {
		return this.transport;
	}

	WriterShard shard() {
		return this.shard;
	}

	/**
	 * Set how the session is subscribed to channels that its client has not asked for.
	 * Called by the session's door before the session is registered.
	 * @param subscriber the subscriber of this session alone
	 */
	public void subscribeBy(SessionSubscriber subscriber) {
		this.subscriber = subscriber;
	}

	/**
	 * Return how the session is subscribed to channels that its client has not asked for.
	 * @return the subscriber of this session alone
	 */
	public SessionSubscriber subscriber() {
		return this.subscriber;
	}

	/**
	 * Call an action while no subscription of the session begins or ends. Frames that
	 * tell the client of such a change have to be queued within the action that makes it,
	 * or by a {@link SubscriptionListener}: only then does the client read them in the
	 * order in which things have happened.
	 * @param <T> the type of the result
	 * @param action the action; must not block, and must not call the application
	 * @return what the action returns
	 */
	public <T extends @Nullable Object> T whileUnchanged(Supplier<T> action) {
		synchronized (this.subscriptions) {
			return action.get();
		}
	}

	Map<String, Subscription> subscriptions() {
		return this.subscriptions;
	}

	boolean isAborted() {
		return this.aborted.get();
	}

	/**
	 * Mark the session as not to be written to any more.
	 * @return whether it was not marked before
	 */
	boolean markAborted() {
		return this.aborted.compareAndSet(false, true);
	}

	/**
	 * Return whether the connection has ended.
	 * @return whether the end was reported
	 */
	public boolean isEnded() {
		return this.end.get() != null;
	}

	/**
	 * Return why the session ended.
	 * @return the reason, or {@code null} if it has not ended
	 */
	public @Nullable DisconnectReason end() {
		return this.end.get();
	}

	/**
	 * Return whether the session has ended because this node has asked its client to move
	 * to another node.
	 * @return whether it was closed with {@link CloseReason#MOVED}
	 */
	public boolean isMoved() {
		DisconnectReason end = this.end.get();
		return end != null && end.initiator() == DisconnectReason.Initiator.SERVER
				&& end.code() == CloseReason.MOVED.code();
	}

	/**
	 * Take the reason with which the session has to be closed now: there is one, and
	 * nothing is queued any more. Called by the one writer.
	 */
	@Nullable CloseReason takeClose() {
		CloseReason reason = this.closeReason.get();
		if (reason != null && this.queue.isEmpty() && this.closeStarted.compareAndSet(false, true)) {
			return reason;
		}
		return null;
	}

	boolean takePing() {
		boolean due = this.pingDue;
		if (due) {
			this.pingDue = false;
		}
		return due;
	}

	/**
	 * Ping the client after the messages that are queued now.
	 */
	public void requestPing() {
		this.pingDue = true;
		if (schedule()) {
			this.shard.wake();
		}
	}

	/**
	 * Check whether the client has to be pinged, or has not answered a ping in time.
	 * Called by the one scheduler.
	 */
	boolean checkAlive(long now, long intervalNanos, long pongTimeoutNanos, long jitterNanos) {
		long pingedAt = this.pingedAt;
		if (pingedAt != 0) {
			return now - pingedAt < pongTimeoutNanos;
		}
		if (this.nextPingAt == 0) {
			this.nextPingAt = now + intervalNanos - jitterNanos;
		}
		else if (now - this.nextPingAt >= 0) {
			this.nextPingAt = now + intervalNanos - jitterNanos;
			if (this.pingedAlways || now - this.lastHeardAt >= intervalNanos / 2) {
				if (!this.silent) {
					this.pingedAt = (now != 0) ? now : 1;
				}
				requestPing();
			}
		}
		return true;
	}

	@Override
	public String toString() {
		return this.id;
	}

	/**
	 * The result of offering a message.
	 */
	enum Queued {

		/**
		 * It was not queued.
		 */
		REFUSED,

		/**
		 * It was queued, and the shard already knows of the session.
		 */
		BEHIND,

		/**
		 * It was queued, and the shard has to be woken.
		 */
		READY

	}

}
