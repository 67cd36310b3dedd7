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

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.ScriptedLog;
import org.junit.jupiter.api.Test;

/**
 * Tests for {@link ConfirmedPositions}.
 */
class ConfirmedPositionsTests {

	private static final long NOW = System.nanoTime();

	private final ScriptedLog log = new ScriptedLog("log/a");

	private final ConfirmedPositions confirmed = new ConfirmedPositions(
			new ChannelLogs(this.log, new ChannelCatalog(List.of())));

	private void add(String position, Duration at) {
		this.confirmed.add("log/a", ScriptedLog.at(position), NOW + at.toNanos());
	}

	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void theLastPositionOfAnEpochIsToldOnceAnotherEpochIsConfirmed() {
		add("A4", Duration.ZERO);
		add("A5", Duration.ZERO);
		add("A3", Duration.ZERO);
		this.confirmed.tick(NOW);
		this.log.expectNothing();
		add("B4", Duration.ofSeconds(1));
		this.confirmed.tick(NOW + Duration.ofSeconds(2).toNanos());
		this.log.<LogContinuation>expect("resume A5 reached 5")
			.complete(new LogContinuation(ScriptedLog.at("B3"), true));
		this.confirmed.tick(NOW + Duration.ofSeconds(2).toNanos());
		this.log.expectNothing();
	}

	@Test
	void whatWasConfirmedLatelyIsToldAfterTheRelayHasConnectedAgainUntilItIsAnswered() {
		add("A5", Duration.ZERO);
		this.confirmed.connected();
		this.confirmed.tick(NOW);
		this.log.expect("resume A5 reached 5").completeExceptionally(new IllegalStateException());
		this.confirmed.tick(NOW);
		this.log.<LogContinuation>expect("resume A5 reached 5")
			.complete(new LogContinuation(ScriptedLog.at("B3"), true));
		this.confirmed.tick(NOW);
		this.log.expectNothing();
		this.confirmed.connected();
		this.confirmed.tick(NOW + ConfirmedPositions.KEPT.toNanos());
		this.log.expectNothing();
	}

	@Test
	void onlySoMuchIsKeptAndToldAtOnce() {
		IntStream.rangeClosed(1, ConfirmedPositions.MAX_CHANNELS + 1)
			.forEach((i) -> this.confirmed.add("log/" + i, new Position("A", i), NOW));
		this.confirmed.connected();
		this.confirmed.tick(NOW);
		for (int i = 2; i < 2 + ConfirmedPositions.MAX_TOLD; i++) {
			this.log.expect("resume A" + i + " reached " + i);
		}
		this.log.expectNothing();
	}

}
