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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.redis.internal.RedisCalls;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * The back channel in Redis: interests are kept in hashes, and pub/sub tells the
 * redistributors of changes.
 * <p>
 * Notices may be lost, with a connection or a server. So redistributors compare the
 * versions that they know with those in Redis when they connect, and every
 * {@value #COMPARE_SECONDS} seconds. Redis itself may lose everything: a node looks as
 * often whether its interest is still there, and writes it again.
 * <p>
 * Threads: one that does all that waits for Redis, and calls the listeners. Connections:
 * two.
 */
public final class CacheBackChannel implements BackChannel {

	private static final Log logger = LogFactory.getLog(CacheBackChannel.class);

	private static final int COMPARE_SECONDS = 5;

	private static final Duration TICK = Duration.ofMillis(250);

	private static final long MAX_RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);

	/** More notices than these are left out, and the versions are compared. */
	private static final int MAX_NOTICES = 10_000;

	private static final int MAX_PENDING = 64;

	private static final long STOP_MILLIS = 1500;

	private final RedisCalls calls;

	private final CachedInterests interests;

	private final Guard guard;

	private final ScheduledExecutorService worker = Executors
		.newSingleThreadScheduledExecutor(Threads.factory("interest"));

	private final Set<CompletableFuture<@Nullable Void>> open = ConcurrentHashMap.newKeySet();

	private final AtomicInteger notices = new AtomicInteger();

	/** Whether notices may have been missed. */
	private final AtomicBoolean missed = new AtomicBoolean();

	private volatile boolean stopped;

	/** What this process has published. Only used by the worker, as all that follows. */
	private final Map<InterestKey, CachedInterests.Interest> own = new HashMap<>();

	private final List<InterestFollower> followers = new ArrayList<>();

	private long comparedAt = System.nanoTime();

	private long retryAt = System.nanoTime();

	private int failures;

	/**
	 * Create a back channel. It connects when it is first used.
	 * @param connectionFactory the application's Lettuce or Jedis connection factory
	 * @param keyPrefix the prefix of the cluster's keys, such as {@code atmosphere:shop:}
	 * @param timeout the maximum time to connect, and to wait for an answer
	 * @param guard protects the thread and the listeners
	 * @throws IllegalArgumentException if the factory's type is not supported, or the
	 * client cannot run scripts with this configuration
	 */
	public CacheBackChannel(RedisConnectionFactory connectionFactory, String keyPrefix, Duration timeout, Guard guard) {
		this.guard = guard;
		this.calls = new RedisCalls(connectionFactory, keyPrefix, MAX_PENDING, timeout,
				CachedInterests.channel(keyPrefix), new Notices());
		this.interests = new CachedInterests(this.calls, keyPrefix);
		guard.repeat(this.worker, this::tick, TICK, TICK);
	}

	@Override
	public String name() {
		return "cache";
	}

	@Override
	public CompletableFuture<@Nullable Void> publish(InterestChange change) {
		return execute(() -> {
			if (!this.interests.change(change)) {
				throw new IllegalStateException("Redis does not have the version before " + change.version()
						+ " of the interest of the node " + change.node() + " in the feed '" + change.feed() + "'");
			}
			InterestKey key = new InterestKey(change.node(), change.feed());
			CachedInterests.Interest before = this.own.get(key);
			Set<String> channels = (before != null) ? before.channels() : new HashSet<>();
			channels.removeAll(change.removed());
			channels.addAll(change.added());
			this.own.put(key, new CachedInterests.Interest(change.version(), channels));
		});
	}

	@Override
	public CompletableFuture<@Nullable Void> replace(String feed, UUID node, long version, Set<String> channels) {
		return execute(() -> {
			InterestKey key = new InterestKey(node, feed);
			if (!this.interests.replace(key, version, channels)) {
				throw new IllegalStateException("Redis has a later version than " + version
						+ " of the interest of the node " + node + " in the feed '" + feed + "'");
			}
			this.own.put(key, new CachedInterests.Interest(version, new HashSet<>(channels)));
		});
	}

	@Override
	public CompletableFuture<@Nullable Void> forget(UUID node) {
		return execute(() -> {
			this.own.keySet().removeIf((key) -> key.node().equals(node));
			this.interests.forget(node);
		});
	}

	@Override
	public CompletableFuture<@Nullable Void> listen(Listener listener) {
		InterestFollower follower = new InterestFollower(this.interests, listener, this.guard);
		CompletableFuture<@Nullable Void> ready = opened(follower.ready());
		submit(() -> {
			this.followers.add(follower);
			this.missed.set(true);
			this.retryAt = System.nanoTime();
			tick();
		}, ready);
		return ready;
	}

	private CompletableFuture<@Nullable Void> execute(Runnable action) {
		CompletableFuture<@Nullable Void> future = opened(new CompletableFuture<>());
		submit(() -> {
			try {
				if (!future.isDone()) {
					action.run();
				}
				future.complete(null);
			}
			catch (Throwable ex) {
				future.completeExceptionally(ex);
				if (ex instanceof Error error) {
					throw error;
				}
			}
		}, future);
		return future;
	}

	/**
	 * Remember a future that a stop fails.
	 */
	private CompletableFuture<@Nullable Void> opened(CompletableFuture<@Nullable Void> future) {
		this.open.add(future);
		future.whenComplete((done, ex) -> this.open.remove(future));
		if (this.stopped) {
			future.completeExceptionally(new IllegalStateException("The back channel was stopped"));
		}
		return future;
	}

	private void submit(Runnable step, CompletableFuture<@Nullable Void> future) {
		try {
			this.worker.execute(this.guard.guarded(step));
		}
		catch (RejectedExecutionException ex) {
			future.completeExceptionally(new IllegalStateException("The back channel was stopped"));
		}
	}

	/**
	 * Connect where there is something to do, and compare where it is time for that.
	 */
	private void tick() {
		long now = System.nanoTime();
		if (this.stopped || (this.followers.isEmpty() && this.own.isEmpty()) || now - this.retryAt < 0) {
			return;
		}
		boolean connected = this.calls.isConnected();
		if (connected && !this.missed.get() && now - this.comparedAt < TimeUnit.SECONDS.toNanos(COMPARE_SECONDS)) {
			return;
		}
		try {
			this.calls.connect();
			// What is missed from here on is compared the next time
			this.missed.set(false);
			restore();
			for (InterestFollower follower : this.followers) {
				follower.compare();
			}
			this.comparedAt = System.nanoTime();
			if (this.failures > 0) {
				logger.info("Redistributors and nodes reach Redis again");
			}
			this.failures = 0;
		}
		catch (RuntimeException ex) {
			this.missed.set(true);
			if (this.failures == 0 && !this.stopped) {
				logger.warn("Redistributors cannot learn from Redis which node wants which channels: " + ex);
			}
			this.failures++;
			this.retryAt = System.nanoTime()
					+ Math.min(MAX_RETRY_NANOS, TICK.toNanos() << Math.min(this.failures - 1, 10));
		}
	}

	/**
	 * Write again what Redis has lost, also if it has an older version instead: that of a
	 * replica that had not got the last ones.
	 */
	private void restore() {
		this.own.forEach((key, interest) -> {
			if (this.interests.touch(key) < interest.version()) {
				this.interests.replace(key, interest.version(), interest.channels());
			}
		});
	}

	@Override
	public void stop() {
		this.stopped = true;
		this.worker.shutdownNow();
		List.copyOf(this.open)
			.forEach((future) -> future
				.completeExceptionally(new IllegalStateException("The back channel was stopped")));
		// Waits for a call that is under way
		Thread closer = Threads.factory("interest-closer").newThread(this.calls::close);
		closer.start();
		try {
			this.worker.awaitTermination(STOP_MILLIS, TimeUnit.MILLISECONDS);
			closer.join(STOP_MILLIS / 3);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Takes what Redis publishes to the worker.
	 */
	private final class Notices implements RedisCalls.Listener {

		@Override
		public void message(byte[] message) {
			if (CacheBackChannel.this.notices.incrementAndGet() > MAX_NOTICES) {
				CacheBackChannel.this.notices.decrementAndGet();
				CacheBackChannel.this.missed.set(true);
				return;
			}
			hand(() -> {
				CacheBackChannel.this.notices.decrementAndGet();
				take(message);
			});
		}

		private void take(byte[] message) {
			if (CacheBackChannel.this.stopped || CacheBackChannel.this.followers.isEmpty()) {
				return;
			}
			try {
				InterestNotice notice = InterestNoticeCodec.decode(message);
				CacheBackChannel.this.followers.forEach((follower) -> follower.notice(notice));
			}
			catch (RuntimeException ex) {
				CacheBackChannel.this.missed.set(true);
				logger.debug("A notice of interest could not be taken: the versions are compared", ex);
			}
		}

		@Override
		public void connected() {
			CacheBackChannel.this.missed.set(true);
		}

		@Override
		public void interrupted() {
			hand(CacheBackChannel.this::tick);
		}

		private void hand(Runnable step) {
			try {
				CacheBackChannel.this.worker.execute(CacheBackChannel.this.guard.guarded(step));
			}
			catch (RejectedExecutionException ex) {
				// It was stopped
			}
		}

	}

}
