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

package io.github.atmosphererelay.listening;

import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.endpoint.internal.ChannelListeners;
import io.github.atmosphererelay.endpoint.internal.EndpointSupport;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.endpoint.internal.ListenerSupport;
import io.github.atmosphererelay.event.MessagesMissed;
import io.github.atmosphererelay.listening.internal.ListeningStatistics;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.MessageId;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.test.TestNode;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Positive;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Scope;
import org.springframework.context.event.EventListener;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ChannelListener} methods of an application.
 */
class ChannelListenerTests {

	private static final String[] ARGS = { "atmosphere.channels[0].pattern=live/**",
			"atmosphere.channels[1].pattern=orders/**", "atmosphere.channels[1].history.size=100",
			"app.channel=orders/named" };

	@Test
	void methodsGetMessagesWithWhatIsKnownOfThem() {
		try (TestNode node = TestNode.start(List.of(Kitchen.class), ARGS)) {
			Kitchen kitchen = node.bean(Kitchen.class);
			Receipt receipt = node.broadcaster()
				.broadcast("orders/a", Map.of("amount", 3), PublishOptions.DEFAULTS.header("table", "7"))
				.join();
			await().until(() -> kitchen.calls.size() == 1);
			assertThat(kitchen.calls)
				.containsExactly("order 3 " + receipt.position() + " " + receipt.messageId() + " 7 orders/a");
			node.broadcaster().broadcast("live/a", "text").join();
			await().until(() -> kitchen.calls.contains("live text null"));
			node.broadcaster().broadcast("orders/named", new byte[] { 1, 2 }).join();
			await().until(() -> kitchen.calls.contains("bytes 2"));
		}
	}

	@Test
	void anInvalidMessageAndAFailureGoToTheExceptionHandlerAndTheNextMessageFollows() {
		try (TestNode node = TestNode.start(List.of(Kitchen.class), ARGS)) {
			Kitchen kitchen = node.bean(Kitchen.class);
			node.broadcaster().broadcast("orders/a", Map.of("amount", -1)).join();
			node.broadcaster().broadcast("orders/a", "no JSON").join();
			node.broadcaster().broadcast("orders/a", Map.of("amount", 13)).join();
			node.broadcaster().broadcast("orders/a", Map.of("amount", 4)).join();
			await().until(() -> kitchen.calls.size() == 4);
			assertThat(kitchen.calls.get(0)).startsWith("failed MethodArgumentNotValidException");
			assertThat(kitchen.calls.get(1)).startsWith("failed MessageConversionException");
			assertThat(kitchen.calls.get(2)).isEqualTo("failed IllegalStateException");
			assertThat(kitchen.calls.get(3)).startsWith("order 4 ");
			assertThat(node.bean(MeterRegistry.class)
				.get("atmosphere.listening.handlers.failures")
				.functionCounter()
				.count()).isEqualTo(3);
		}
	}

	@Test
	void aListenerThatBlocksOrFailsDelaysNeitherOtherListenersNorClients() {
		try (TestNode node = TestNode.start(List.of(Stubborn.class), ARGS)) {
			Stubborn stubborn = node.bean(Stubborn.class);
			try (var client = node.connect("live/a?ack=true").awaitCount(1)) {
				for (int i = 0; i < 20; i++) {
					node.broadcaster().broadcast("live/a", Integer.toString(i)).join();
				}
				client.awaitCount(21);
				await().until(() -> stubborn.heard.size() == 20);
				assertThat(stubborn.blocked).containsExactly("0");
				await().until(() -> stubborn.failed.size() == 20);
				stubborn.gate.countDown();
				await().until(() -> stubborn.blocked.size() == 20);
				assertThat(stubborn.blocked).isEqualTo(stubborn.heard);
			}
		}
	}

	@Test
	void theNextMessageWaitsForTheFutureThatAMethodReturns() {
		try (TestNode node = TestNode.start(List.of(Later.class), ARGS)) {
			Later later = node.bean(Later.class);
			node.broadcaster().broadcast("live/a", "one").join();
			node.broadcaster().broadcast("live/a", "two").join();
			await().until(() -> later.futures.size() == 1);
			later.futures.get(0).completeExceptionally(new IllegalStateException("expected"));
			await().until(() -> later.futures.size() == 2);
			later.futures.get(1).complete(null);
			node.broadcaster().broadcast("live/a", "three").join();
			await().until(() -> later.futures.size() == 3);
			assertThat(later.texts).containsExactly("one", "two", "three");
		}
	}

	@Test
	void aListenerGoesOnAfterAnExceptionThatCannotBeExamined() {
		try (TestNode node = TestNode.start(List.of(Hostile.class), ARGS)) {
			Hostile hostile = node.bean(Hostile.class);
			for (String text : List.of("throw", "fail", "last")) {
				node.broadcaster().broadcast("live/a", text).join();
			}
			await().until(() -> hostile.texts.size() == 3);
			assertThat(hostile.texts).containsExactly("throw", "fail", "last");
		}
	}

	@Test
	void aFailureOfAnAsynchronousExceptionHandlerIsCountedAndTheNextMessageFollows() {
		try (TestNode node = TestNode.start(List.of(FailingHandler.class), ARGS)) {
			FailingHandler bean = node.bean(FailingHandler.class);
			node.broadcaster().broadcast("live/a", "one").join();
			node.broadcaster().broadcast("live/a", "two").join();
			await().until(() -> bean.texts.size() == 2);
			await().until(() -> node.bean(MeterRegistry.class)
				.get("atmosphere.listening.handlers.exceptions.failures")
				.functionCounter()
				.count() == 2);
		}
	}

	@Test
	void aListenerWhoseStreamFailsSubscribesAgain() {
		try (TestNode node = TestNode.start(ARGS)) {
			AtomicInteger attempts = new AtomicInteger();
			ChannelSubscriber real = node.bean(ChannelSubscriber.class);
			ListeningStatistics statistics = new ListeningStatistics();
			List<Object> events = new CopyOnWriteArrayList<>();
			ChannelListeners listeners = new ChannelListeners(failingOnce(real, attempts),
					new ListenerSupport(node.messaging().futures(), node.messaging().timers(), events::add, statistics),
					node.bean(GroupListeners.class));
			List<String> heard = new CopyOnWriteArrayList<>();
			DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
			beans.registerSingleton("hearing", new Hearing(heard));
			listeners.register(beans,
					new EndpointSupport(node.broadcaster(), node.bean(PayloadEncoder.class), null, null));
			listeners.start();
			await().until(() -> attempts.get() == 2);
			await().until(() -> node.messaging().taps().channels() == 1);
			node.broadcaster().broadcast("live/a", "again").join();
			await().until(() -> heard.contains("again"));
			assertThat(statistics.restarts()).isOne();
			assertThat(events).singleElement()
				.isInstanceOfSatisfying(MessagesMissed.class,
						(missed) -> assertThat(missed.discontinuity().missing()).isEqualTo(Discontinuity.UNKNOWN));
			listeners.stop();
		}
	}

	private static ChannelSubscriber failingOnce(ChannelSubscriber real, AtomicInteger attempts) {
		return new ChannelSubscriber() {

			@Override
			public Flow.Publisher<ChannelItem> publisher(String channel, ListenOptions options) {
				return (subscriber) -> {
					if (attempts.incrementAndGet() > 1) {
						real.publisher(channel, options).subscribe(subscriber);
					}
					else {
						subscriber.onError(new IllegalStateException("expected"));
					}
				};
			}

			@Override
			public Flow.Publisher<ChannelItem> matching(String pattern, ListenOptions options) {
				throw new UnsupportedOperationException();
			}

		};
	}

	@Test
	void listenersBeginAgainWithTheApplication() {
		try (TestNode node = TestNode.start(List.of(Kitchen.class), ARGS)) {
			Kitchen kitchen = node.bean(Kitchen.class);
			node.broadcaster().broadcast("orders/a", Map.of("amount", 1)).join();
			await().until(() -> kitchen.calls.size() == 1);
			node.context().stop();
			assertThat(node.messaging().taps().channels()).isZero();
			node.context().start();
			node.broadcaster().broadcast("live/a", "again").join();
			await().until(() -> kitchen.calls.size() == 2);
			node.broadcaster().broadcast("orders/a", Map.of("amount", 2)).join();
			await().until(() -> kitchen.calls.size() == 3);
			assertThat(kitchen.calls.get(1)).isEqualTo("live again null");
			assertThat(kitchen.calls.get(2)).startsWith("order 2 ");
		}
	}

	@Test
	void aBeanWhoseExceptionHandlerTakesTheSessionCannotHaveListeners() {
		assertThatThrownBy(() -> TestNode.start(List.of(SessionHandler.class), ARGS).close())
			.hasStackTraceContaining("do not work for its @ChannelListener methods");
	}

	@Test
	void aPrototypeWithListenersIsRefused() {
		assertThatThrownBy(() -> TestNode.start(List.of(Prototype.class), ARGS).close())
			.hasStackTraceContaining("is not a singleton");
	}

	@Test
	void streamsCompleteBeforeTheNodeStopsIfTheStartOfTheApplicationFails() {
		FailingStart.completed.clear();
		assertThatThrownBy(() -> TestNode.start(List.of(FailingStart.class), ARGS).close())
			.hasStackTraceContaining("expected");
		assertThat(FailingStart.completed).containsExactly(true);
	}

	@Test
	void missedMessagesAreAnEvent() {
		try (TestNode node = TestNode.start(List.of(Kitchen.class), ARGS)) {
			node.messaging().taps().gap(new Address.Channel("live/a"));
			Kitchen kitchen = node.bean(Kitchen.class);
			await().until(() -> kitchen.calls.contains("missed Kitchen.onLive RELAY_GAP"));
		}
	}

	@Test
	void methodsThatCannotWorkFailTheStart() {
		assertThatThrownBy(() -> TestNode.start(List.of(Unknown.class), ARGS).close())
			.hasStackTraceContaining("Unknown.on")
			.hasStackTraceContaining("'unknown'");
		assertThatThrownBy(() -> TestNode.start(List.of(Pattern.class), ARGS).close())
			.hasStackTraceContaining("orders/{id}");
		assertThatThrownBy(() -> TestNode.start(List.of(Answering.class), ARGS).close())
			.hasStackTraceContaining("returns a String");
		assertThatThrownBy(() -> TestNode.start(List.of(TwoMessages.class), ARGS).close())
			.hasStackTraceContaining("more than one of its parameters");
		for (Class<?> bean : List.of(OfASession.class, OfAUser.class, OfSpring.class)) {
			assertThatThrownBy(() -> TestNode.start(List.of(bean), ARGS).close())
				.hasStackTraceContaining("there is no value for its parameter of type "
						+ bean.getDeclaredMethods()[0].getParameterTypes()[0].getSimpleName());
		}
	}

	static class OfASession {

		@ChannelListener("live/a")
		void on(ClientSession session) {
		}

	}

	static class OfAUser {

		@ChannelListener("live/a")
		void on(Principal user) {
		}

	}

	static class OfSpring {

		@ChannelListener("live/a")
		void on(org.springframework.messaging.Message<String> message) {
		}

	}

	static class Kitchen {

		final List<String> calls = new CopyOnWriteArrayList<>();

		@ChannelListener(value = "orders/a", start = ChannelListener.Start.BEGINNING)
		void onOrder(@Valid Order order, Position position, MessageId id,
				@Header(name = "table", required = false) @Nullable String table, Publication publication,
				Broadcaster broadcaster) {
			if (order.amount() == 13) {
				throw new IllegalStateException("expected");
			}
			this.calls
				.add("order " + order.amount() + " " + position + " " + id + " " + table + " " + publication.channel());
		}

		@ChannelListener("live/a")
		void onLive(String text, @Nullable Position position) {
			this.calls.add("live " + text + " " + position);
		}

		@ChannelListener("${app.channel}")
		void onBytes(byte[] bytes) {
			this.calls.add("bytes " + bytes.length);
		}

		@MessageExceptionHandler
		void onFailure(Exception failure) {
			this.calls.add("failed " + failure.getClass().getSimpleName());
		}

		@EventListener
		void onMissed(MessagesMissed missed) {
			this.calls.add("missed " + missed.listener() + " " + missed.discontinuity().reason());
		}

	}

	record Order(@Positive int amount) {
	}

	static class Stubborn {

		final CountDownLatch gate = new CountDownLatch(1);

		final List<String> blocked = new CopyOnWriteArrayList<>();

		final List<String> heard = new CopyOnWriteArrayList<>();

		final List<String> failed = new CopyOnWriteArrayList<>();

		@ChannelListener("live/a")
		void block(String text) throws InterruptedException {
			this.blocked.add(text);
			this.gate.await();
		}

		@ChannelListener("live/a")
		void fail(String text) {
			this.failed.add(text);
			throw new IllegalStateException("expected");
		}

		@ChannelListener("live/a")
		void hear(String text) {
			this.heard.add(text);
		}

	}

	static class Later {

		final List<CompletableFuture<Void>> futures = new CopyOnWriteArrayList<>();

		final List<String> texts = new CopyOnWriteArrayList<>();

		@ChannelListener("live/a")
		CompletableFuture<Void> on(String text) {
			this.texts.add(text);
			CompletableFuture<Void> future = new CompletableFuture<>();
			this.futures.add(future);
			return future;
		}

	}

	/**
	 * Subscribes, and fails as a web server does whose port is in use.
	 */
	static class FailingStart implements SmartLifecycle {

		/** For each stream that has completed, whether the node had threads then. */
		static final List<Boolean> completed = new CopyOnWriteArrayList<>();

		private final ChannelSubscriber channels;

		private final MessagingNode node;

		FailingStart(ChannelSubscriber channels, MessagingNode node) {
			this.channels = channels;
			this.node = node;
		}

		@Override
		public void start() {
			this.channels.publisher("live/a").subscribe(new Flow.Subscriber<>() {

				@Override
				public void onSubscribe(Flow.Subscription subscription) {
					subscription.request(Long.MAX_VALUE);
				}

				@Override
				public void onNext(ChannelItem item) {
				}

				@Override
				public void onError(Throwable failure) {
				}

				@Override
				public void onComplete() {
					completed.add(FailingStart.this.node.futures().isStarted());
				}

			});
			throw new IllegalStateException("expected");
		}

		@Override
		public void stop() {
		}

		@Override
		public boolean isRunning() {
			return false;
		}

		@Override
		public int getPhase() {
			return SmartLifecycle.DEFAULT_PHASE - 2100;
		}

	}

	/**
	 * Throws an exception whose cause cannot be asked for.
	 */
	static class Hostile {

		final List<String> texts = new CopyOnWriteArrayList<>();

		@ChannelListener("live/a")
		@Nullable CompletableFuture<Void> on(String text) {
			this.texts.add(text);
			if (text.equals("throw")) {
				throw new HostileException();
			}
			return text.equals("fail") ? CompletableFuture.failedFuture(new HostileException()) : null;
		}

		@MessageExceptionHandler
		void onFailure(IllegalStateException failure) {
		}

	}

	@SuppressWarnings("serial")
	static class HostileException extends RuntimeException {

		@Override
		public synchronized Throwable getCause() {
			throw new UnsupportedOperationException("expected");
		}

	}

	static class FailingHandler {

		final List<String> texts = new CopyOnWriteArrayList<>();

		@ChannelListener("live/a")
		void on(String text) {
			this.texts.add(text);
			throw new IllegalStateException("expected");
		}

		@MessageExceptionHandler
		CompletableFuture<Void> onFailure(IllegalStateException failure) {
			return CompletableFuture.failedFuture(failure);
		}

	}

	static class Hearing {

		private final List<String> heard;

		Hearing(List<String> heard) {
			this.heard = heard;
		}

		@ChannelListener("live/a")
		void on(String text) {
			this.heard.add(text);
		}

	}

	static class SessionHandler {

		@ChannelListener("live/a")
		void on(String text) {
		}

		@MessageExceptionHandler
		void onFailure(IllegalStateException failure, ClientSession session) {
		}

	}

	@Scope("prototype")
	static class Prototype {

		@ChannelListener("live/a")
		void on(String text) {
		}

	}

	static class Unknown {

		@ChannelListener("unknown")
		void on(String text) {
		}

	}

	static class Pattern {

		@ChannelListener("orders/{id}")
		void on(String text) {
		}

	}

	static class Answering {

		@ChannelListener("live/a")
		String on(String text) {
			return text;
		}

	}

	static class TwoMessages {

		@ChannelListener("live/a")
		void on(String text, Order order) {
		}

	}

}
