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

package io.github.atmosphererelay.broadcast.internal;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.message.Payload;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link PayloadEncoder} and {@link PublishOptions}.
 */
class PayloadEncoderTests {

	private static final byte[] BINARY = { (byte) 0xFF, 0, (byte) 0xC3, 0x28 };

	private final PayloadEncoder encoder = new PayloadEncoder(
			(object) -> ("json:" + object).getBytes(StandardCharsets.UTF_8));

	@Test
	void aStringIsTextUnlessAskedOtherwise() {
		assertThat(this.encoder.encode("grüße", null)).isEqualTo(Payload.text("grüße"));
		assertThat(this.encoder.encode("grüße", false)).isEqualTo(Payload.text("grüße"));
		assertThat(this.encoder.encode("grüße", true))
			.isEqualTo(Payload.binary("grüße".getBytes(StandardCharsets.UTF_8)));
	}

	@Test
	void bytesAreBinaryUnlessAskedOtherwise() {
		byte[] text = "grüße".getBytes(StandardCharsets.UTF_8);
		assertThat(this.encoder.encode(BINARY, null)).isEqualTo(Payload.binary(BINARY));
		assertThat(this.encoder.encode(text, false)).isEqualTo(Payload.text("grüße"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.encoder.encode(BINARY, false))
			.withMessageContaining("UTF-8");
	}

	@Test
	void theCallersArrayMayBeUsedAgain() {
		byte[] bytes = { 1, 2, 3 };
		Payload payload = this.encoder.encode(bytes, null);
		bytes[0] = 9;
		assertThat(payload.bytes()).containsExactly(1, 2, 3);
	}

	@Test
	void otherObjectsAreWrittenAsJson() {
		assertThat(this.encoder.encode(42, null)).isEqualTo(Payload.text("json:42"));
		assertThat(this.encoder.encode(42, true).isBinary()).isTrue();
		Payload ready = Payload.text("ready");
		assertThat(this.encoder.encode(ready, null)).isSameAs(ready);
	}

	@Test
	void withoutJsonOnlyStringsAndBytesCanBeSent() {
		PayloadEncoder plain = new PayloadEncoder(null);
		assertThat(plain.encode("text", null)).isEqualTo(Payload.text("text"));
		assertThatIllegalArgumentException().isThrownBy(() -> plain.encode(42, null))
			.withMessageContaining("spring-boot-starter-jackson")
			.withMessageContaining("java.lang.Integer");
	}

	@Test
	void optionsAreChangedInACopy() {
		PublishOptions first = PublishOptions.DEFAULTS.header("a", "1");
		PublishOptions second = first.header("b", "2").exceptSession("session").binary(true);
		assertThat(PublishOptions.DEFAULTS.headers()).isEmpty();
		assertThat(PublishOptions.DEFAULTS.exceptSession()).isNull();
		assertThat(PublishOptions.DEFAULTS.binary()).isNull();
		assertThat(first.headers()).isEqualTo(Map.of("a", "1"));
		assertThat(first.exceptSession()).isNull();
		assertThat(second.headers()).isEqualTo(Map.of("a", "1", "b", "2"));
		assertThat(second.exceptSession()).isEqualTo("session");
		assertThat(second.binary()).isTrue();
		assertThat(second.header("a", "3").headers()).containsEntry("a", "3");
	}

}
