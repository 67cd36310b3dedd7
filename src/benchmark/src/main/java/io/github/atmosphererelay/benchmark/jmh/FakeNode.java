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

package io.github.atmosphererelay.benchmark.jmh;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.Fanout;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;

/**
 * The part of a node behind its relay: sessions and their writers, with sockets that are
 * none. Publishes as the node does, for one thread.
 */
final class FakeNode implements AutoCloseable {

	private static final int SPINS = 1000;

	private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(30);

	private static final QueueLimits LIMITS = new QueueLimits(4096, 1 << 20, SlowConsumerPolicy.DISCONNECT);

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final SessionRegistry registry = new SessionRegistry();

	private final LongAdder written = new LongAdder();

	private final WriterPool writers;

	private int sessions;

	private long queued;

	FakeNode() {
		int shards = Math.min(64, Runtime.getRuntime().availableProcessors());
		this.writers = new WriterPool(new WriterSettings(shards, 32, Duration.ofSeconds(5)), new SessionStatistics(),
				this.scheduler);
		this.writers.start();
	}

	LocalSession open() {
		LocalSession session = this.writers.open(Integer.toString(this.sessions++), null, null,
				new FakeSocket(this.written), (ended, reason) -> {
				});
		this.registry.add(session);
		return session;
	}

	void subscribe(LocalSession session, String channel) {
		this.registry.add(new Subscription(session, channel), Integer.MAX_VALUE);
	}

	/**
	 * Queue a message at all sessions of a channel and wake their writers.
	 * @param channel the channel's name
	 * @param payload the message
	 * @return the number of sessions
	 */
	int publish(String channel, Payload payload) {
		Fanout fanout = this.writers.fanout(new OutboundMessage(payload, channel), LIMITS);
		for (LocalSession session : this.registry.inChannel(channel)) {
			fanout.add(session);
		}
		int count = fanout.send();
		this.queued += count;
		return count;
	}

	/**
	 * Wait until the writers have written everything.
	 */
	void awaitWritten() {
		for (int i = 0; i < SPINS; i++) {
			if (isWritten()) {
				return;
			}
			Thread.onSpinWait();
		}
		long start = System.nanoTime();
		while (!isWritten()) {
			if (System.nanoTime() - start > WRITE_TIMEOUT.toNanos()) {
				throw new IllegalStateException(
						"Of " + this.queued + " messages " + this.written + " were written; a session has ended");
			}
			// There may be no processor left for a writer
			Thread.yield();
		}
	}

	private boolean isWritten() {
		return this.written.sum() >= this.queued;
	}

	@Override
	public void close() {
		this.writers.stop();
		this.scheduler.shutdownNow();
	}

}
