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

package io.github.atmosphererelay.gateway;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.buffer.Unpooled;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.WebsocketServerSpec;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * A server in place of a node, which does what its clients ask for and remembers what it
 * has got.
 */
final class TestBackend implements AutoCloseable {

	private static final int MAX_FRAME = 8 * 1_024 * 1_024;

	/** The size of a frame of a flood, in bytes. */
	static final int FLOOD_FRAME = 64 * 1_024;

	private final String name;

	private final DisposableServer server;

	private final List<String> received = new CopyOnWriteArrayList<>();

	private final List<Integer> closed = new CopyOnWriteArrayList<>();

	private final AtomicInteger waiting = new AtomicInteger();

	private final AtomicInteger flooded = new AtomicInteger();

	private final AtomicInteger executed = new AtomicInteger();

	private volatile HttpHeaders headers = new DefaultHttpHeaders();

	private volatile HttpHeaders handshake = new DefaultHttpHeaders();

	private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

	private final Sinks.Empty<Void> late = Sinks.empty();

	private final Sinks.Many<String> stream = Sinks.many().unicast().onBackpressureBuffer();

	TestBackend(String name) {
		this(name, 0);
	}

	/**
	 * Start a server on a port, or on any that is free if it is 0.
	 */
	TestBackend(String name, int port) {
		this.name = name;
		this.server = HttpServer.create()
			.host("127.0.0.1")
			.port(port)
			.channelGroup(this.connections)
			.handle(this::handle)
			.bindNow();
	}

	String name() {
		return this.name;
	}

	int port() {
		return this.server.port();
	}

	/**
	 * What clients have sent, such as {@code ping:abc}.
	 */
	List<String> received() {
		return this.received;
	}

	/**
	 * The codes with which clients have closed.
	 */
	List<Integer> closed() {
		return this.closed;
	}

	/**
	 * The headers of the latest request.
	 */
	HttpHeaders headers() {
		return this.headers;
	}

	/**
	 * The headers of the latest handshake of a WebSocket.
	 */
	HttpHeaders handshake() {
		return this.handshake;
	}

	/**
	 * How many connections wait for an answer that never comes.
	 */
	int waiting() {
		return this.waiting.get();
	}

	/**
	 * How many requests have been carried out that get no answer.
	 */
	int executed() {
		return this.executed.get();
	}

	/**
	 * How many frames of a flood have been sent.
	 */
	int flooded() {
		return this.flooded.get();
	}

	void stream(String line) {
		this.stream.tryEmitNext(line).orThrow();
	}

	/**
	 * Accept the handshakes of the path {@code late}.
	 */
	void acceptLate() {
		this.late.tryEmitEmpty().orThrow();
	}

	private Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		this.headers = request.requestHeaders().copy();
		if (request.path().endsWith("silent")) {
			this.waiting.incrementAndGet();
			request.withConnection((connection) -> connection.onDispose(this.waiting::decrementAndGet));
			return Mono.never();
		}
		if (request.path().endsWith("executed-and-reset")) {
			return request.receive().aggregate().then(Mono.fromRunnable(() -> {
				this.executed.incrementAndGet();
				request.withConnection((connection) -> {
					((SocketChannelConfig) connection.channel().config()).setSoLinger(0);
					connection.channel().close();
				});
			})).then(Mono.never());
		}
		if (request.path().endsWith("executed-and-closed")) {
			return request.receive().aggregate().then(Mono.fromRunnable(() -> {
				this.executed.incrementAndGet();
				request.withConnection((connection) -> connection.channel().close());
			})).then(Mono.never());
		}
		if (request.path().endsWith("cut")) {
			request.withConnection((connection) -> connection.channel().close());
			return Mono.never();
		}
		if (request.path().endsWith("refused")) {
			return response.status(403).header("X-Reason", "not you").send();
		}
		if (request.path().endsWith("stream")) {
			return response.sse()
				.send(this.stream.asFlux().map((line) -> Unpooled.copiedBuffer(line, StandardCharsets.UTF_8)),
						(buffer) -> true);
		}
		if (request.path().endsWith("late")) {
			this.waiting.incrementAndGet();
			return this.late.asMono().then(Mono.from(response.sendWebsocket(this::serve)));
		}
		if ("websocket".equalsIgnoreCase(request.requestHeaders().get("Upgrade"))) {
			this.handshake = request.requestHeaders().copy();
			WebsocketServerSpec.Builder spec = WebsocketServerSpec.builder()
				.handlePing(true)
				.maxFramePayloadLength(MAX_FRAME);
			if (request.requestHeaders().contains("Sec-WebSocket-Protocol", "first", true)) {
				spec.protocols("first");
			}
			return response.sendWebsocket(this::serve, spec.build());
		}
		String user = request.requestHeaders().get("X-User");
		return response.sendString(Mono.just(this.name + ((user != null) ? " for " + user : "")));
	}

	private Publisher<Void> serve(WebsocketInbound in, WebsocketOutbound out) {
		in.receiveCloseStatus().subscribe((status) -> this.closed.add(status.code()));
		Flux<WebSocketFrame> answers = in.aggregateFrames(MAX_FRAME)
			.receiveFrames()
			.concatMap((frame) -> answer(frame, in, out));
		return out.sendString(Mono.just(this.name)).sendObject(answers);
	}

	private Publisher<WebSocketFrame> answer(WebSocketFrame frame, WebsocketInbound in, WebsocketOutbound out) {
		if (frame instanceof PingWebSocketFrame) {
			this.received.add("ping:" + frame.content().toString(StandardCharsets.UTF_8));
			return Mono.just(new PongWebSocketFrame(Unpooled.copiedBuffer(frame.content())));
		}
		if (frame instanceof PongWebSocketFrame) {
			this.received.add("pong:" + frame.content().toString(StandardCharsets.UTF_8));
			return Mono.empty();
		}
		if (frame instanceof BinaryWebSocketFrame) {
			return Mono.just(new BinaryWebSocketFrame(Unpooled.copiedBuffer(frame.content())));
		}
		if (!(frame instanceof TextWebSocketFrame text)) {
			return Mono.empty();
		}
		String command = text.text();
		if (command.startsWith("close ")) {
			return out.sendClose(Integer.parseInt(command.substring(6)), "as asked").thenMany(Flux.empty());
		}
		if (command.equals("die")) {
			in.withConnection((connection) -> connection.channel().close());
			return Mono.empty();
		}
		if (command.equals("ping me")) {
			return Mono.just(new PingWebSocketFrame(Unpooled.copiedBuffer("beat", StandardCharsets.UTF_8)));
		}
		if (command.startsWith("large ")) {
			return Mono.just(new TextWebSocketFrame("x".repeat(Integer.parseInt(command.substring(6)))));
		}
		if (command.startsWith("flood ")) {
			return Flux.range(0, Integer.parseInt(command.substring(6))).map((i) -> {
				this.flooded.incrementAndGet();
				return new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[FLOOD_FRAME]));
			});
		}
		if (command.startsWith("numbered ")) {
			String[] words = command.split(" ");
			int size = Integer.parseInt(words[2]);
			return Flux.range(0, Integer.parseInt(words[1]))
				.map((i) -> new BinaryWebSocketFrame(
						Unpooled.buffer(size).writeInt(i).writeZero(size - Integer.BYTES)));
		}
		if (command.equals("silence")) {
			return Mono.empty();
		}
		return Mono.just(new TextWebSocketFrame(command));
	}

	@Override
	public void close() {
		// Those that are served, too, as if the machine was gone
		this.connections.close();
		this.server.disposeNow(Duration.ofSeconds(1));
	}

}
