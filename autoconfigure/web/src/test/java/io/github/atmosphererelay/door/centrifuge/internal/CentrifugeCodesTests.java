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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;

import io.github.atmosphererelay.session.CloseReason;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds the documentation to the codes of this door.
 */
class CentrifugeCodesTests {

	private static final Path PAGE = Path.of("..", "..", "src", "docs", "clients.md");

	@Test
	void everyCloseReasonIsExplained() throws Exception {
		String text = Files.readString(PAGE);
		for (Field field : Disconnects.class.getDeclaredFields()) {
			if (field.getType() == CloseReason.class) {
				CloseReason reason = (CloseReason) field.get(null);
				assertThat(text).contains("| %d | `%s` | ".formatted(reason.code(), reason.text()));
			}
		}
	}

	@Test
	void everyReasonToEndASubscriptionIsExplained() throws IOException {
		String text = Files.readString(PAGE);
		for (UnsubscribeReason reason : UnsubscribeReason.values()) {
			assertThat(text).contains("%d `%s`".formatted(reason.code(), reason.text()));
		}
	}

}
