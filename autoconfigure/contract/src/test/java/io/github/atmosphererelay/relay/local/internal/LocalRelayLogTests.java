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

package io.github.atmosphererelay.relay.local.internal;

import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayLogContractTests;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The log contract for {@link LocalRelay}, whose one node has its logs in memory.
 */
class LocalRelayLogTests extends RelayLogContractTests {

	@Test
	void aKeyThatIsForgottenBeforeItsTimeIsTold() {
		RelayNode node = new RelayNode(new LocalRelay()).start();
		for (int i = 0; i <= 100_000; i++) {
			assertThat(node.forgottenKeys()).isZero();
			node.relay().publish(node.recorded("log", "text", keyed(i))).join();
		}
		assertThat(node.forgottenKeys()).isOne();
		Envelope second = node.recorded("log", "text", keyed(1));
		assertThat(node.relay().publish(second).join().outcome()).isEqualTo(Outcome.DUPLICATE);
		Envelope first = node.recorded("log", "text", keyed(0));
		assertThat(node.relay().publish(first).join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
	}

	@Test
	void readingWhatDoesNotExistMakesNoLog() {
		LocalRelay relay = new LocalRelay();
		RelayNode node = new RelayNode(relay).start();
		for (int i = 0; i < 100; i++) {
			String channel = "log/" + i;
			Position position = position(node, channel);
			assertThat(readForward(node, channel, position, 10).complete()).isTrue();
			assertThat(readForward(node, channel, null, 10)).isEqualTo(new LogPage(List.of(), position, true));
			assertThat(readForward(node, channel, new Position("another", 0), 10).complete()).isFalse();
		}
		assertThat(relay.logCount()).isZero();
	}

	private static LogOptions keyed(int key) {
		return new LogOptions(1, Duration.ofMinutes(5), "key " + key, Duration.ofMinutes(5));
	}

	@Override
	protected boolean isClustered() {
		return false;
	}

	@Override
	protected RelayBroker broker() {
		return new LocalBroker();
	}

}
