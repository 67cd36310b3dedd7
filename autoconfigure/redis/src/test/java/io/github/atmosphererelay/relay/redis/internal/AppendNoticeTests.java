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

package io.github.atmosphererelay.relay.redis.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link AppendNotice}. That the script publishes what is read here is tested
 * with groups.
 */
class AppendNoticeTests {

	/** An append to {@code chat} at offset 7 of the epoch {@code a1b2c3}. */
	private static final String NOTICE = "41 47 01 0006 613162326333 0000000000000007 63686174";

	private static byte[] hex() {
		return HexFormat.of().parseHex(NOTICE.replace(" ", ""));
	}

	@Test
	void theVectorIsRead() {
		assertThat(AppendNotice.isNotice(hex())).isTrue();
		assertThat(AppendNotice.decode(hex())).isEqualTo(new AppendNotice("chat", new Position("a1b2c3", 7)));
	}

	@Test
	void aTruncatedNoticeIsRefused() {
		byte[] notice = hex();
		for (int length = 0; length <= notice.length - "chat".length(); length++) {
			byte[] cut = Arrays.copyOf(notice, length);
			assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> AppendNotice.decode(cut));
		}
	}

	@Test
	void theDocumentationHasTheVector() throws IOException {
		assertThat(Files.readString(Path.of("../../src/docs/wire-format.md"))).contains(NOTICE);
	}

}
