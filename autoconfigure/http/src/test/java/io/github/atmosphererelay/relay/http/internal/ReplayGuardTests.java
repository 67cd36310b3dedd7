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

package io.github.atmosphererelay.relay.http.internal;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ReplayGuard}.
 */
class ReplayGuardTests {

	private final ReplayGuard guard = new ReplayGuard(Duration.ofSeconds(30));

	private final UUID sender = UUID.randomUUID();

	@Test
	void requestsMayOvertakeEachOtherAndNoneComesTwice() {
		for (long number : new long[] { 5, 3, 70, 10, 69, 200, 137 }) {
			accept(this.sender, number, 0);
		}
		for (long number : new long[] { 5, 3, 70, 10, 69, 200, 137, 136, 1 }) {
			refuse(this.sender, number, RefusalReason.REPLAYED);
		}
		accept(this.sender, 138, 0);
	}

	@Test
	void sendersDoNotDisturbEachOther() {
		accept(this.sender, 7, 0);
		accept(UUID.randomUUID(), 7, 0);
		refuse(this.sender, 7, RefusalReason.REPLAYED);
	}

	@Test
	void aSenderIsForgottenWhenItsRequestsWouldBeTooOldAndNotBefore() {
		accept(this.sender, 7, 0);
		for (int i = 1; i < ReplayGuard.MAX_SENDERS; i++) {
			accept(UUID.randomUUID(), 1, 50);
		}
		assertThat(this.guard.size()).isEqualTo(ReplayGuard.MAX_SENDERS);
		refuse(UUID.randomUUID(), 1, RefusalReason.OVERLOADED);
		refuse(this.sender, 7, RefusalReason.REPLAYED);
		accept(UUID.randomUUID(), 1, 120);
		assertThat(this.guard.size()).isLessThanOrEqualTo(2);
	}

	private void accept(UUID sender, long number, long seconds) {
		this.guard.check(new PeerProtocol.Nonce(sender, number), TimeUnit.SECONDS.toNanos(seconds));
	}

	private void refuse(UUID sender, long number, RefusalReason reason) {
		assertThatExceptionOfType(RefusedException.class)
			.isThrownBy(() -> this.guard.check(new PeerProtocol.Nonce(sender, number), TimeUnit.SECONDS.toNanos(55)))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(reason));
	}

}
