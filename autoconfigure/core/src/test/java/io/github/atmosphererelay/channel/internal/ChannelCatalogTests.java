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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.node.internal.NodeFixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ChannelCatalog}.
 */
class ChannelCatalogTests {

	@Test
	void theFirstPatternThatCoversTheNameDecides() {
		ChannelCatalog catalog = catalog("chat/lobby", "chat/{room}", "chat/**");
		assertThat(pattern(catalog, "chat/lobby")).isEqualTo("chat/lobby");
		assertThat(pattern(catalog, "chat/kitchen")).isEqualTo("chat/{room}");
		assertThat(pattern(catalog, "chat/kitchen/table")).isEqualTo("chat/**");
		ChannelCatalog reverse = catalog("chat/**", "chat/lobby");
		assertThat(pattern(reverse, "chat/lobby")).isEqualTo("chat/**");
	}

	@Test
	void aNameThatNoPatternCoversIsUnknown() {
		ChannelCatalog catalog = catalog("chat/*", "orders/{id:[0-9]+}");
		assertThat(catalog.find("chat")).isNull();
		assertThat(catalog.find("chat/a/b")).isNull();
		assertThat(catalog.find("Chat/a")).isNull();
		assertThat(catalog.find("orders/abc")).isNull();
		assertThat(pattern(catalog, "orders/12")).isEqualTo("orders/{id:[0-9]+}");
		assertThatExceptionOfType(UnknownChannelException.class).isThrownBy(() -> catalog.get("nowhere"))
			.withMessageContaining("nowhere")
			.withMessageContaining("atmosphere.channels[*].pattern");
	}

	@ParameterizedTest
	@CsvSource({ "a/b;c, a/b;c", "a/100%, a/100%", "a/x%41, a/x%41", "a/{x}, a/b;jsessionid=1" })
	void percentSignsAndSemicolonsArePartOfTheName(String pattern, String name) {
		assertThat(pattern(catalog(pattern), name)).isEqualTo(pattern);
	}

	@Test
	void namesAreNotDecodedOrCut() {
		ChannelCatalog catalog = catalog("a/b", "x/*");
		assertThat(catalog.find("a/%62")).isNull();
		assertThat(catalog.find("a/b;c=d")).isNull();
		assertThat(catalog.find("x/y%2Fz")).isNotNull();
	}

	@Test
	void channelsOfTheSourceComeAfterTheConfiguredOnes() {
		AtomicReference<List<ChannelOptions>> told = new AtomicReference<>(List.of());
		ChannelCatalog catalog = new ChannelCatalog(catalog("chat/lobby").all(), told::get);
		assertThat(catalog.find("chat/kitchen")).isNull();
		told.set(catalog("chat/lobby", "chat/**").all());
		assertThat(pattern(catalog, "chat/kitchen")).isEqualTo("chat/**");
		assertThat(catalog.all()).extracting(ChannelOptions::pattern)
			.containsExactly("chat/lobby", "chat/lobby", "chat/**");
		assertThat(catalog.get("chat/lobby")).isSameAs(catalog.all().get(0));
	}

	@Test
	void anInvalidPatternIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> catalog("chat/{room"));
	}

	@Test
	void theNumberOfRememberedNamesIsLimited() {
		ChannelCatalog catalog = catalog("chat/**");
		for (int i = 0; i < 30_000; i++) {
			assertThat(catalog.find("chat/" + i)).isNotNull();
			catalog.find("unknown/" + i);
		}
		assertThat(catalog.rememberedCount()).isLessThanOrEqualTo(ChannelCatalog.MAX_REMEMBERED);
		assertThat(pattern(catalog, "chat/29999")).isEqualTo("chat/**");
		assertThat(catalog.all()).hasSize(1);
	}

	@Test
	void unusedNamesMakeRoomForOthers() {
		ChannelCatalog catalog = catalog("chat/**");
		for (int i = 0; i < 2 * ChannelCatalog.MAX_REMEMBERED; i++) {
			catalog.find("chat/junk/" + i);
		}
		ChannelOptions options = catalog.find("chat/lobby");
		assertThat(catalog.isRemembered("chat/lobby")).isTrue();
		for (int i = 0; i < 3 * ChannelCatalog.MAX_REMEMBERED; i++) {
			catalog.find("chat/more-junk/" + i);
			if (i % 1_000 == 0) {
				assertThat(catalog.isRemembered("chat/lobby")).as("used again in time").isTrue();
				assertThat(catalog.find("chat/lobby")).isSameAs(options);
			}
		}
		assertThat(catalog.isRemembered("chat/junk/" + 0)).isFalse();
	}

	@Test
	void aNameOverTheMaximumLengthIsNotRemembered() {
		ChannelCatalog catalog = catalog("chat/**");
		String name = "chat/" + "x".repeat(10_000);
		assertThat(catalog.find(name)).isNotNull();
		assertThat(catalog.isRemembered(name)).isFalse();
	}

	private static String pattern(ChannelCatalog catalog, String name) {
		return catalog.get(name).pattern();
	}

	private static ChannelCatalog catalog(String... patterns) {
		List<ChannelOptions> channels = new ArrayList<>();
		for (String pattern : patterns) {
			channels.add(ChannelOptions.builder(pattern, NodeFixture.QUEUE).build());
		}
		return new ChannelCatalog(channels);
	}

}
