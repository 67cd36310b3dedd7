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

package io.github.atmosphererelay.message;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Checks bytes that are going to be read as text.
 */
public final class Utf8 {

	private Utf8() {
	}

	/**
	 * Return whether bytes are UTF-8.
	 * @param bytes the bytes
	 * @return whether they are
	 */
	public static boolean isValid(byte[] bytes) {
		for (byte each : bytes) {
			if (each < 0) {
				return isValidBeyondAscii(bytes);
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
