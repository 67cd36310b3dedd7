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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.Map;

import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KafkaGroupPulseTests {

	private static final Duration LEASE = Duration.ofSeconds(9);

	private final MetricName name = new MetricName("heartbeat-total", "consumer-coordinator-metrics", "", Map.of());

	private final Metric heartbeats = new Metric() {

		@Override
		public MetricName metricName() {
			return KafkaGroupPulseTests.this.name;
		}

		@Override
		public Object metricValue() {
			return KafkaGroupPulseTests.this.count;
		}

	};

	private double count;

	private long now = 1;

	private final KafkaGroupPulse pulse = new KafkaGroupPulse(Map.of(this.name, this.heartbeats), LEASE,
			() -> this.now);

	private void pass(int seconds) {
		this.now += Duration.ofSeconds(seconds).toNanos();
	}

	@Test
	void aMemberThatHearsNothingForALeaseHasLostItsLanes() {
		pass(9);
		assertThat(this.pulse.isOver(true)).isFalse();
		pass(1);
		assertThat(this.pulse.isOver(true)).isTrue();
		assertThat(this.pulse.isOver(false)).isFalse();
		pass(120);
		assertThat(this.pulse.isOver(false)).isTrue();
	}

	@Test
	void answersToHeartbeatsAndCommitsAreSignsOfLife() {
		pass(8);
		this.count++;
		assertThat(this.pulse.isOver(true)).isFalse();
		pass(8);
		assertThat(this.pulse.isOver(true)).isFalse();
		this.pulse.heard(this.now);
		pass(8);
		assertThat(this.pulse.isOver(true)).isFalse();
		pass(2);
		assertThat(this.pulse.isOver(true)).isTrue();
	}

	@Test
	void theCoordinatorIsAskedNowAndThenWhileItIsSilent() {
		assertThat(this.pulse.isAskDue()).isFalse();
		pass(3);
		assertThat(this.pulse.isAskDue()).isTrue();
		assertThat(this.pulse.isAskDue()).isFalse();
		pass(3);
		assertThat(this.pulse.isAskDue()).isTrue();
		this.count++;
		run(1);
		this.count++;
		run(1);
		pass(1);
		assertThat(this.pulse.isAskDue()).isFalse();
	}

	@Test
	void aMemberThatWaitsForOthersToJoinKeepsItsLanesAsLongAsTheCoordinatorSaysSo() {
		pass(5);
		this.pulse.joining();
		assertThat(this.pulse.isAskDue()).isTrue();
		this.pulse.waited(this.now);
		pass(8);
		assertThat(this.pulse.isOver(true)).isFalse();
		assertThat(this.pulse.isJoining()).isTrue();
		this.pulse.waited(this.now);
		pass(8);
		assertThat(this.pulse.isOver(true)).isFalse();
		pass(2);
		assertThat(this.pulse.isOver(true)).isTrue();
		this.count++;
		assertThat(this.pulse.isOver(true)).isFalse();
		assertThat(this.pulse.isJoining()).isFalse();
	}

	/** As the member's thread does while nothing stands still. */
	private void run(int seconds) {
		for (int i = 0; i < seconds; i++) {
			pass(1);
			this.pulse.isOver(true);
			this.pulse.polled();
		}
	}

	@Test
	void anAnswerThatArrivedBeforeTheProcessStoodStillHoldsNothing() {
		run(1);
		long asked = this.now;
		this.count++;
		pass(20);
		assertThat(this.pulse.isHeld()).isFalse();
		this.pulse.heard(asked);
		assertThat(this.pulse.isHeld()).isFalse();
		run(1);
		assertThat(this.pulse.isHeld()).isFalse();
	}

	@Test
	void anAnswerThatWasInTheConnectionWhileTheProcessStoodStillHoldsNothingBeforeACommitSucceeds() {
		pass(20);
		assertThat(this.pulse.isHeld()).isFalse();
		run(1);
		this.count++;
		run(1);
		assertThat(this.pulse.isHeld()).isFalse();
		assertThat(this.pulse.isAskDue()).isTrue();
		this.pulse.heard(this.now);
		assertThat(this.pulse.isHeld()).isTrue();
		run(8);
		this.count++;
		run(1);
		assertThat(this.pulse.isHeld()).isTrue();
		run(7);
		assertThat(this.pulse.isHeld()).isTrue();
		run(1);
		assertThat(this.pulse.isHeld()).isFalse();
	}

	@Test
	void anAnswerHoldsNothingBeforeAPollHasShownThatItIsNoRefusal() {
		run(8);
		this.count++;
		pass(1);
		this.pulse.isOver(true);
		assertThat(this.pulse.isHeld()).isFalse();
		this.pulse.polled();
		assertThat(this.pulse.isHeld()).isTrue();
	}

	/** As the member's thread does within a poll that waits for lanes to be released. */
	private boolean handOver(int seconds) {
		boolean asked = false;
		for (int i = 0; i < seconds; i++) {
			pass(1);
			this.count++;
			this.pulse.isOver(true);
			asked |= this.pulse.isAskDue();
		}
		return asked;
	}

	@Test
	void theCoordinatorIsAskedWhileLanesAreHandedOverBecauseHeartbeatsProveNothingThen() {
		run(1);
		assertThat(handOver(1)).isFalse();
		assertThat(handOver(3)).isTrue();
		assertThat(this.pulse.isHeld()).isTrue();
		this.pulse.heard(this.now);
		assertThat(handOver(2)).isFalse();
		assertThat(handOver(6)).isTrue();
		assertThat(this.pulse.isHeld()).isTrue();
		this.pulse.heard(this.now);
		handOver(8);
		assertThat(this.pulse.isHeld()).isTrue();
	}

	@Test
	void anAnswerThatCameWhileLanesWereHandedOverHoldsNothing() {
		handOver(8);
		this.pulse.handedOver();
		this.pulse.polled();
		pass(1);
		assertThat(this.pulse.isHeld()).isFalse();
		this.count++;
		run(1);
		assertThat(this.pulse.isHeld()).isTrue();
	}

	@Test
	void thatTheGroupWaitsHoldsUntilTheNextQuestionOnly() {
		run(8);
		this.pulse.joining();
		this.pulse.waited(this.now);
		run(4);
		assertThat(this.pulse.isHeld()).isTrue();
		assertThat(this.pulse.isAskDue()).isTrue();
		run(1);
		assertThat(this.pulse.isHeld()).isFalse();
		this.pulse.waited(this.now);
		assertThat(this.pulse.isHeld()).isTrue();
	}

	@Test
	void aMemberThatTheCoordinatorDoesNotKnowHoldsNothing() {
		long asked = this.now;
		run(1);
		this.count++;
		run(1);
		this.pulse.gone(asked);
		assertThat(this.pulse.isHeld()).isTrue();
		asked = this.now;
		run(1);
		this.pulse.gone(asked);
		assertThat(this.pulse.isHeld()).isFalse();
		assertThat(this.pulse.isOver(true)).isTrue();
	}

}
