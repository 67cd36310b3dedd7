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

import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import org.jspecify.annotations.Nullable;

/**
 * A session of this node with its queue. Doors create it through {@link WriterPool#open}
 * and report its end through {@link #ended}.
 */
public final class LocalSession implements ClientSession {

	/** A field instead of an object for each session. */
	private static final AtomicLongFieldUpdater<LocalSession> REPLAY_BYTES = AtomicLongFieldUpdater
		.newUpdater(LocalSession.class, "replayBytes");

	private final String id;

	/** Replaced by others of the same name only. */
	private volatile @Nullable Principal principal;

	private final @Nullable InetSocketAddress remoteAddress;

	private final Instant openedAt = Instant.now();

	private final Map<String, Object> attributes = new ConcurrentHashMap<>(0);

	private volatile SessionSubscriber subscriber = SessionSubscriber.SILENT;

	/** By channel. Its monitor is held while they change. */
	private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>(1);

	private final SessionTransport transport;

	private final WriterPool writers;

	private final WriterShard shard;

	private final OutboundQueue queue;

	/** Whether the session stands in its shard's ready queue or is being written to. */
	private final AtomicBoolean scheduled = new AtomicBoolean();

	/** What this end closes the session with; the first one wins. */
	private final AtomicReference<@Nullable CloseReason> closeReason = new AtomicReference<>();

	private final AtomicBoolean closeStarted = new AtomicBoolean();

	private final AtomicBoolean aborted = new AtomicBoolean();

	private final AtomicReference<@Nullable DisconnectReason> end = new AtomicReference<>();

	private final BiConsumer<LocalSession, DisconnectReason> endListener;

	/** What is reserved for the client in the node's budget. */
	private volatile long replayBytes;

	/** Since when the socket takes no more; 0 if it does. */
	private volatile long blockedSince;

	private volatile boolean pingDue;

	/** Whether the client is pinged however much it talks. */
	private volatile boolean pingedAlways;

	private volatile long lastHeardAt = System.nanoTime();

	/** When the ping was sent that is waiting for its pong; 0 if none is. */
	private volatile long pingedAt;

	private volatile long nextPingAt;

	/** A time of {@link System#nanoTime()}. */
	private volatile long authenticatedAt = System.nanoTime();

	/** In milliseconds of the node's clock, as tokens have it. */
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
		this.queue = new OutboundQueue(statistics);
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
	 * Close the session without waiting for what is queued or for a write that may be
	 * stuck. Returns at once.
	 * @param reason what the client is told
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
	 * Report that the connection is gone. The first call counts.
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
	 * Report that the client has sent something, so that it need not be pinged.
	 */
	public void heard() {
		this.lastHeardAt = System.nanoTime();
		this.pingedAt = 0;
	}

	/**
	 * Have the client pinged although it talks: it waits for pings itself, and gives the
	 * connection up without them.
	 */
	public void pingAlways() {
		this.pingedAlways = true;
	}

	/**
	 * Say when the client has shown who it is, if that was before the session was opened.
	 * @param time a time of {@link System#nanoTime()}
	 */
	public void authenticatedAt(long time) {
		this.authenticatedAt = time;
	}

	long authenticatedAt() {
		return this.authenticatedAt;
	}

	/**
	 * Say when the session is to be closed because the proof of who its client is
	 * expires.
	 * @param time the time, or {@code null} if it does not expire
	 */
	public void expireAt(@Nullable Instant time) {
		this.expiresAt = (time != null && time.getEpochSecond() < Long.MAX_VALUE / 1000) ? time.toEpochMilli()
				: Long.MAX_VALUE;
	}

	/**
	 * Take a new proof of who the client is.
	 * @param principal the principal, with the same name as before
	 * @param time when it expires, or {@code null} if it does not
	 * @throws IllegalArgumentException if it is another user's
	 */
	public void renew(Principal principal, @Nullable Instant time) {
		Principal present = this.principal;
		if (present == null || !present.getName().equals(principal.getName())) {
			// The session is known by that name.
			throw new IllegalArgumentException("The principal is another user's");
		}
		this.principal = principal;
		expireAt(time);
	}

	/**
	 * Return whether the proof of who the client is has expired.
	 */
	boolean isExpired(long nowMillis) {
		return nowMillis >= this.expiresAt;
	}

	/**
	 * Return how many messages wait for the client.
	 * @return the number of messages
	 */
	public int queuedMessages() {
		return this.queue.size();
	}

	/**
	 * Return how many payload bytes wait for the client, beside what the node's
	 * {@link ReplayBudget} counts.
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
			// Its client is not left with a hole, and the other sessions get the message
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
				if (limits.policy() == SlowConsumerPolicy.DISCONNECT) {
					this.writers.endSlow(this);
				}
				else {
					this.writers.countDrop(DropReason.OVERFLOW);
				}
				yield Queued.REFUSED;
			}
			case CLOSED -> {
				this.writers.countDrop(DropReason.SESSION_ENDED);
				yield Queued.REFUSED;
			}
		};
	}

	private boolean schedule() {
		if (this.scheduled.compareAndSet(false, true)) {
			try {
				this.shard.ready(this);
			}
			catch (Throwable ex) {
				// Or nobody would ever put it there
				this.scheduled.set(false);
				throw ex;
			}
			return true;
		}
		return false;
	}

	/**
	 * Let everything wait that is queued for the client, until {@link #release()}. Called
	 * once, before anybody can queue anything.
	 */
	public void hold() {
		// As if it was being written to.
		this.scheduled.set(true);
	}

	/**
	 * Let what waits go to the client, and whatever comes from now on. Called once, after
	 * {@link #hold()}; on any thread.
	 */
	public void release() {
		unschedule();
		this.shard.wake();
	}

	/**
	 * Say that the writer is done with the session for now. Called by the one writer.
	 */
	void unschedule() {
		this.scheduled.set(false);
		if (hasWork()) {
			schedule();
		}
	}

	/**
	 * Note that the socket has been given something, and may not take all of it.
	 */
	void setBlockedSince(long now) {
		this.blockedSince = now;
	}

	long blockedSince() {
		return this.blockedSince;
	}

	/**
	 * Say that the socket has taken everything after all: the session, which has been
	 * kept from its writer, goes back to it.
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
	 * Say how the session is subscribed to what its client has not asked for. Called by
	 * the session's door before anybody else knows of the session.
	 * @param subscriber the session's own
	 */
	public void subscribeBy(SessionSubscriber subscriber) {
		this.subscriber = subscriber;
	}

	/**
	 * Return how the session is subscribed to what its client has not asked for.
	 * @return the session's own
	 */
	public SessionSubscriber subscriber() {
		return this.subscriber;
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
	 * Return whether the connection is gone.
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
	 * Take the reason with which the session is to be closed now, if there is one and
	 * nothing waits any more. Called by the one writer.
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
	 * Have the client pinged behind what waits for it now.
	 */
	public void requestPing() {
		this.pingDue = true;
		if (schedule()) {
			this.shard.wake();
		}
	}

	/**
	 * Look whether the client is to be pinged or given up. Called by the one scheduler.
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
				this.pingedAt = (now != 0) ? now : 1;
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
	 * What became of a message that was offered.
	 */
	enum Queued {

		/**
		 * It was not taken.
		 */
		REFUSED,

		/**
		 * It was taken, and the shard knows of the session.
		 */
		BEHIND,

		/**
		 * It was taken, and the shard has to be woken.
		 */
		READY

	}

}
