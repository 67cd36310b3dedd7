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
import java.util.List;
import java.util.Objects;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.util.ReferenceCountUtil;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.NettyPipeline;

/**
 * What a node answers to a handshake. An answer that does not accept it stops here,
 * because Reactor Netty takes it for a failure of the connection, and logs a warning with
 * a stack trace for each: clients can cause these at any rate. Threads: the event loop of
 * the node's connection, and any.
 */
final class HandshakeAnswer extends ChannelInboundHandlerAdapter {

	private static final Log logger = LogFactory.getLog(HandshakeAnswer.class);

	private final List<String> protocols;

	private final Sinks.Empty<Void> failure = Sinks.empty();

	private volatile @Nullable Channel channel;

	/** Whether nothing that comes is of interest any more. */
	private volatile boolean over;

	/**
	 * Wait for an answer.
	 * @param protocols the subprotocols that the client offers
	 */
	HandshakeAnswer(List<String> protocols) {
		this.protocols = protocols;
	}

	/**
	 * Take the answer from a connection.
	 */
	void takeFrom(Channel channel) {
		this.channel = channel;
		channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, "atmosphere.handshakeAnswer", this);
	}

	/**
	 * Return the connection to the node, once the request has been prepared.
	 */
	Channel channel() {
		return Objects.requireNonNull(this.channel, "A node that has answered has a connection");
	}

	/**
	 * Return a publisher that fails if the handshake does: with a {@link Refusal}, or
	 * with an {@link IOException}. It never completes otherwise.
	 */
	Mono<Void> failure() {
		return this.failure.asMono();
	}

	/**
	 * Do not wait any longer. Called before the connection is closed.
	 */
	void abandon() {
		this.over = true;
	}

	private void fail(Exception failure) {
		this.over = true;
		this.failure.tryEmitError(failure);
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!this.over && message instanceof HttpResponse response) {
			if (isAccepted(response)) {
				context.pipeline().remove(this);
				context.fireChannelRead(message);
				return;
			}
			if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)
					|| response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
				fail(new Refusal(response.status(), response.headers().copy()));
			}
		}
		ReferenceCountUtil.release(message);
	}

	/** A node may accept a client and none of its subprotocols. */
	private boolean isAccepted(HttpResponse response) {
		return response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)
				&& (this.protocols.isEmpty() || response.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL));
	}

	@Override
	public void channelInactive(ChannelHandlerContext context) {
		if (!this.over) {
			fail(new IOException("A node has closed the connection during a handshake"));
		}
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		if (this.over) {
			logger.debug("A connection to a node failed after its handshake had ended", cause);
		}
		else {
			fail(new IOException("A connection to a node has failed during a handshake", cause));
		}
	}

	/**
	 * A node has not accepted a handshake as the client wants it.
	 */
	static final class Refusal extends RuntimeException {

		private static final long serialVersionUID = 1L;

		private final transient HttpResponseStatus status;

		private final transient HttpHeaders headers;

		Refusal(HttpResponseStatus status, HttpHeaders headers) {
			super("A node has answered a handshake with " + status, null, false, false);
			this.status = status;
			this.headers = headers;
		}

		/**
		 * Return whether the node accepts the client, and none of its subprotocols.
		 */
		boolean isOfProtocolsOnly() {
			return this.status.equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
		}

		HttpResponseStatus status() {
			return this.status;
		}

		HttpHeaders headers() {
			return this.headers;
		}

	}

}
