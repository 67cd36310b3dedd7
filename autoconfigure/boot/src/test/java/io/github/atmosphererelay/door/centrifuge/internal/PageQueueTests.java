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

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PageQueue}.
 */
class PageQueueTests {

	private final PageQueue pages = new PageQueue();

	private final List<String> begun = new ArrayList<>();

	private final List<Runnable> ends = new ArrayList<>();

	private void add(String page) {
		assertThat(this.pages.add((end) -> {
			this.begun.add(page);
			this.ends.add(end);
		})).isTrue();
	}

	@Test
	void onePageIsReadAtATime() {
		add("first");
		add("second");
		assertThat(this.begun).containsExactly("first");
		this.ends.get(0).run();
		this.ends.get(0).run();
		assertThat(this.begun).containsExactly("first", "second");
	}

	@Test
	void aPageThatCannotBeReadKeepsNoneBehindItFromBeingRead() {
		assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> this.pages.add((end) -> {
			throw new OutOfMemoryError("injected");
		}));
		add("second");
		assertThat(this.begun).containsExactly("second");
		assertThat(this.pages.add((end) -> {
			throw new OutOfMemoryError("injected");
		})).as("it waits").isTrue();
		add("fourth");
		assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> this.ends.get(0).run());
		assertThat(this.begun).containsExactly("second", "fourth");
	}

}
