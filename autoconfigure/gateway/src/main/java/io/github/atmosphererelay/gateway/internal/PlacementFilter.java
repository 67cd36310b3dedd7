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
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.netty.channel.ConnectTimeoutException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.filter.ReactiveLoadBalancerClientFilter;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

/**
 * Finds the user and the channel of a request to the nodes, for the load balancer, and
 * removes the headers that it was found in. A request whose node refuses the connection
 * goes to another node, because nothing of it has been sent; if no node accepts it, the
 * client gets 503. If a node's connection ends before its answer, the client gets 502. A
 * request with a user waits for the gateway's first ring, others do not. Requests to
 * other services pass unchanged. Safe for use by many threads; does not block.
 */
public final class PlacementFilter implements GlobalFilter, Ordered {

	/** The attribute of a request that holds the user's name. */
	static final String USER = PlacementFilter.class.getName() + ".USER";

	/** The attribute of a request that holds the name of its channel. */
	static final String CHANNEL = PlacementFilter.class.getName() + ".CHANNEL";

	/** The attribute of a request to the nodes that holds the nodes that refused it. */
	static final String FAILED = PlacementFilter.class.getName() + ".FAILED";

	private static final Log logger = LogFactory.getLog(PlacementFilter.class);

	private static final int MAX_NODES = 3;

	private final String service;

	private final List<UserSource> sources;

	private final List<ChannelSource> channels;

	private final FirstRing firstRing;

	/**
	 * Create a filter.
	 * @param service the name of the service whose instances are the nodes
	 * @param sources where the user is found, in order
	 * @param channels where the channel is found, in order
	 * @param firstRing lets users wait for the first ring
	 */
	public PlacementFilter(String service, List<UserSource> sources, List<ChannelSource> channels,
			FirstRing firstRing) {
		this.service = service;
		this.sources = sources;
		this.channels = channels;
		this.firstRing = firstRing;
	}

	/**
	 * Return whether a request goes to the nodes.
	 */
	static boolean isPlaced(ServerWebExchange exchange) {
		return exchange.getAttribute(FAILED) != null;
	}

	@Override
	public int getOrder() {
		return ReactiveLoadBalancerClientFilter.LOAD_BALANCER_CLIENT_FILTER_ORDER - 10;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
		URI url = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR);
		if (url == null || !isBalanced(exchange, url) || !this.service.equalsIgnoreCase(url.getHost())) {
			return chain.filter(exchange);
		}
		exchange.getAttributes().put(FAILED, Set.of());
		String channel = ChannelSource.first(this.channels, exchange);
		if (channel != null) {
			exchange.getAttributes().put(CHANNEL, channel);
		}
		// Nodes compare the origin of a handshake with the host that the client has named
		exchange.getAttributes().putIfAbsent(ServerWebExchangeUtils.PRESERVE_HOST_HEADER_ATTRIBUTE, true);
		return UserSource.first(this.sources, exchange)
			.doOnNext((user) -> exchange.getAttributes().put(USER, user))
			.flatMap((user) -> this.firstRing.await())
			.then(Mono.defer(() -> forward(exchange.mutate().request(withoutSources(exchange.getRequest())).build(),
					chain, url, 1)));
	}

	private static boolean isBalanced(ServerWebExchange exchange, URI url) {
		return "lb".equals(url.getScheme())
				|| "lb".equals(exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_SCHEME_PREFIX_ATTR));
	}

	private ServerHttpRequest withoutSources(ServerHttpRequest request) {
		return request.mutate().headers((headers) -> {
			for (UserSource source : this.sources) {
				if (source instanceof UserSource.OfHeader header) {
					headers.remove(header.name());
				}
			}
		}).build();
	}

	private Mono<Void> forward(ServerWebExchange exchange, GatewayFilterChain chain, URI url, int attempt) {
		return chain.filter(exchange).onErrorResume((failure) -> {
			if (exchange.getResponse().isCommitted()) {
				return Mono.error(failure);
			}
			if (!isNotConnected(failure)) {
				return Mono.error(isNodeLost(failure) ? nodeLost(failure) : failure);
			}
			String node = chosen(exchange);
			if (node == null || attempt >= MAX_NODES) {
				return Mono.error(new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE,
						"No node could be connected to", failure));
			}
			Set<Object> failed = new HashSet<>(exchange.<Set<?>>getRequiredAttribute(FAILED));
			failed.add(node);
			exchange.getAttributes().put(FAILED, failed);
			ServerWebExchangeUtils.reset(exchange);
			exchange.getAttributes().put(ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR, url);
			return forward(exchange, chain, url, attempt + 1);
		});
	}

	/**
	 * Return whether no connection to a node was made, so that nothing was sent to it.
	 */
	static boolean isNotConnected(Throwable failure) {
		return failure instanceof ConnectException || failure instanceof ConnectTimeoutException
				|| failure instanceof NoRouteToHostException;
	}

	/**
	 * Return whether a node's connection has ended before its answer. The node may have
	 * carried out the request, so it is never repeated.
	 */
	private static boolean isNodeLost(Throwable failure) {
		return failure instanceof IOException || failure instanceof AbortedException;
	}

	private static ResponseStatusException nodeLost(Throwable failure) {
		logger.debug("A node's connection has ended before its answer", failure);
		return new ResponseStatusException(HttpStatus.BAD_GATEWAY, "The node has closed the connection", failure);
	}

	/**
	 * Return the host and port of the node that the load balancer has chosen, or
	 * {@code null} if it has not chosen any.
	 */
	static @Nullable String chosen(ServerWebExchange exchange) {
		Response<?> response = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_LOADBALANCER_RESPONSE_ATTR);
		return (response != null && response.getServer() instanceof ServiceInstance instance)
				? OpenExchanges.key(instance) : null;
	}

	/**
	 * Counts what is open at the node that the load balancer has chosen.
	 *
	 * @param open counts
	 */
	public record Counter(OpenExchanges open) implements GlobalFilter, Ordered {

		@Override
		public int getOrder() {
			return ReactiveLoadBalancerClientFilter.LOAD_BALANCER_CLIENT_FILTER_ORDER + 1;
		}

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
			String node = isPlaced(exchange) ? chosen(exchange) : null;
			if (node == null) {
				return chain.filter(exchange);
			}
			return Mono.using(() -> {
				this.open.opened(node);
				return node;
			}, (same) -> chain.filter(exchange), this.open::closed);
		}

	}

}
