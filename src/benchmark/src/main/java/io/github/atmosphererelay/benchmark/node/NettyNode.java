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

package io.github.atmosphererelay.benchmark.node;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.flush.FlushConsolidationHandler;

/**
 * The bound: no framework, one encoded frame for all sockets, one task per message and
 * event loop, and frames that meet in a loop leave in one write. Nothing is promised:
 * what a client does not read waits without limit, and nobody hears of a broker that is
 * gone.
 */
public final class NettyNode {

	private static final int FLUSH_AFTER = 256;

	/** Where frames go in that need no encoder. */
	private static final String RAW = "raw";

	private final Map<String, Map<EventLoop, Set<ChannelHandlerContext>>> rooms = new ConcurrentHashMap<>();

	private final RedisAsyncCommands<String, byte[]> publishing;

	private final StatefulRedisPubSubConnection<String, byte[]> subscribing;

	private NettyNode(int redisPort) {
		RedisClient redis = RedisClient.create(RedisURI.create("127.0.0.1", redisPort));
		RedisCodec<String, byte[]> codec = RedisCodec.of(StringCodec.ASCII, ByteArrayCodec.INSTANCE);
		this.publishing = redis.connect(codec).async();
		this.subscribing = redis.connectPubSub(codec);
		this.subscribing.addListener(new RedisPubSubAdapter<>() {

			@Override
			public void message(String channel, byte[] message) {
				deliver(NettyNode.this.rooms.getOrDefault(channel, Map.of()), message);
			}

		});
	}

	/**
	 * Start the node.
	 * @param args the port of Redis
	 */
	public static void main(String[] args) throws InterruptedException {
		NettyNode node = new NettyNode(Integer.parseInt(args[0]));
		Channel server = new ServerBootstrap()
			.group(new MultiThreadIoEventLoopGroup(Runtime.getRuntime().availableProcessors(),
					NioIoHandler.newFactory()))
			.channel(NioServerSocketChannel.class)
			.option(ChannelOption.SO_BACKLOG, 4096)
			.childOption(ChannelOption.TCP_NODELAY, true)
			.childHandler(new ChannelInitializer<Channel>() {

				@Override
				protected void initChannel(Channel channel) {
					channel.pipeline()
						.addLast(new FlushConsolidationHandler(FLUSH_AFTER, true))
						.addLast(RAW, new ChannelOutboundHandlerAdapter())
						.addLast(new HttpServerCodec(), new HttpObjectAggregator(8192),
								new WebSocketServerProtocolHandler(WebSocketServerProtocolConfig.newBuilder()
									.websocketPath("/")
									.checkStartsWith(true)
									.build()),
								node.new Receiver());
				}

			})
			.bind("127.0.0.1", 0)
			.sync()
			.channel();
		NodeControl.start(((InetSocketAddress) server.localAddress()).getPort());
	}

	private Runnable join(String room, Channel channel) {
		Set<ChannelHandlerContext> members = this.rooms.computeIfAbsent(room, (name) -> {
			this.subscribing.async().subscribe(name);
			return new ConcurrentHashMap<>();
		}).computeIfAbsent(channel.eventLoop(), (loop) -> ConcurrentHashMap.newKeySet());
		ChannelHandlerContext member = channel.pipeline().context(RAW);
		members.add(member);
		return () -> members.remove(member);
	}

	private static void deliver(Map<EventLoop, Set<ChannelHandlerContext>> members, byte[] message) {
		ByteBuf frame = Unpooled.unreleasableBuffer(frame(message));
		members.forEach((loop, channels) -> loop.execute(() -> {
			for (ChannelHandlerContext channel : channels) {
				channel.writeAndFlush(frame.duplicate());
			}
		}));
	}

	private static ByteBuf frame(byte[] message) {
		// Of the JDK, whose collector frees it when the last socket has it: to count the
		// sockets would cost each delivery an atomic operation
		ByteBuf frame = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(message.length + 4)).clear().writeByte(0x81);
		if (message.length < 126) {
			frame.writeByte(message.length);
		}
		else {
			frame.writeByte(126).writeShort(message.length);
		}
		return frame.writeBytes(message);
	}

	/**
	 * Takes what is to be published, and who joins.
	 */
	private final class Receiver extends SimpleChannelInboundHandler<TextWebSocketFrame> {

		/** Ends the membership in a room. */
		private Runnable leave = () -> {
		};

		@Override
		public void userEventTriggered(ChannelHandlerContext context, Object event) {
			if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete complete
					&& complete.requestUri().startsWith("/chat/")) {
				this.leave = join(complete.requestUri().substring(1), context.channel());
			}
		}

		@Override
		protected void channelRead0(ChannelHandlerContext context, TextWebSocketFrame frame) {
			Publication publication = Publication.of(frame.text());
			NettyNode.this.publishing.publish("chat/" + publication.room(),
					publication.text().getBytes(StandardCharsets.UTF_8));
		}

		@Override
		public void channelInactive(ChannelHandlerContext context) {
			this.leave.run();
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			context.close();
		}

	}

}
