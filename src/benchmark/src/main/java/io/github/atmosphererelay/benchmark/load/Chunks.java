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

package io.github.atmosphererelay.benchmark.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the sizes of chunks out of a body as HTTP/1.1 sends it. Trailers are not read.
 */
final class Chunks {

	/** What is left of the present chunk. */
	private int left;

	/** The size that has been read so far, or -1 before its first digit. */
	private int size = -1;

	/** Whether the digits of the size are over. */
	private boolean sized;

	/**
	 * Move the content of the chunks together. The position stays, and the limit is
	 * behind the content.
	 * @param buffer the bytes
	 * @param from where that begins which was not decoded yet
	 * @return whether the last chunk has come
	 */
	boolean decode(ByteBuffer buffer, int from) throws IOException {
		int in = from;
		int out = from;
		boolean last = false;
		while (in < buffer.limit() && !last) {
			if (this.left > 0) {
				int length = Math.min(this.left, buffer.limit() - in);
				buffer.put(out, buffer, in, length);
				in += length;
				out += length;
				this.left -= length;
			}
			else {
				last = head(buffer.get(in++));
			}
		}
		buffer.limit(out);
		return last;
	}

	/**
	 * Read a byte between the contents of two chunks.
	 * @return whether the last chunk has begun
	 */
	private boolean head(byte next) throws IOException {
		if (next == '\n' && this.size >= 0) {
			this.left = this.size;
			this.size = -1;
			this.sized = false;
			return this.left == 0;
		}
		if (next == ';' || next == '\r' && this.size >= 0) {
			this.sized = true;
		}
		else if (!this.sized && next != '\r' && next != '\n') {
			int digit = Character.digit(next, 16);
			if (digit < 0) {
				throw new IOException("No size of a chunk: " + next);
			}
			this.size = 16 * Math.max(0, this.size) + digit;
		}
		return false;
	}

}
