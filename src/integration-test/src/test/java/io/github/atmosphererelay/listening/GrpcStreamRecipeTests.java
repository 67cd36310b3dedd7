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

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.testkit.RelayCluster;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A stream of gRPC that is fed by a recorded channel, as the page on listening shows it,
 * on two nodes.
 */
class GrpcStreamRecipeTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final int MESSAGES = 600;

	/** So long that the windows of HTTP/2 take a few of them only. */
	private static final String FILLER = "x".repeat(4096);

	private static final MethodDescriptor<String, String> ORDERS = MethodDescriptor.<String, String>newBuilder()
		.setType(MethodDescriptor.MethodType.SERVER_STREAMING)
		.setFullMethodName("shop.Orders/Events")
		.setRequestMarshaller(new TextMarshaller())
		.setResponseMarshaller(new TextMarshaller())
		.build();

	@Test
	void aSlowClientSlowsDownItsOwnStreamOnlyAndMissesNothing() {
		try (RelayCluster cluster = start()) {
			try (Client slow = new Client(port(cluster, 0)); Client fast = new Client(port(cluster, 1))) {
				slow.call.request(1);
				fast.call.request(Integer.MAX_VALUE);
				List<String> sent = publish(cluster);
				await().atMost(PATIENCE).untilAsserted(() -> assertThat(fast.texts).isEqualTo(sent));
				assertThat(slow.texts).isEqualTo(sent.subList(0, 1));
				assertThat(cluster.node(0).bean(Orders.class).passedOn.get()).isLessThan(MESSAGES / 2);
				slow.call.request(Integer.MAX_VALUE);
				await().atMost(PATIENCE).untilAsserted(() -> assertThat(slow.texts).isEqualTo(sent));
			}
		}
	}

	@Test
	void aClientThatCancelsEndsItsSubscriptionAndAStoppingNodeEndsTheOthers() {
		try (RelayCluster cluster = start()) {
			Orders orders = cluster.node(0).bean(Orders.class);
			try (Client stays = new Client(port(cluster, 0)); Client goes = new Client(port(cluster, 0))) {
				stays.call.request(Integer.MAX_VALUE);
				goes.call.request(Integer.MAX_VALUE);
				List<String> sent = publish(cluster);
				await().atMost(PATIENCE).untilAsserted(() -> assertThat(goes.texts).isEqualTo(sent));
				goes.call.cancel("enough", null);
				await().atMost(PATIENCE).until(() -> orders.cancelled.get() == 1);
				cluster.node(1).broadcaster().broadcast("orders/a", "last").orTimeout(10, TimeUnit.SECONDS).join();
				await().atMost(PATIENCE).until(() -> stays.texts.contains("last"));
				assertThat(goes.texts).doesNotContain("last");
				cluster.node(0).close();
				assertThat(stays.ended).succeedsWithin(PATIENCE);
				assertThat(orders.cancelled).hasValue(1);
			}
		}
	}

	private static RelayCluster start() {
		return BrokerCluster.inMemory(GrpcConfiguration.class)
			.property("atmosphere.channels[0].pattern=orders/**")
			.property("atmosphere.channels[0].history.size=1000")
			.timeout(PATIENCE)
			.start();
	}

	private static int port(RelayCluster cluster, int node) {
		return cluster.node(node).bean(Server.class).getPort();
	}

	private static List<String> publish(RelayCluster cluster) {
		List<String> texts = new ArrayList<>();
		for (int i = 0; i < MESSAGES; i++) {
			String text = i + " " + FILLER;
			texts.add(text);
			cluster.node(i % 2).broadcaster().broadcast("orders/a", text).orTimeout(10, TimeUnit.SECONDS).join();
		}
		return texts;
	}

	/**
	 * A client that gets a message when it asks for one.
	 */
	private static final class Client implements ClientResponseObserver<String, String>, AutoCloseable {

		private final List<String> texts = new CopyOnWriteArrayList<>();

		private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

		private final ManagedChannel channel;

		private ClientCallStreamObserver<String> call;

		Client(int port) {
			this.channel = NettyChannelBuilder.forAddress("localhost", port)
				.usePlaintext()
				.flowControlWindow(64 * 1024)
				.build();
			ClientCalls.asyncServerStreamingCall(this.channel.newCall(ORDERS, CallOptions.DEFAULT), "a", this);
		}

		@Override
		public void beforeStart(ClientCallStreamObserver<String> call) {
			this.call = call;
			call.disableAutoRequestWithInitial(0);
		}

		@Override
		public void onNext(String text) {
			this.texts.add(text);
		}

		@Override
		public void onError(Throwable failure) {
			this.ended.completeExceptionally(failure);
		}

		@Override
		public void onCompleted() {
			this.ended.complete(null);
		}

		@Override
		public void close() {
			this.channel.shutdownNow();
		}

	}

	/**
	 * The application's service.
	 */
	static class Orders {

		private final AtomicInteger passedOn = new AtomicInteger();

		private final AtomicInteger cancelled = new AtomicInteger();

		private final ChannelSubscriber channels;

		Orders(ChannelSubscriber channels) {
			this.channels = channels;
		}

		ServerServiceDefinition definition() {
			return ServerServiceDefinition.builder("shop.Orders")
				.addMethod(ORDERS,
						ServerCalls.<String, String>asyncServerStreamingCall(
								(id, observer) -> this.channels.publisher("orders/" + id, ListenOptions.fromBeginning())
									.subscribe(counted(new OrderStream((ServerCallStreamObserver<String>) observer)))))
				.build();
		}

		private Flow.Subscriber<ChannelItem> counted(OrderStream stream) {
			return new Flow.Subscriber<>() {

				@Override
				public void onSubscribe(Flow.Subscription subscription) {
					stream.onSubscribe(new Flow.Subscription() {

						@Override
						public void request(long number) {
							subscription.request(number);
						}

						@Override
						public void cancel() {
							subscription.cancel();
							Orders.this.cancelled.incrementAndGet();
						}

					});
				}

				@Override
				public void onNext(ChannelItem item) {
					Orders.this.passedOn.incrementAndGet();
					stream.onNext(item);
				}

				@Override
				public void onError(Throwable failure) {
					stream.onError(failure);
				}

				@Override
				public void onComplete() {
					stream.onComplete();
				}

			};
		}

	}

	static class OrderStream implements Flow.Subscriber<ChannelItem> {

		private final ServerCallStreamObserver<String> client;

		private final AtomicBoolean mayRequest = new AtomicBoolean();

		private volatile Flow.@Nullable Subscription subscription;

		OrderStream(ServerCallStreamObserver<String> client) {
			this.client = client;
			client.setOnReadyHandler(this::requestIfReady);
			client.setOnCancelHandler(() -> {
				if (this.subscription != null) {
					this.subscription.cancel();
				}
			});
		}

		private void requestIfReady() {
			if (this.client.isReady() && this.mayRequest.compareAndSet(true, false)) {
				this.subscription.request(1);
			}
		}

		@Override
		public void onSubscribe(Flow.Subscription subscription) {
			this.subscription = subscription;
			if (this.client.isCancelled()) {
				subscription.cancel();
			}
			this.mayRequest.set(true);
			requestIfReady();
		}

		@Override
		public void onNext(ChannelItem item) {
			if (item instanceof Publication order) {
				this.client.onNext(order.payload().asText());
			}
			this.mayRequest.set(true);
			requestIfReady();
		}

		@Override
		public void onError(Throwable failure) {
			this.client.onError(Status.UNAVAILABLE.withCause(failure).asRuntimeException());
		}

		@Override
		public void onComplete() {
			this.client.onCompleted();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class GrpcConfiguration {

		@Bean
		Orders orders(ChannelSubscriber channels) {
			return new Orders(channels);
		}

		@Bean(destroyMethod = "shutdownNow")
		Server grpcServer(Orders orders) throws IOException {
			return NettyServerBuilder.forPort(0)
				.flowControlWindow(64 * 1024)
				.addService(orders.definition())
				.build()
				.start();
		}

	}

	private static final class TextMarshaller implements MethodDescriptor.Marshaller<String> {

		@Override
		public InputStream stream(String text) {
			return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
		}

		@Override
		public String parse(InputStream stream) {
			try {
				return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
