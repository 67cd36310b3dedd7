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

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ReadGate}, with Netty's own encoder and decoder.
 */
class ReadGateTests {

	private static final int MAX_MESSAGE = 1_000_000;

	private final ByteBudget budget = new ByteBudget(4 * MAX_MESSAGE, MAX_MESSAGE);

	private final ByteBudget.Share share = this.budget.share();

	private static ByteBuf encoded(boolean masked, List<WebSocketFrame> frames) {
		EmbeddedChannel encoder = new EmbeddedChannel(new WebSocket13FrameEncoder(masked));
		frames.forEach(encoder::writeOutbound);
		ByteBuf bytes = Unpooled.buffer();
		for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
			bytes.writeBytes(part);
			part.release();
		}
		return bytes;
	}

	private EmbeddedChannel guarded(boolean masked) {
		EmbeddedChannel channel = new EmbeddedChannel(new WebSocket13FrameDecoder(masked, false, MAX_MESSAGE, false));
		ReadGate.guard(channel, this.share);
		return channel;
	}

	private static ByteBuf payload(int size) {
		return Unpooled.buffer(size).writeZero(size);
	}

	@Test
	void everyByteIsCountedUntilItsMessageIsForwarded() {
		for (boolean masked : new boolean[] { true, false }) {
			Random random = new Random(7);
			List<Integer> sizes = List.of(0, 1, 125, 126, 300, 65_535, 65_536, 200_000, 5);
			List<WebSocketFrame> frames = new ArrayList<>();
			sizes.forEach((size) -> frames.add(new BinaryWebSocketFrame(payload(size))));
			ByteBuf bytes = encoded(masked, frames);
			EmbeddedChannel channel = guarded(masked);
			List<Integer> got = new ArrayList<>();
			while (bytes.isReadable()) {
				int part = Math.min(bytes.readableBytes(), 1 + random.nextInt(20_000));
				channel.writeInbound(bytes.readBytes(part));
				for (WebSocketFrame frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
					int size = frame.content().readableBytes();
					got.add(size);
					frame.release();
					this.share.forwarded(size);
				}
			}
			bytes.release();
			assertThat(got).isEqualTo(sizes);
			assertThat(this.share.held()).isZero();
			channel.finishAndReleaseAll();
		}
	}

	@Test
	void partsPingsAndCloseFramesAreCounted() {
		EmbeddedChannel channel = guarded(true);
		ByteBuf bytes = encoded(true,
				List.of(new BinaryWebSocketFrame(false, 0, payload(30_000)), new PingWebSocketFrame(payload(10)),
						new ContinuationWebSocketFrame(true, 0, payload(20_000)),
						new CloseWebSocketFrame(1000, "done")));
		channel.writeInbound(bytes);
		assertThat(this.share.held()).isEqualTo(50_010);
		this.share.forwarded(10);
		this.share.forwarded(50_000);
		assertThat(this.share.held()).isZero();
		channel.releaseInbound();
		channel.finishAndReleaseAll();
	}

	@Test
	void aMessageInPartsIsRefusedBeforeItsLastPartIsThere() {
		EmbeddedChannel channel = guarded(true);
		ByteBuf bytes = encoded(true, List.of(new BinaryWebSocketFrame(false, 0, payload(MAX_MESSAGE - 10)),
				new ContinuationWebSocketFrame(true, 0, payload(MAX_MESSAGE - 10))));
		ByteBuf most = bytes.readRetainedSlice(MAX_MESSAGE + 2 * ByteBudget.READ);
		bytes.release();
		assertThatExceptionOfType(TooLongFrameException.class).isThrownBy(() -> channel.writeInbound(most));
		channel.releaseInbound();
		channel.finishAndReleaseAll();
	}

	@Test
	void theBeginningOfAFrameDoesNotKeepTheBufferOfThoseBeforeIt() {
		EmbeddedChannel channel = guarded(true);
		ByteBuf bytes = encoded(true,
				List.of(new BinaryWebSocketFrame(payload(40_000)), new BinaryWebSocketFrame(payload(300))));
		ByteBuf most = bytes.copy(0, bytes.readableBytes() - 200);
		ByteBuf rest = bytes.copy(bytes.readableBytes() - 200, 200);
		bytes.release();
		channel.writeInbound(most);
		assertThat(most.refCnt()).isZero();
		channel.writeInbound(rest);
		for (int size : new int[] { 40_000, 300 }) {
			BinaryWebSocketFrame frame = channel.readInbound();
			assertThat(frame.content().readableBytes()).isEqualTo(size);
			frame.release();
		}
		channel.finishAndReleaseAll();
	}

	@Test
	void nothingIsReadWhileALargeMessageWaits() {
		EmbeddedChannel channel = guarded(true);
		assertThat(channel.config().isAutoRead()).isTrue();
		channel.writeInbound(encoded(true, List.of(new BinaryWebSocketFrame(payload(50_000)))));
		assertThat(channel.config().isAutoRead()).isFalse();
		this.share.forwarded(50_000);
		channel.runPendingTasks();
		assertThat(channel.config().isAutoRead()).isTrue();
		ReferenceCountUtil.release(channel.readInbound());
		channel.finishAndReleaseAll();
	}

}
