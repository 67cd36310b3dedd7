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

package io.github.atmosphererelay.durable.internal;

import java.time.Instant;
import java.util.List;

import io.github.atmosphererelay.contract.AbstractSessionStoreTests;
import io.github.atmosphererelay.durable.SessionStore;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MemorySessionStore}.
 */
class MemorySessionStoreTests extends AbstractSessionStoreTests {

	private final MemorySessionStore store = new MemorySessionStore();

	@Override
	protected SessionStore store() {
		return this.store;
	}

	@Test
	void whatHasExpiredIsNotCounted() {
		Instant soon = now().plusSeconds(1);
		this.store.save(List.of(session("a", "one", 1, soon), session("b", "one", 1, soon.plusSeconds(60))));
		assertThat(this.store.count(now())).isEqualTo(2);
		assertThat(this.store.count(soon)).isOne();
	}

}
