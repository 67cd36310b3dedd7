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

package io.github.atmosphererelay.stomp.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.message.WireFormatException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link StompMessageCodec}.
 */
class StompMessageCodecTests {

	private static StompMessage message() {
		Map<String, List<String>> nativeHeaders = new LinkedHashMap<>();
		nativeHeaders.put("b", List.of("1", "2"));
		nativeHeaders.put("a", List.of(""));
		return new StompMessage(StompMessage.Kind.USER, "/user/äda/queue/x", "s1", "text/plain", nativeHeaders,
				Map.of("flag", true, "count", 3, "large", 1L << 40, "ratio", 0.5, "text", "x"),
				"body".getBytes(StandardCharsets.UTF_8));
	}

	@Test
	void aMessageIsReadAsItWasWritten() {
		StompMessage read = StompMessageCodec.decode(StompMessageCodec.encode(message()));
		assertThat(read).usingRecursiveComparison().isEqualTo(message());
		assertThat(read.nativeHeaders().keySet()).containsExactly("b", "a");
	}

	@Test
	void theTargetIsReadWithoutTheRest() {
		byte[] bytes = StompMessageCodec.encode(message());
		StompMessageCodec.Target target = StompMessageCodec.readTarget(Arrays.copyOf(bytes, 40));
		assertThat(target).isEqualTo(new StompMessageCodec.Target(StompMessage.Kind.USER, "/user/äda/queue/x", "s1"));
	}

	@Test
	void everyMessageThatIsCutOffIsRefused() {
		byte[] bytes = StompMessageCodec.encode(message());
		for (int length = 0; length < bytes.length; length++) {
			byte[] part = Arrays.copyOf(bytes, length);
			assertThatExceptionOfType(WireFormatException.class).as("%d bytes", length)
				.isThrownBy(() -> StompMessageCodec.decode(part));
		}
		byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> StompMessageCodec.decode(longer));
	}

	@Test
	void headersThatAreTooLargeAreRefused() {
		StompMessage large = new StompMessage(StompMessage.Kind.BROKER, "/topic/x", null, null,
				Map.of("h", List.of("x".repeat(StompMessageCodec.MAX_HEADER_BYTES))), Map.of(), new byte[0]);
		assertThatIllegalArgumentException().isThrownBy(() -> StompMessageCodec.encode(large))
			.withMessageContaining("headers");
	}

}
