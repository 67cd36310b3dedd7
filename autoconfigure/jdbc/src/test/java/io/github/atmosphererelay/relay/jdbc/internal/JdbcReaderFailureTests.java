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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@link JdbcReader} does when what it has read cannot be handed on.
 */
@Timeout(60)
class JdbcReaderFailureTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	private static final LogOptions LONG = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	@Test
	void anEnvelopeThatFailsIsAGapOfItsAddressAndTheNextOneArrives() {
		JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.postgres());
		String cluster = "failure-" + UUID.randomUUID();
		FailingListener listener = new FailingListener();
		JdbcRelay relay = broker.relay(cluster, new EnvelopeCodec(1024));
		RelayNode sender = new RelayNode(broker.relay(cluster, new EnvelopeCodec(1024)));
		try {
			relay.start(listener);
			sender.start().awaitRoundTrip(TEN_SECONDS);
			relay.subscribe(new Address.Channel("log")).orTimeout(10, TimeUnit.SECONDS).join();
			relay.subscribe(new Address.Channel("other")).orTimeout(10, TimeUnit.SECONDS).join();
			publish(sender, "log", "poison");
			publish(sender, "log", "after");
			MachineTime.await(TEN_SECONDS).until(() -> listener.texts.contains("after"));
			assertThat(listener.gaps).containsExactly(new Address.Channel("log"));
		}
		finally {
			relay.stop();
			sender.relay().stop();
		}
	}

	private static void publish(RelayNode sender, String channel, String text) {
		sender.relay().publish(sender.recorded(channel, text, LONG)).orTimeout(10, TimeUnit.SECONDS).join();
	}

	/**
	 * Fails for one text.
	 */
	private static final class FailingListener implements RelayListener {

		private final List<String> texts = new CopyOnWriteArrayList<>();

		private final List<Address> gaps = new CopyOnWriteArrayList<>();

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
			if (envelope.payload().asText().equals("poison")) {
				throw new IllegalStateException("poison");
			}
			this.texts.add(envelope.payload().asText());
		}

		@Override
		public void rejected(WireFormatException.Reason reason) {
			throw new IllegalStateException(reason.name());
		}

		@Override
		public void gap(Address address) {
			this.gaps.add(address);
		}

		@Override
		public void connectionChanged(boolean connected) {
			// Not looked at
		}

	}

}
