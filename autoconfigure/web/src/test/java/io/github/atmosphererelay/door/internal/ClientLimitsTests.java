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

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ClientLimits}.
 */
class ClientLimitsTests {

	private static final Principal ALICE = () -> "alice";

	@Test
	void aSessionAndAnAddressMayAskForSoManyEmptyChannels() {
		ClientLimits limits = new ClientLimits(new LimitSettings(0, 100, 0, 1, 3));
		InetSocketAddress address = new InetSocketAddress("198.51.100.7", 1);
		Admission first = limits.admit(address);
		for (int i = 0; i < 50; i++) {
			assertThat(first.allowsQuestion()).isTrue();
			first.found();
		}
		for (int i = 0; i < 3; i++) {
			assertThat(first.allowsQuestion()).isTrue();
		}
		assertThat(first.allowsQuestion()).isFalse();
		for (int i = 1; i < 20; i++) {
			Admission other = limits.admit(address);
			for (int j = 0; j < 3; j++) {
				assertThat(other.allowsQuestion()).isTrue();
			}
		}
		assertThat(limits.admit(address).allowsQuestion()).isFalse();
		assertThat(limits.admit(new InetSocketAddress("198.51.100.8", 1)).allowsQuestion()).isTrue();
	}

	@Test
	void aNewConnectionDoesNotResetTheQuestionsOfAnAddress() {
		ClientLimits limits = new ClientLimits(new LimitSettings(0, 100, 0, 1, 3));
		InetSocketAddress address = new InetSocketAddress("198.51.100.7", 1);
		int allowed = 0;
		for (int i = 0; i < 40; i++) {
			Admission admission = limits.admit(address);
			for (int j = 0; j < 3; j++) {
				allowed += admission.allowsQuestion() ? 1 : 0;
			}
			admission.end();
		}
		// What comes back in the time of the test is one or two
		assertThat(allowed).isBetween(60, 63);
		assertThat(limits.addressCount()).isOne();
	}

	@Test
	void anAddressHasItsLimitAndGetsItsRoomBack() throws Exception {
		ClientLimits limits = new ClientLimits(new LimitSettings(0, 2, 0, 1));
		InetSocketAddress address = address("10.0.0.1", 1);
		Admission first = limits.admit(address);
		Admission second = limits.admit(address("10.0.0.1", 2));
		assertThat(first).isNotNull();
		assertThat(second).isNotNull();
		assertThat(limits.hasRoom(address)).isFalse();
		assertThat(limits.admit(address)).isNull();
		assertThat(limits.admit(address("10.0.0.2", 1))).isNotNull();
		first.end();
		first.end();
		assertThat(limits.hasRoom(address)).isTrue();
		assertThat(limits.admit(address)).isNotNull();
		assertThat(limits.admit(address)).isNull();
	}

	@Test
	void anIpv6NetworkIsOneAddress() throws Exception {
		ClientLimits limits = new ClientLimits(new LimitSettings(0, 1, 0, 1));
		assertThat(limits.admit(address("2001:db8:0:1::1", 1))).isNotNull();
		assertThat(limits.admit(address("2001:db8:0:1:ffff::2", 1))).isNull();
		assertThat(limits.admit(address("2001:db8:0:2::1", 1))).isNotNull();
	}

	@Test
	void aUserHasItsLimitAndItsRate() throws Exception {
		ClientLimits limits = new ClientLimits(new LimitSettings(2, 0, 10, 20));
		Admission first = limits.admit(null);
		Admission second = limits.admit(null);
		Admission third = limits.admit(null);
		Admission anonymous = limits.admit(null);
		assertThat(first.identify(ALICE)).isTrue();
		assertThat(second.identify(ALICE)).isTrue();
		assertThat(limits.hasRoom(ALICE)).isFalse();
		assertThat(third.identify(ALICE)).isFalse();
		assertThat(anonymous.identify(null)).isTrue();
		int allowed = 0;
		for (int i = 0; i < 40; i++) {
			allowed += (((i % 2 == 0) ? first : second).allowsMessage()) ? 1 : 0;
			assertThat(anonymous.allowsMessage()).isTrue();
		}
		assertThat(allowed).isBetween(20, 30);
		List.of(first, second, third, anonymous).forEach(Admission::end);
		assertThat(limits.hasRoom(ALICE)).isTrue();
	}

	@Test
	void aNewConnectionDoesNotResetAUsersRate() {
		ClientLimits limits = new ClientLimits(new LimitSettings(0, 0, 1, 3));
		for (int i = 0; i < 3; i++) {
			Admission once = limits.admit(null);
			assertThat(once.identify(ALICE)).isTrue();
			assertThat(once.allowsMessage()).isTrue();
			once.end();
			assertThat(limits.userCount()).isOne();
		}
		Admission again = limits.admit(null);
		assertThat(again.identify(ALICE)).isTrue();
		assertThat(again.allowsMessage()).isFalse();
		again.end();
		Admission other = limits.admit(null);
		await("the rate comes back").until(() -> {
			limits.admit(null).identify(() -> "bob");
			return limits.userCount() == 1;
		});
		assertThat(other.identify(ALICE)).isTrue();
		assertThat(other.allowsMessage()).isTrue();
	}

	@Test
	void concurrentClientsStayWithinTheLimitsAndLeaveNothingBehind() throws Exception {
		ClientLimits limits = new ClientLimits(new LimitSettings(3, 5, 1000, 1000));
		AtomicInteger admitted = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try {
			List<Future<?>> tasks = new ArrayList<>();
			for (int t = 0; t < 8; t++) {
				Random random = new Random(t);
				tasks.add(threads.submit(() -> {
					for (int i = 0; i < 5_000; i++) {
						Admission admission = limits.admit(address("10.0.0.1", 1));
						if (admission == null) {
							continue;
						}
						if (admission.identify(ALICE)) {
							most.accumulateAndGet(admitted.incrementAndGet(), Math::max);
							if (random.nextBoolean()) {
								Thread.onSpinWait();
							}
							admitted.decrementAndGet();
						}
						admission.end();
					}
					return null;
				}));
			}
			for (Future<?> task : tasks) {
				task.get();
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(most.get()).isBetween(1, 3);
		assertThat(limits.userCount()).isZero();
		assertThat(limits.addressCount()).isZero();
	}

	private static InetSocketAddress address(String address, int port) throws UnknownHostException {
		return new InetSocketAddress(InetAddress.getByName(address), port);
	}

}
