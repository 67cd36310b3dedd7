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

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import reactor.netty.NettyPipeline;

/**
 * Keeps the header {@code Origin} away from handshakes whose clients have not sent any.
 * Netty would make one up from the node's address, which a node behind TLS refuses.
 */
final class OriginHeader extends ChannelOutboundHandlerAdapter {

	/** Stands for no origin, until the request is written. */
	static final String NONE = "none:";

	private static final String NAME = "atmosphere.originHeader";

	static void guard(Channel channel) {
		if (channel.pipeline().get(NettyPipeline.HttpCodec) != null && channel.pipeline().get(NAME) == null) {
			channel.pipeline().addAfter(NettyPipeline.HttpCodec, NAME, new OriginHeader());
		}
	}

	@Override
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (message instanceof HttpRequest request && NONE.equals(request.headers().get(HttpHeaderNames.ORIGIN))) {
			request.headers().remove(HttpHeaderNames.ORIGIN);
		}
		context.write(message, promise);
	}

}
