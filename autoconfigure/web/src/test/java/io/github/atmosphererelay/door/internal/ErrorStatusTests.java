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

package io.github.atmosphererelay.door.internal;

import io.github.atmosphererelay.refusal.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ErrorStatus}.
 */
class ErrorStatusTests {

	@ParameterizedTest
	@CsvSource({ "BAD_REQUEST, 400", "UNAUTHORIZED, 401", "TOKEN_EXPIRED, 401", "PERMISSION_DENIED, 403",
			"NOT_AVAILABLE, 403", "UNKNOWN_CHANNEL, 404", "TOO_MANY_REQUESTS, 429", "LIMIT_EXCEEDED, 429",
			"INTERNAL, 500" })
	void aCodeHasOneStatus(ErrorCode code, int status) {
		assertThat(ErrorStatus.of(code).value()).isEqualTo(status);
	}

	@ParameterizedTest
	@EnumSource(value = Refusal.class, mode = EnumSource.Mode.EXCLUDE,
			names = { "SHUTTING_DOWN", "FULL", "VERSION", "TOO_LARGE", "MEDIA_TYPE", "NO_SESSION", "BUSY" })
	void aHandshakeIsRefusedWithTheStatusOfItsCode(Refusal refusal) {
		assertThat(refusal.status()).isEqualTo(ErrorStatus.of(refusal.code()));
	}

	@Test
	void whatIsNoFaultOfTheRequestHasAStatusOfItsOwn() {
		assertThat(Refusal.SHUTTING_DOWN.status().value()).isEqualTo(503);
		assertThat(Refusal.FULL.status().value()).isEqualTo(503);
		assertThat(Refusal.VERSION.status().value()).isEqualTo(426);
	}

	@Test
	void aMessageByPostIsRefusedWithTheStatusThatHttpHasForIt() {
		assertThat(Refusal.TOO_LARGE.status().value()).isEqualTo(413);
		assertThat(Refusal.MEDIA_TYPE.status().value()).isEqualTo(415);
		assertThat(Refusal.NO_SESSION.status().value()).isEqualTo(404);
		assertThat(Refusal.BUSY.status().value()).isEqualTo(503);
	}

}
