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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link SocketOutput}.
 */
class SocketOutputTests {

	private final Socket socket = new Socket();

	private final AtomicInteger interests = new AtomicInteger();

	private final AtomicInteger flushed = new AtomicInteger();

	private final SocketOutput output = new SocketOutput(this.socket, this.interests::incrementAndGet);

	@Test
	void bytesThatTheSocketAcceptsAreNotKept() throws IOException {
		this.output.write(bytes("one"));
		this.output.write(bytes("two"));
		assertThat(this.output.isEmpty(this.flushed::incrementAndGet)).isTrue();
		assertThat(this.socket.text()).isEqualTo("onetwo");
		assertThat(this.interests).hasValue(0);
	}

	@Test
	void bytesThatTheSocketDoesNotAcceptFollowInOrderAndCallBackOnce() throws IOException {
		this.socket.room = 2;
		ByteBuffer shared = bytes("one");
		this.output.write(shared);
		shared.clear().put("xxx".getBytes(StandardCharsets.US_ASCII));
		this.output.write(bytes("two"), "three".getBytes(StandardCharsets.US_ASCII));
		assertThat(this.output.isEmpty(this.flushed::incrementAndGet)).isFalse();
		assertThat(this.interests).hasValue(1);
		while (this.flushed.get() == 0) {
			this.socket.room = 4;
			this.output.writable();
		}
		assertThat(this.socket.text()).isEqualTo("onetwothree");
		this.output.writable();
		assertThat(this.flushed).hasValue(1);
		assertThat(this.output.isEmpty()).isTrue();
	}

	@Test
	void onlyTheLatestPingIsAnsweredWhileTheClientDoesNotRead() throws IOException {
		this.output.write(bytes("a"));
		this.socket.room = 0;
		this.output.write(bytes("b"));
		for (int i = 0; i < 1_000; i++) {
			this.output.pong(new byte[] { (byte) ('0' + i % 10) });
		}
		this.socket.room = 100;
		this.output.writable();
		assertThat(this.socket.text().substring(0, 2)).isEqualTo("ab");
		assertThat(this.socket.text()).hasSize(5).endsWith("9");
	}

	@Test
	void nothingFollowsTheEnd() throws IOException {
		this.socket.room = 1;
		this.output.write(bytes("ab"));
		assertThat(this.output.close(Frames.close(1000, ""))).isTrue();
		assertThat(this.output.close(Frames.close(1001, ""))).isFalse();
		assertThatIOException().isThrownBy(() -> this.output.write(bytes("late")));
		this.output.pong(new byte[0]);
		this.socket.room = 100;
		this.output.writable();
		assertThat(this.socket.out.toByteArray()).containsExactly('a', 'b', 0x88, 2, 0x03, 0xE8);
	}

	@Test
	void nothingFollowsAFrameThatWasCutOff() throws IOException {
		this.socket.room = 1;
		this.socket.fails = true;
		assertThatIOException().isThrownBy(() -> this.output.write(bytes("ab")));
		this.socket.fails = false;
		assertThat(this.output.close(Frames.close(1011, "failed"))).isFalse();
		assertThat(this.socket.text()).isEqualTo("a");
	}

	@Test
	void anErrorWhileSendingBreaksTheConnectionLikeAnyFailure() throws IOException {
		this.output.write(bytes("a"));
		assertThat(this.output.isBroken()).isFalse();
		this.socket.error = new OutOfMemoryError("no room for the rest");
		assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> this.output.write(bytes("b")));
		this.socket.error = null;
		assertThat(this.output.isBroken()).isTrue();
		assertThat(this.output.close(Frames.close(1011, "failed"))).isFalse();
		assertThat(this.socket.text()).isEqualTo("a");
	}

	@Test
	void aReasonIsCutOffAtACharacter() {
		ByteBuffer frame = Frames.close(1008, "ü".repeat(100));
		assertThat(frame.remaining()).isEqualTo(2 + 2 + 122);
		assertThat(StandardCharsets.UTF_8.decode(frame.position(4)).toString()).isEqualTo("ü".repeat(61));
	}

	private static ByteBuffer bytes(String text) {
		return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
	}

	/**
	 * Takes so many bytes and no more.
	 */
	private static final class Socket implements WritableByteChannel {

		private final ByteArrayOutputStream out = new ByteArrayOutputStream();

		private int room = 1_000;

		private boolean fails;

		private @Nullable Error error;

		@Override
		public int write(ByteBuffer bytes) throws IOException {
			if (this.error != null) {
				throw this.error;
			}
			if (this.room == 0 && this.fails) {
				throw new IOException("gone");
			}
			int length = Math.min(this.room, bytes.remaining());
			for (int i = 0; i < length; i++) {
				this.out.write(bytes.get());
			}
			this.room -= length;
			return length;
		}

		String text() {
			return this.out.toString(StandardCharsets.US_ASCII);
		}

		@Override
		public boolean isOpen() {
			return true;
		}

		@Override
		public void close() {
		}

	}

}
