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

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.WebsocketServerSpec;

import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.filter.headers.HttpHeadersFilter;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.StringUtils;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.reactive.socket.client.ReactorNettyWebSocketClient;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.reactive.socket.server.upgrade.ReactorNettyRequestUpgradeStrategy;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

/**
 * Forwards WebSockets to the nodes, and stands before Spring's own filter, which accepts
 * a client before the node has, answers pings itself, and changes close codes. This one
 * connects to the node first, so that the client gets the node's refusal; it forwards
 * pings, pongs and every close code that may stand in a frame. Safe for use by many
 * threads; does not block.
 */
public final class WebSocketProxyFilter implements GlobalFilter, Ordered {

	private static final List<String> HANDSHAKE_HEADERS = List.of("connection", "upgrade", "content-length",
			"transfer-encoding", "keep-alive");

	/**
	 * The most that is read of a node at once, in bytes. What is read is held until the
	 * client has taken it, so for a client that takes nothing this is much of the cost.
	 */
	private static final int NODE_READ = 16 * 1_024;

	private static final Log logger = LogFactory.getLog(WebSocketProxyFilter.class);

	/** Clients can cause refusals at any rate. */
	private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

	private final RateLimitedLog refusals = new RateLimitedLog(logger, LOG_INTERVAL);

	private final ReactorNettyWebSocketClient client;

	private final WebSocketService service;

	private final Supplier<List<HttpHeadersFilter>> headersFilters;

	private final ProxySettings settings;

	private final ProxyStatistics statistics;

	private final OpenPipes pipes;

	private final ByteBudget budget;

	/**
	 * Create a filter.
	 * @param http the gateway's HTTP client, which connects to the nodes
	 * @param headersFilters supplies the gateway's filters of headers
	 * @param settings how to forward
	 * @param statistics counts what is forwarded
	 * @param pipes the WebSockets that are forwarded
	 * @param budget the bytes that their messages may hold
	 */
	public WebSocketProxyFilter(HttpClient http, Supplier<List<HttpHeadersFilter>> headersFilters,
			ProxySettings settings, ProxyStatistics statistics, OpenPipes pipes, ByteBudget budget) {
		this.headersFilters = headersFilters;
		this.settings = settings;
		this.statistics = statistics;
		this.pipes = pipes;
		this.budget = budget;
		this.client = new ReactorNettyWebSocketClient(
				http.option(ChannelOption.RECVBUF_ALLOCATOR, nodeReads())
					.doOnConnected((connection) -> OriginHeader.guard(connection.channel()))
					.doOnRequest((request, connection) -> takeAnswer(request, connection.channel())),
				() -> WebsocketClientSpec.builder().handlePing(true).maxFramePayloadLength(settings.maxMessageSize()));
		this.service = new HandshakeWebSocketService(new ReactorNettyRequestUpgradeStrategy(
				() -> WebsocketServerSpec.builder().handlePing(true).maxFramePayloadLength(settings.maxMessageSize())));
	}

	private static RecvByteBufAllocator nodeReads() {
		return new AdaptiveRecvByteBufAllocator(AdaptiveRecvByteBufAllocator.DEFAULT_MINIMUM,
				AdaptiveRecvByteBufAllocator.DEFAULT_INITIAL, NODE_READ)
			.maxMessagesPerRead(1);
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE - 2;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
		URI url = exchange.getRequiredAttribute(ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR);
		if (!PlacementFilter.isPlaced(exchange) || ServerWebExchangeUtils.isAlreadyRouted(exchange)
				|| !"websocket".equalsIgnoreCase(exchange.getRequest().getHeaders().getUpgrade())) {
			return chain.filter(exchange);
		}
		ServerWebExchangeUtils.setAlreadyRouted(exchange);
		if (!this.pipes.isOpen()) {
			return Mono.error(new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE, "The gateway stops"));
		}
		URI node = webSocketUrl(url);
		List<String> protocols = subProtocols(exchange);
		return connect(exchange, node, protocols)
			// The node may accept a client and none of its subprotocols, for which the
			// HTTP client finds fault with it
			.onErrorResume(
					(failure) -> !protocols.isEmpty() && isAccepted(failure) && !exchange.getResponse().isCommitted(),
					(failure) -> connect(exchange, node, List.of()))
			.onErrorResume((failure) -> exchange.getResponse().isCommitted() ? Mono.error(failure)
					: answer(exchange, failure));
	}

	private static void takeAnswer(HttpClientRequest request, Channel channel) {
		request.currentContextView()
			.<HandshakeAnswer>getOrEmpty(HandshakeAnswer.class)
			.ifPresent((answer) -> answer.takeFrom(channel));
	}

	private Mono<Void> connect(ServerWebExchange exchange, URI url, List<String> protocols) {
		HandshakeAnswer answer = new HandshakeAnswer(protocols);
		AtomicBoolean answered = new AtomicBoolean();
		// The HTTP client's own time for a response does not count for handshakes
		Mono<Long> late = Mono.delay(this.settings.handshakeTimeout())
			.filter((zero) -> !answered.get())
			.switchIfEmpty(Mono.never());
		Mono<Void> accepted = this.client.execute(url, headers(exchange), new WebSocketHandler() {

			@Override
			public List<String> getSubProtocols() {
				return protocols;
			}

			@Override
			public Mono<Void> handle(WebSocketSession node) {
				answered.set(true);
				ByteBudget.Share share = WebSocketProxyFilter.this.budget.share();
				ReadGate.guard(answer.channel(), share);
				return accept(exchange, node, share).doFinally((signal) -> share.end());
			}

		}).doOnCancel(answer::abandon).contextWrite((context) -> context.put(HandshakeAnswer.class, answer));
		return Mono.firstWithSignal(accepted, answer.failure()).timeout(late);
	}

	private static boolean isAccepted(Throwable failure) {
		return failure instanceof HandshakeAnswer.Refusal refusal && refusal.isOfProtocolsOnly();
	}

	private Mono<Void> accept(ServerWebExchange exchange, WebSocketSession node, ByteBudget.Share fromNode) {
		copy(node.getHandshakeInfo().getHeaders(), exchange.getResponse().getHeaders());
		String protocol = node.getHandshakeInfo().getSubProtocol();
		// An upgrade completes with the handshake, but the node's side has to stay open
		Sinks.Empty<Void> ended = Sinks.empty();
		AtomicBoolean begun = new AtomicBoolean();
		return this.service.handleRequest(exchange, new WebSocketHandler() {

			@Override
			public List<String> getSubProtocols() {
				return (protocol != null) ? List.of(protocol) : List.of();
			}

			@Override
			public Mono<Void> handle(WebSocketSession client) {
				begun.set(true);
				return forward(exchange, client, node, fromNode).doFinally((signal) -> ended.tryEmitEmpty());
			}

		})
			// A client that has vanished during the upgrade is not handled, and nothing
			// else would close its node's side
			.then(Mono.defer(() -> begun.get() ? ended.asMono() : Mono.empty()));
	}

	private Mono<Void> forward(ServerWebExchange exchange, WebSocketSession client, WebSocketSession node,
			ByteBudget.Share fromNode) {
		ClientConnection connection = new ClientConnection(connection(exchange));
		ByteBudget.Share fromClient = this.budget.share();
		connection.guard(fromClient);
		WebSocketPipe pipe = new WebSocketPipe(client, node, connection, fromClient, fromNode, this.statistics);
		this.statistics.opened();
		this.pipes.add(pipe);
		if (!this.pipes.isOpen()) {
			// The gateway began to stop during the handshake, and may not look here again
			pipe.end(PipeEnd.STOPPED);
		}
		return pipe.run().doFinally((signal) -> {
			this.pipes.remove(pipe);
			this.statistics.closed();
		});
	}

	/** The connection of a client, which Reactor Netty serves. */
	private static Channel connection(ServerWebExchange exchange) {
		HttpServerRequest request = ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest());
		AtomicReference<Channel> channel = new AtomicReference<>();
		request.withConnection((connection) -> channel.set(connection.channel()));
		return Objects.requireNonNull(channel.get(), "A client has a connection");
	}

	/**
	 * Answer a client whose WebSocket no node has accepted: as the node has, or with what
	 * has kept the node from an answer.
	 */
	private Mono<Void> answer(ServerWebExchange exchange, Throwable failure) {
		if (failure instanceof HandshakeAnswer.Refusal refusal && !refusal.isOfProtocolsOnly()) {
			this.statistics.countRefused();
			this.refusals.warn(() -> "A node has refused a WebSocket with " + refusal.status().code());
			return refuse(exchange, refusal);
		}
		this.statistics.countFailed();
		if (PlacementFilter.isNotConnected(failure)) {
			// Goes to another node
			return Mono.error(failure);
		}
		if (failure instanceof TimeoutException) {
			return Mono.error(new ResponseStatusException(HttpStatus.GATEWAY_TIMEOUT,
					"A node has not answered a handshake in time", failure));
		}
		if (isAccepted(failure) || failure instanceof WebSocketHandshakeException || failure instanceof IOException) {
			return Mono.error(new ResponseStatusException(HttpStatus.BAD_GATEWAY, "A node has not answered a handshake",
					failure));
		}
		return Mono.error(failure);
	}

	private static Mono<Void> refuse(ServerWebExchange exchange, HandshakeAnswer.Refusal answer) {
		ServerHttpResponse response = exchange.getResponse();
		response.setStatusCode(HttpStatusCode.valueOf(answer.status().code()));
		HttpHeaders headers = new HttpHeaders();
		answer.headers().forEach((header) -> headers.add(header.getKey(), header.getValue()));
		copy(headers, response.getHeaders());
		return response.setComplete();
	}

	private static void copy(HttpHeaders from, HttpHeaders to) {
		from.forEach((name, values) -> {
			String lower = name.toLowerCase(Locale.ROOT);
			if (!lower.startsWith("sec-websocket") && !HANDSHAKE_HEADERS.contains(lower)) {
				to.put(name, new ArrayList<>(values));
			}
		});
	}

	private HttpHeaders headers(ServerWebExchange exchange) {
		HttpHeaders filtered = HttpHeadersFilter.filterRequest(this.headersFilters.get(), exchange);
		HttpHeaders headers = new HttpHeaders();
		filtered.forEach((name, values) -> {
			String lower = name.toLowerCase(Locale.ROOT);
			if (!lower.startsWith("sec-websocket") && !HANDSHAKE_HEADERS.contains(lower) && !lower.equals("host")) {
				headers.put(name, new ArrayList<>(values));
			}
		});
		if (headers.getOrigin() == null) {
			headers.setOrigin(OriginHeader.NONE);
		}
		String host = exchange.getRequest().getHeaders().getFirst(HttpHeaders.HOST);
		if (host != null
				&& exchange.getAttributeOrDefault(ServerWebExchangeUtils.PRESERVE_HOST_HEADER_ATTRIBUTE, false)) {
			headers.set(HttpHeaders.HOST, host);
		}
		return headers;
	}

	private static List<String> subProtocols(ServerWebExchange exchange) {
		return exchange.getRequest()
			.getHeaders()
			.getOrEmpty("Sec-WebSocket-Protocol")
			.stream()
			.flatMap((value) -> List.of(StringUtils.tokenizeToStringArray(value, ",")).stream())
			.toList();
	}

	private static URI webSocketUrl(URI url) {
		String scheme = switch (url.getScheme().toLowerCase(Locale.ROOT)) {
			case "http" -> "ws";
			case "https" -> "wss";
			default -> url.getScheme();
		};
		return URI.create(scheme + url.toString().substring(url.getScheme().length()));
	}

}
