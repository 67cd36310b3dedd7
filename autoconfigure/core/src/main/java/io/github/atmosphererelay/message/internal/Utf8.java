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

package io.github.atmosphererelay.message.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Checks whether bytes are valid UTF-8.
 */
public final class Utf8 {

	/** Reads eight bytes at once, which makes the check of long texts fast. */
	private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

	/** The highest bit of each of eight bytes, which is 0 in ASCII. */
	private static final long HIGH_BITS = 0x8080808080808080L;

	private Utf8() {
	}

	/**
	 * Return whether bytes are valid UTF-8.
	 * @param bytes the bytes
	 * @return whether they are valid UTF-8
	 */
	public static boolean isValid(byte[] bytes) {
		return isAscii(bytes) || isValidBeyondAscii(bytes);
	}

	private static boolean isAscii(byte[] bytes) {
		int index = 0;
		for (; index <= bytes.length - Long.BYTES; index += Long.BYTES) {
			if (((long) LONGS.get(bytes, index) & HIGH_BITS) != 0) {
				return false;
			}
		}
		for (; index < bytes.length; index++) {
			if (bytes[index] < 0) {
				return false;
			}
		}
		return true;
	}

	private static boolean isValidBeyondAscii(byte[] bytes) {
		try {
			StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
			return true;
		}
		catch (CharacterCodingException ex) {
			return false;
		}
	}

}
