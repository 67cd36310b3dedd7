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

package io.github.atmosphererelay.channel.internal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ChannelAccess}.
 */
class ChannelAccessTests {

	@ParameterizedTest
	@CsvSource({ "anyone, ANYONE", "Anyone, ANYONE", "true, ANYONE", "AUTHENTICATED, AUTHENTICATED", "none, NONE",
			"false, NONE" })
	void keywordsAreRules(String text, ChannelAccess.Kind kind) {
		assertThat(ChannelAccess.of(text)).isEqualTo(new ChannelAccess(kind, null));
	}

	@ParameterizedTest
	@CsvSource({ "ROLE_OPS, ROLE_OPS", "SCOPE_orders, SCOPE_orders", "orders:read, orders:read", "ADMIN, ADMIN",
			"authority:admin, admin" })
	void otherWordsAreAuthorities(String text, String authority) {
		assertThat(ChannelAccess.of(text)).isEqualTo(ChannelAccess.authority(authority));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "  ", "anyon", "authenticate", "admin", "authority:", "authority: " })
	void aLowerCaseWordIsNoAuthority(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> ChannelAccess.of(text));
	}

	@Test
	void aRuleIsOneWordInJson() {
		JsonMapper json = JsonMapper.builder().build();
		assertThat(json.writeValueAsString(ChannelAccess.ANYONE)).isEqualTo("\"ANYONE\"");
		assertThat(json.writeValueAsString(ChannelAccess.authority("ROLE_OPS"))).isEqualTo("\"ROLE_OPS\"");
	}

	@Test
	void onlyARuleOfTheKindAuthorityHasAnAuthority() {
		assertThatIllegalArgumentException().isThrownBy(() -> new ChannelAccess(ChannelAccess.Kind.AUTHORITY, null));
		assertThatIllegalArgumentException().isThrownBy(() -> new ChannelAccess(ChannelAccess.Kind.NONE, "ROLE_OPS"));
	}

}
