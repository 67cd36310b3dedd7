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

import io.netty.buffer.ByteBuf;

/**
 * Finds where WebSocket frames end in the bytes of a connection (RFC 6455, section 5.2),
 * without keeping any. What is wrong with a frame, Netty's decoder finds out. Threads:
 * one.
 */
final class FrameScanner {

	private static final int SHORTEST_HEADER = 2;

	private static final int MASK = 4;

	private static final int FINAL = 0x80;

	private static final int OPCODE = 0x0f;

	private static final int CLOSE = 8;

	private int headerRead;

	private int headerLength = SHORTEST_HEADER;

	private int first;

	/** Where the length ends in the header. */
	private int lengthEnd;

	private long length;

	private long left;

	/**
	 * Go on to the end of the present frame, or of the bytes.
	 * @param bytes the bytes, whose indexes are not changed
	 * @param from the index at which to begin
	 * @return the index behind the frame or the bytes
	 */
	int scan(ByteBuf bytes, int from) {
		if (isComplete()) {
			this.headerRead = 0;
			this.headerLength = SHORTEST_HEADER;
		}
		int index = from;
		int end = bytes.writerIndex();
		while (index < end && this.headerRead < this.headerLength) {
			header(bytes.getUnsignedByte(index++));
		}
		if (this.headerRead == this.headerLength) {
			int part = (int) Math.min(this.left, end - index);
			this.left -= part;
			index += part;
		}
		return index;
	}

	private void header(int octet) {
		int position = this.headerRead++;
		if (position == 0) {
			this.first = octet;
		}
		else if (position == 1) {
			int mask = (octet >= FINAL) ? MASK : 0;
			int length = octet & ~FINAL;
			int extended = (length < 126) ? 0 : (length == 126) ? Short.BYTES : Long.BYTES;
			this.length = (extended == 0) ? length : 0;
			this.lengthEnd = SHORTEST_HEADER + extended;
			this.headerLength = this.lengthEnd + mask;
		}
		else if (position < this.lengthEnd) {
			this.length = this.length << Byte.SIZE | octet;
		}
		if (this.headerRead == this.headerLength) {
			this.left = (this.length >= 0) ? this.length : Long.MAX_VALUE;
		}
	}

	/**
	 * Return whether a frame has ended where the last scan did.
	 */
	boolean isComplete() {
		return this.headerRead == this.headerLength && this.left == 0;
	}

	/**
	 * Return the size of the frame's header, once it is complete.
	 */
	int headerLength() {
		return this.headerLength;
	}

	/**
	 * Return the size of the frame's payload, once it is complete.
	 */
	int payloadLength() {
		return (int) this.length;
	}

	/**
	 * Return whether the frame closes the WebSocket.
	 */
	boolean isClose() {
		return (this.first & OPCODE) == CLOSE;
	}

	/**
	 * Return whether a message ends with the frame.
	 */
	boolean isFinal() {
		return this.first >= FINAL;
	}

}
