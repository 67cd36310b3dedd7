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

import java.util.concurrent.RejectedExecutionException;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;

/**
 * Lets the bytes of a WebSocket be read only while they may be held. Stands before
 * Netty's decoder of frames, which gathers a frame in memory while it is read, and counts
 * what is in the decoder and behind it. Threads: the connection's event loop.
 */
final class ReadGate extends ChannelDuplexHandler {

	private final ByteBudget.Share share;

	private final FrameScanner frames = new FrameScanner();

	private boolean paused;

	private ReadGate(ByteBudget.Share share) {
		this.share = share;
	}

	/**
	 * Put a gate before what reads frames from a connection, before the first frame is
	 * read: called by the connection's event loop when the handshake is done.
	 * @param channel the connection
	 * @param share what is held of it
	 */
	static void guard(Channel channel, ByteBudget.Share share) {
		ChannelPipeline pipeline = channel.pipeline();
		ChannelHandlerContext decoder = pipeline.context(WebSocketFrameDecoder.class);
		if (decoder == null) {
			// Closed meanwhile
			return;
		}
		if (channel.config().getRecvByteBufAllocator() instanceof MaxMessagesRecvByteBufAllocator reads) {
			// Otherwise Netty reads up to 16 times without asking
			reads.maxMessagesPerRead(1);
		}
		pipeline.addBefore(decoder.name(), "atmosphere.readGate", new ReadGate(share));
	}

	@Override
	public void read(ChannelHandlerContext context) {
		if (this.share.mayRead(() -> resume(context))) {
			context.read();
		}
		else if (context.channel().config().isAutoRead()) {
			// Or the connection would go on reading without asking
			this.paused = true;
			context.channel().config().setAutoRead(false);
		}
	}

	private void resume(ChannelHandlerContext context) {
		try {
			context.executor().execute(() -> {
				if (this.paused) {
					// Reads, as if it had never been switched off. If Reactor Netty wants
					// no more at the moment, that is little, because it asks here
					this.paused = false;
					context.channel().config().setAutoRead(true);
				}
				else if (!context.isRemoved()) {
					read(context);
				}
			});
		}
		catch (RejectedExecutionException ex) {
			// The event loop has ended, and the connection with it
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!(message instanceof ByteBuf bytes)) {
			context.fireChannelRead(message);
			return;
		}
		this.share.read(bytes.readableBytes());
		int boundary = scan(bytes);
		if (boundary == bytes.readerIndex() || boundary == bytes.writerIndex()) {
			context.fireChannelRead(bytes);
		}
		else {
			// Netty's decoder releases its buffer only when no byte is left in it
			ByteBuf complete = bytes.readRetainedSlice(boundary - bytes.readerIndex());
			context.fireChannelRead(complete);
			context.fireChannelRead(compact(context, bytes));
		}
		if (this.share.isTooLarge()) {
			// Netty adds up the parts of a message, and only when it has the whole part
			context.fireExceptionCaught(new TooLongFrameException("A message in parts is too large"));
		}
	}

	/**
	 * Return the first part of a frame, which waits for the rest, in a buffer that is not
	 * much larger than it is.
	 */
	private static ByteBuf compact(ChannelHandlerContext context, ByteBuf part) {
		if (part.readableBytes() > part.capacity() / 2) {
			return part;
		}
		try {
			return context.alloc().buffer(part.readableBytes()).writeBytes(part);
		}
		finally {
			part.release();
		}
	}

	/**
	 * Note the frames that end.
	 * @return the index behind the last of them, or the one of the first byte
	 */
	private int scan(ByteBuf bytes) {
		int boundary = bytes.readerIndex();
		int index = boundary;
		while (index < bytes.writerIndex()) {
			index = this.frames.scan(bytes, index);
			if (this.frames.isComplete()) {
				boundary = index;
				int overhead = this.frames.headerLength();
				if (this.frames.isClose()) {
					// Is not forwarded as a message
					this.share.framed(overhead + this.frames.payloadLength(), false);
				}
				else {
					this.share.framed(overhead, this.frames.isFinal());
				}
			}
		}
		return boundary;
	}

}
