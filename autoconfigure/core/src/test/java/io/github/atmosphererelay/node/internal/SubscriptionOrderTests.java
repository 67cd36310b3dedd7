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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.atmosphererelay.event.ChannelSubscribed;
import io.github.atmosphererelay.event.ChannelUnsubscribed;
import io.github.atmosphererelay.event.SessionConnected;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.test.SharedLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whatever follows on the end of a subscription may take its time: what is told of the
 * end, and of a later subscription, is in order all the same.
 */
class SubscriptionOrderTests {

	private static final String LOG = "log/order";

	private final NodeFixture fixture = new NodeFixture(new SharedLog().relay()).startUp();

	private final Subscriptions subscriptions = this.fixture.node.subscriptions();

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	private CompletableFuture<Subscribed> subscribe(LocalSession session, Consumer<Subscribed> answer) {
		return this.subscriptions.subscribe(session, LOG, new SubscribeRequest(false, null, answer, () -> {
		}));
	}

	private static CompletableFuture<?> inThread(Runnable task) {
		return CompletableFuture.runAsync(task, (run) -> new Thread(run).start());
	}

	@Test
	void theEventOfAnEndComesBeforeThatOfALaterSubscription() throws Exception {
		LocalSession session = this.fixture.connect("ann", new FakeTransport());
		subscribe(session, (answer) -> {
		}).orTimeout(10, TimeUnit.SECONDS).join();
		LocalSession other = this.fixture.connect("bob", new FakeTransport());
		CountDownLatch locked = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		// Holds the lock of the channel's log, which the end of a subscription takes
		CompletableFuture<?> holder = inThread(() -> subscribe(other, (answer) -> {
			locked.countDown();
			awaitUninterruptibly(release);
		}).join());
		assertThat(locked.await(10, TimeUnit.SECONDS)).isTrue();
		CompletableFuture<?> end = inThread(() -> this.subscriptions.unsubscribe(session, LOG));
		await().until(() -> !session.isIn(LOG));
		this.subscriptions.subscribe(session, LOG).orTimeout(10, TimeUnit.SECONDS).join();
		release.countDown();
		CompletableFuture.allOf(holder, end).orTimeout(10, TimeUnit.SECONDS).join();
		await().until(() -> this.fixture.eventsOf(session).size() == 4);
		assertThat(this.fixture.eventsOf(session)).containsExactly(new SessionConnected(session),
				new ChannelSubscribed(session, LOG, false), new ChannelUnsubscribed(session, LOG),
				new ChannelSubscribed(session, LOG, false));
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await(20, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
