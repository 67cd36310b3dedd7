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

package io.github.atmosphererelay.subscription.log.internal;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link RecoveryTurns}.
 */
class RecoveryTurnsTests {

	private static final int MAX_OF_SESSION = 8;

	private static final int MAX_OF_ADDRESS = 32;

	private final Guard guard = new Guards().of(Part.CLIENT_TIMERS);

	private final RecoveryTurns turns = new RecoveryTurns(MAX_OF_SESSION, MAX_OF_ADDRESS, this.guard);

	/** What is under way, by what ends it. */
	private final List<Runnable> ends = new ArrayList<>();

	@Test
	void aSessionHasOnlySoManyUnderWayAndTheOthersFollow() {
		ClientSession session = session("one", null);
		for (int i = 0; i < MAX_OF_SESSION + 2; i++) {
			this.turns.begin(session, this.ends::add);
		}
		assertThat(this.ends).hasSize(MAX_OF_SESSION);
		this.turns.begin(session("two", null), this.ends::add);
		assertThat(this.ends).as("of another session").hasSize(MAX_OF_SESSION + 1);
		endAll(MAX_OF_SESSION + 3);
	}

	@Test
	void anAddressHasOnlySoManyUnderWayAndTheOthersFollow() {
		for (int i = 0; i < MAX_OF_ADDRESS + 5; i++) {
			this.turns.begin(session("session " + i, "127.0.0.1"), this.ends::add);
		}
		assertThat(this.ends).hasSize(MAX_OF_ADDRESS);
		this.turns.begin(session("another", "127.0.0.2"), this.ends::add);
		assertThat(this.ends).as("of another address").hasSize(MAX_OF_ADDRESS + 1);
		endAll(MAX_OF_ADDRESS + 6);
	}

	@Test
	void theAddressesOfAnIpv6NetworkCountAsOne() {
		for (int i = 0; i < MAX_OF_ADDRESS + 1; i++) {
			this.turns.begin(session("session " + i, "2001:db8:1:2::" + Integer.toHexString(i + 1)), this.ends::add);
		}
		assertThat(this.ends).hasSize(MAX_OF_ADDRESS);
		endAll(MAX_OF_ADDRESS + 1);
	}

	@Test
	void anyNumberThatEndsAtOnceFillsNoStack() {
		ClientSession session = session("one", "127.0.0.1");
		for (int i = 0; i < MAX_OF_SESSION; i++) {
			this.turns.begin(session, this.ends::add);
		}
		AtomicInteger done = new AtomicInteger();
		for (int i = 0; i < 100_000; i++) {
			this.turns.begin(session, (end) -> {
				done.incrementAndGet();
				end.run();
			});
		}
		assertThat(done).hasValue(0);
		this.ends.remove(0).run();
		assertThat(done).hasValue(100_000);
		endAll(MAX_OF_SESSION - 1);
	}

	@Test
	void anErrorOfARecoveryGivesItsTurnBackAndTheNextOneBegins() {
		ClientSession session = session("one", "127.0.0.1");
		for (int i = 0; i < MAX_OF_SESSION; i++) {
			this.turns.begin(session, this.ends::add);
		}
		for (int i = 0; i < MAX_OF_SESSION + 1; i++) {
			this.turns.begin(session, (end) -> {
				throw new InternalError("injected");
			});
		}
		for (int i = 0; i < MAX_OF_SESSION; i++) {
			this.turns.begin(session, this.ends::add);
		}
		endAll(2 * MAX_OF_SESSION);
		assertThat(this.guard.failures()).isEqualTo(MAX_OF_SESSION + 1);
	}

	@Test
	void aRecoveryThatNeedNotBeginLeavesTheLineOfItsSession() {
		ClientSession session = session("one", "127.0.0.1");
		for (int i = 0; i < MAX_OF_SESSION; i++) {
			this.turns.begin(session, this.ends::add);
		}
		AtomicInteger begun = new AtomicInteger();
		this.turns.begin(session, (end) -> begun.incrementAndGet()).run();
		endAll(MAX_OF_SESSION);
		assertThat(begun).hasValue(0);
	}

	@Test
	void aRecoveryThatNeedNotBeginLeavesTheLineOfItsAddressAndItsPlaceOfTheSession() {
		for (int i = 0; i < MAX_OF_ADDRESS; i++) {
			this.turns.begin(session("session " + i, "127.0.0.1"), this.ends::add);
		}
		AtomicInteger begun = new AtomicInteger();
		List<Runnable> waiting = new ArrayList<>();
		for (int i = 0; i < MAX_OF_SESSION; i++) {
			waiting.add(this.turns.begin(session("one", "127.0.0.1"), (end) -> begun.incrementAndGet()));
		}
		waiting.forEach(Runnable::run);
		this.turns.begin(session("one", "127.0.0.2"), this.ends::add);
		assertThat(this.ends).as("of the session from elsewhere").hasSize(MAX_OF_ADDRESS + 1);
		endAll(MAX_OF_ADDRESS + 1);
		assertThat(begun).hasValue(0);
	}

	@Test
	void aTurnThatIsEndedTwiceIsGivenBackOnce() {
		ClientSession session = session("one", "127.0.0.1");
		Runnable first = this.turns.begin(session, (end) -> {
		});
		for (int i = 0; i < MAX_OF_SESSION + 1; i++) {
			this.turns.begin(session, this.ends::add);
		}
		first.run();
		first.run();
		assertThat(this.ends).hasSize(MAX_OF_SESSION);
		endAll(MAX_OF_SESSION + 1);
	}

	private void endAll(int expected) {
		int ended = 0;
		while (!this.ends.isEmpty()) {
			this.ends.remove(0).run();
			ended++;
		}
		assertThat(ended).isEqualTo(expected);
		assertThat(this.turns.size()).isZero();
	}

	private static ClientSession session(String id, @Nullable String address) {
		ClientSession session = mock();
		given(session.id()).willReturn(id);
		given(session.remoteAddress()).willReturn((address != null) ? new InetSocketAddress(address, 1) : null);
		return session;
	}

}
