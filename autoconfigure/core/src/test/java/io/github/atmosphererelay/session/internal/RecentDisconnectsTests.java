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

package io.github.atmosphererelay.session.internal;

import io.github.atmosphererelay.session.CloseReason;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RecentDisconnects}.
 */
class RecentDisconnectsTests {

	private static final long AFTER = RecentDisconnects.KEPT.toNanos() + 1;

	private final RecentDisconnects disconnects = new RecentDisconnects();

	@Test
	void onlyWhoWasThereBeforeIsMeant() {
		assertThat(this.disconnects.find("ann", 0)).isNull();
		this.disconnects.add("ann", CloseReason.LOGGED_OUT, 100);
		assertThat(this.disconnects.find("ann", 99)).isEqualTo(CloseReason.LOGGED_OUT);
		assertThat(this.disconnects.find("ann", 100)).isEqualTo(CloseReason.LOGGED_OUT);
		assertThat(this.disconnects.find("ann", 101)).isNull();
		assertThat(this.disconnects.find("bob", 99)).isNull();
	}

	@Test
	void theLastDisconnectionOfAUserCounts() {
		this.disconnects.add("ann", CloseReason.LOGGED_OUT, 100);
		this.disconnects.add("bob", CloseReason.LOGGED_OUT, 150);
		this.disconnects.add("ann", CloseReason.EXPIRED, 200);
		assertThat(this.disconnects.find("ann", 199)).isEqualTo(CloseReason.EXPIRED);
		assertThat(this.disconnects.find("bob", 149)).isEqualTo(CloseReason.LOGGED_OUT);
		assertThat(this.disconnects.find("bob", 199)).isNull();
	}

	@Test
	void nothingIsKeptForLongerThanAClientNeedsToComeIn() {
		for (int i = 0; i < 100; i++) {
			this.disconnects.add("user" + i, CloseReason.LOGGED_OUT, i);
		}
		assertThat(this.disconnects.size()).isEqualTo(100);
		this.disconnects.add("ann", CloseReason.LOGGED_OUT, 100 + AFTER);
		assertThat(this.disconnects.size()).isOne();
	}

	@Test
	void theOldestGoWhenThereAreTooMany() {
		for (int i = 0; i < RecentDisconnects.MAX_USERS + 10; i++) {
			this.disconnects.add("user" + i, CloseReason.LOGGED_OUT, i);
		}
		assertThat(this.disconnects.size()).isEqualTo(RecentDisconnects.MAX_USERS);
		assertThat(this.disconnects.find("user9", 0)).isNull();
		assertThat(this.disconnects.find("user10", 0)).isEqualTo(CloseReason.LOGGED_OUT);
	}

}
