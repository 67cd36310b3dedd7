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

package io.github.atmosphererelay.feed.internal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ChannelTemplate}.
 */
class ChannelTemplateTests {

	@Test
	void theKeyNamesTheChannelAndTheChannelTheKey() {
		ChannelTemplate template = ChannelTemplate.parse("prices/{key}/last");
		assertThat(template.isByKey()).isTrue();
		assertThat(template.pattern()).isEqualTo("prices/{value}/last");
		assertThat(template.channel("ACME")).isEqualTo("prices/ACME/last");
		assertThat(template.value("prices/ACME/last")).isEqualTo("ACME");
		assertThat(template.value("prices/ACME")).isNull();
		assertThat(template.value("prices//last")).isNull();
	}

	@Test
	void aValueWithSlashesNeedsAnAsterisk() {
		assertThat(ChannelTemplate.parse("prices/{key}").channel("a/b")).isNull();
		ChannelTemplate template = ChannelTemplate.parse("prices/{*key}");
		assertThat(template.pattern()).isEqualTo("prices/{*value}");
		assertThat(template.channel("a/b")).isEqualTo("prices/a/b");
		assertThat(template.value("prices/a/b")).isEqualTo("a/b");
	}

	@Test
	void headersAndPartsOfTheValueAreNoKeys() {
		ChannelTemplate header = ChannelTemplate.parse("orders/{header:customer}");
		assertThat(header.isByKey()).isFalse();
		assertThat(header.argument()).isEqualTo("customer");
		ChannelTemplate json = ChannelTemplate.parse("orders/{json:/customer/id}");
		assertThat(json.isByKey()).isFalse();
		assertThat(json.argument()).isEqualTo("/customer/id");
	}

	@ParameterizedTest
	@ValueSource(strings = { "prices", "prices/{}", "prices/{value}", "prices/{header:}", "prices/{json:id}",
			"{key}/{key}", "prices/{*key}/last", "prices-{*key}", "prices/*/{key}", "prices/{key" })
	void anythingElseIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> ChannelTemplate.parse(text));
	}

}
