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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Encodes a server's frames, which are never masked and, in this class, never fragmented.
 */
final class Frames {

	static final int MAX_HEADER = 10;

	private static final int MAX_REASON = 123;

	private static final byte[] NOTHING = {};

	private Frames() {
	}

	static void header(ByteBuffer out, int opcode, int length) {
		out.put((byte) (0x80 | opcode));
		if (length < 126) {
			out.put((byte) length);
		}
		else if (length < 65536) {
			out.put((byte) 126).putShort((short) length);
		}
		else {
			out.put((byte) 127).putLong(length);
		}
	}

	static ByteBuffer control(int opcode, byte[] data) {
		ByteBuffer frame = ByteBuffer.allocate(2 + data.length);
		header(frame, opcode, data.length);
		return frame.put(data).flip();
	}

	/**
	 * Encode a close frame.
	 * @param code the code; if it must not be sent, the frame has no code
	 * @param reason the reason, which is cut to the maximum length
	 * @return the frame
	 */
	static ByteBuffer close(int code, String reason) {
		if (!CloseCodes.isValid(code)) {
			return control(Opcode.CLOSE, NOTHING);
		}
		byte[] text = reason.getBytes(StandardCharsets.UTF_8);
		int length = Math.min(text.length, MAX_REASON);
		while (length < text.length && length > 0 && (text[length] & 0xC0) == 0x80) {
			length--;
		}
		byte[] data = new byte[2 + length];
		data[0] = (byte) (code >>> 8);
		data[1] = (byte) code;
		System.arraycopy(text, 0, data, 2, length);
		return control(Opcode.CLOSE, data);
	}

}
