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

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the listener of a member learns of its lanes.
 */
class KafkaGroupLanesTests implements GroupLaneListener {

	private final KafkaLaneFixture partition = new KafkaLaneFixture();

	private final KafkaGroupLanes lanes = new KafkaGroupLanes(this, reader(), Guards.UNREPORTED.of(Part.LISTENERS));

	private final List<GroupLane> lost = new ArrayList<>();

	private final KafkaLane lane = this.partition.lane(KafkaLaneCommit.at(0, 1, 5));

	private static KafkaGroupReader reader() {
		KafkaRelaySettings settings = KafkaRelaySettings.builder(UUID.randomUUID(), "lanes", new EnvelopeCodec(1024))
			.build();
		return new KafkaGroupReader(settings, "test", () -> new MockConsumer<>("earliest"),
				() -> new MockConsumer<>("earliest"), Guards.UNREPORTED.of(Part.LISTENERS));
	}

	@Test
	void aLaneThatWasCutIsLostOnceAlsoIfAllAreLostBeforeTheMemberLearnsOfTheCut() {
		// The reader finds other records in a topic that was created again, and the
		// member
		// gives up all lanes, because the topic is another one
		this.lanes.add(this.lane);
		this.lane.cut(0);
		this.lanes.cut(this.lane, this.partition.cuts.get(0));
		this.lanes.loseAll();
		assertThat(this.lost).containsExactly(this.lane);
		this.lanes.takeReleased();
		assertThat(this.lost).containsExactly(this.lane);
		assertThat(this.lanes.cut(0)).isNull();
	}

	@Test
	void aLaneThatWasCutIsLostOnceIfTheMemberLearnsOfTheCutFirst() {
		this.lanes.add(this.lane);
		this.lane.cut(0);
		this.lanes.cut(this.lane, this.partition.cuts.get(0));
		this.lanes.takeReleased();
		assertThat(this.lost).containsExactly(this.lane);
		assertThat(this.lanes.cut(0)).isNotNull();
		this.lanes.loseAll();
		assertThat(this.lost).containsExactly(this.lane);
	}

	@Test
	void aLaneThatTheListenerHasReleasedIsNotLost() {
		this.lanes.add(this.lane);
		this.lane.release();
		this.lanes.loseAll();
		assertThat(this.lost).isEmpty();
	}

	@Override
	public void assigned(GroupLane lane) {
	}

	@Override
	public void revoked(GroupLane lane) {
	}

	@Override
	public void lost(GroupLane lane) {
		this.lost.add(lane);
	}

	@Override
	public void available(GroupLane lane) {
	}

}
