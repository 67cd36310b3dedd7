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

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link OpenReads}.
 */
class OpenReadsTests {

	private final OpenReads open = new OpenReads();

	@Test
	void aSessionHasOnlySoManyRequestsThatWait() {
		ClientSession session = session("one", 1);
		List<Runnable> ends = new ArrayList<>();
		for (int i = 0; i < OpenReads.MAX_OF_SESSION; i++) {
			ends.add(this.open.begin(session));
		}
		assertRefused(session, "of this client");
		ends.add(this.open.begin(session("two", 1)));
		ends.remove(0).run();
		ends.add(this.open.begin(session));
		assertRefused(session, "of this client");
		ends.forEach(Runnable::run);
		assertThat(this.open.size()).isZero();
	}

	@Test
	void anAddressHasOnlySoManyWhateverItsPorts() {
		List<Runnable> ends = new ArrayList<>();
		for (int i = 0; i < OpenReads.MAX_OF_ADDRESS; i++) {
			ends.add(this.open.begin(session("session " + i, 1000 + i)));
		}
		assertRefused(session("last", 1), "from this address");
		ends.add(this.open.begin(session("no address", null)));
		ends.remove(0).run();
		ends.add(this.open.begin(session("last", 1)));
		ends.forEach(Runnable::run);
		assertThat(this.open.size()).isZero();
	}

	@Test
	void theAddressesOfAnIpv6NetworkCountAsOne() {
		for (int i = 0; i < OpenReads.MAX_OF_ADDRESS; i++) {
			this.open.begin(sessionAt("session " + i, "2001:db8:1:2::" + Integer.toHexString(i + 1)));
		}
		assertRefused(sessionAt("last", "2001:db8:1:2:ffff::1"), "from this address");
		this.open.begin(sessionAt("another", "2001:db8:1:3::1"));
	}

	private static ClientSession sessionAt(String id, String address) {
		ClientSession session = mock();
		given(session.id()).willReturn(id);
		given(session.remoteAddress()).willReturn(new InetSocketAddress(address, 1));
		return session;
	}

	private void assertRefused(ClientSession session, String reason) {
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> this.open.begin(session))
			.withMessageContaining(reason)
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
	}

	private static ClientSession session(String id, @Nullable Integer port) {
		ClientSession session = mock();
		given(session.id()).willReturn(id);
		given(session.remoteAddress()).willReturn((port != null) ? new InetSocketAddress("127.0.0.1", port) : null);
		return session;
	}

}
