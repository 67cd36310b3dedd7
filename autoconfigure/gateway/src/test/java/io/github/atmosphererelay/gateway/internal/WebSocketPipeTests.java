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

package io.github.atmosphererelay.gateway.internal;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.reactive.socket.client.ReactorNettyWebSocketClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what becomes of frames and close codes when a side is gone.
 */
class WebSocketPipeTests {

	private static final Duration SOON = Duration.ofSeconds(30);

	private final ByteBudget budget = new ByteBudget(1_024 * 1_024, 100_000);

	private final ByteBudget.Share toClient = this.budget.share();

	private final ProxyStatistics statistics = new ProxyStatistics();

	private final ByteBuf first = ByteBufAllocator.DEFAULT.directBuffer().writeInt(1);

	private final ByteBuf second = ByteBufAllocator.DEFAULT.directBuffer().writeInt(2);

	private static WebSocketMessage message(ByteBuf content) {
		return new WebSocketMessage(WebSocketMessage.Type.BINARY,
				new NettyDataBufferFactory(ByteBufAllocator.DEFAULT).wrap(content));
	}

	/** Frames are released by who has read them, unless they are retained. */
	private Flux<WebSocketMessage> frames() {
		return Flux.fromIterable(List.of(this.first, this.second)).concatMap((content) -> {
			WebSocketMessage message = message(content);
			return Mono.just(message).concatWith(Mono.fromRunnable(message::release));
		}, 0);
	}

	private void assertReleased() {
		assertThat(this.first.refCnt()).isZero();
		assertThat(this.second.refCnt()).isZero();
	}

	private WebSocketPipe pipe(WebSocketSession client, WebSocketSession node) {
		return new WebSocketPipe(client, node, new ClientConnection(new EmbeddedChannel()), this.budget.share(),
				this.toClient, this.statistics);
	}

	@Test
	void framesForASideThatIsGoneAreReleased() {
		StubSession client = new StubSession(frames(), null);
		StubSession node = new StubSession(Flux.empty(), null);
		pipe(client, node).run().block(SOON);
		assertReleased();
		assertThat(client.closed().getCode()).isEqualTo(1012);
	}

	@Test
	void aSideThatIsGoneIsSentNoCloseFrame() {
		StubSession client = new StubSession(Flux.never(), null);
		StubSession node = new StubSession(Flux.empty(), null).gone();
		pipe(client, node).run().block(SOON);
		assertThat(node.isClosed()).isFalse();
		assertThat(client.closed().getCode()).isEqualTo(1012);
	}

	@Test
	void framesThatASideDoesNotTakeAreReleasedWhenTheEndComes() throws Exception {
		StubSession client = new StubSession(frames().concatWith(Flux.never()), null);
		StubSession node = new StubSession(Flux.never(), null, (messages) -> Mono.never());
		WebSocketPipe pipe = pipe(client, node);
		CompletableFuture<Void> run = pipe.run().toFuture();
		pipe.end(PipeEnd.IDLE);
		run.get(30, TimeUnit.SECONDS);
		assertThat(client.closed().getCode()).isEqualTo(1012);
		assertReleased();
	}

	@Test
	void theNodesCodeReachesTheClientAlthoughAFrameOfTheClientCrossesIt() {
		StubSession client = new StubSession(frames().concatWith(Flux.never()), null,
				(messages) -> Flux.from(messages)
					.map((message) -> DataBufferUtils.release(message.getPayload()))
					.then(Mono.delay(Duration.ofMillis(300)))
					.then());
		ByteBuf last = ByteBufAllocator.DEFAULT.directBuffer().writeInt(3);
		StubSession node = new StubSession(Flux.just(message(last)).doFinally((signal) -> last.release()),
				new CloseStatus(4101, "away"));
		pipe(client, node).run().block(SOON);
		assertThat(client.closed()).isEqualTo(new CloseStatus(4101, "away"));
		assertThat(last.refCnt()).isZero();
		assertReleased();
	}

	@Test
	void whatOthersWaitForIsNotHeldForASlowReceiver() throws Exception {
		StubSession client = new StubSession(Flux.never(), null, (messages) -> Mono.never());
		StubSession node = new StubSession(frames().concatWith(Flux.never()), null);
		WebSocketPipe pipe = pipe(client, node);
		CompletableFuture<Void> run = pipe.run().toFuture();
		this.toClient.read(500_000);
		this.toClient.framed(0, true);
		// The first one that waits is preferred, and the second one is not
		ByteBudget.Share other = this.budget.share();
		for (int i = 0; i < 2; i++) {
			other = this.budget.share();
			while (other.mayRead(() -> {
			})) {
				other.read(ByteBudget.READ);
			}
		}
		ByteBudget.Share waiting = other;
		assertThat(waiting.isWaiting()).isTrue();
		pipe.check(Duration.ZERO, Duration.ofMinutes(1), Duration.ofMinutes(1));
		assertThat(run).isNotDone();
		pipe.check(Duration.ZERO, Duration.ZERO, Duration.ofMinutes(1));
		run.get(30, TimeUnit.SECONDS);
		assertThat(client.closed().getCode()).isEqualTo(1013);
		assertThat(this.statistics.slow()).isEqualTo(1);
		// Both sides are closed before the bytes are given back
		await().until(() -> !waiting.isWaiting());
		assertReleased();
	}

	/**
	 * The frame is written when the event loop comes to it. Until then nobody may release
	 * it, neither because that takes too long nor because the client's connection ends.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aNodeGetsTheCloseFrameFromAnEventLoopThatIsLate(boolean cancelled) throws Exception {
		CompletableFuture<Integer> code = new CompletableFuture<>();
		CompletableFuture<WebSocketSession> opened = new CompletableFuture<>();
		AtomicReference<Channel> channel = new AtomicReference<>();
		CountDownLatch goOn = new CountDownLatch(1);
		Sinks.Empty<Void> over = Sinks.empty();
		LoopResources loops = LoopResources.create("late", 1, true);
		DisposableServer server = server(code);
		try {
			new ReactorNettyWebSocketClient(
					HttpClient.create().runOn(loops).doOnConnected((connection) -> channel.set(connection.channel())))
				.execute(URI.create("ws://127.0.0.1:" + server.port()), (session) -> {
					opened.complete(session);
					return over.asMono();
				})
				.subscribe();
			WebSocketSession node = opened.get(30, TimeUnit.SECONDS);
			StubSession client = new StubSession(Flux.never(), null, (messages) -> Mono.never());
			WebSocketPipe pipe = pipe(client, node);
			CompletableFuture<Void> run = pipe.run().toFuture();
			CountDownLatch standsStill = new CountDownLatch(1);
			channel.get().eventLoop().submit(() -> {
				standsStill.countDown();
				return goOn.await(60, TimeUnit.SECONDS);
			});
			assertThat(standsStill.await(30, TimeUnit.SECONDS)).isTrue();
			pipe.end(PipeEnd.SLOW);
			if (cancelled) {
				run.cancel(true);
			}
			else {
				run.get(30, TimeUnit.SECONDS);
				assertThat(client.closed().getCode()).isEqualTo(1013);
			}
			goOn.countDown();
			assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(1001);
		}
		finally {
			goOn.countDown();
			over.tryEmitEmpty();
			server.disposeNow();
			loops.disposeLater(Duration.ZERO, SOON).block(SOON);
		}
	}

	/**
	 * Start a server in place of a node.
	 * @param code completes with the code with which its client has closed
	 */
	private static DisposableServer server(CompletableFuture<Integer> code) {
		return HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.handle((request, response) -> response.sendWebsocket((in, out) -> {
				in.receiveCloseStatus()
					.subscribe((status) -> code.complete(status.code()), code::completeExceptionally,
							() -> code.complete(1006));
				return in.receive().then();
			}))
			.bindNow();
	}

}
