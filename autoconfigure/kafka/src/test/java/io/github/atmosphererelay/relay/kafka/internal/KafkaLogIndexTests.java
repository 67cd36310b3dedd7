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

import java.nio.charset.StandardCharsets;

import io.github.atmosphererelay.relay.kafka.internal.KafkaLogIndex.Look;
import io.github.atmosphererelay.relay.kafka.internal.KafkaLogIndex.Part;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaLogIndex}.
 */
class KafkaLogIndexTests {

	private static final byte[] QUIET = "channel:quiet".getBytes(StandardCharsets.UTF_8);

	private static final byte[] BUSY = "channel:busy".getBytes(StandardCharsets.UTF_8);

	private static final long QUIET_HASH = KafkaLogIndex.hash(QUIET);

	private static final long BUSY_HASH = KafkaLogIndex.hash(BUSY);

	private final KafkaLogIndex index = new KafkaLogIndex(3, 100);

	@Test
	void receivedRecordsNeedNoScan() {
		this.index.add(BUSY_HASH, 100);
		this.index.add(BUSY_HASH, 150);
		assertThat(this.index.narrow(QUIET_HASH, 100, 200).isEmpty()).isTrue();
		assertThat(this.index.narrow(QUIET_HASH, 40, 200)).isEqualTo(new Part(40, 100));
		assertThat(this.index.narrow(BUSY_HASH, 100, 200)).isEqualTo(new Part(100, 151));
		assertThat(this.index.narrow(BUSY_HASH, 120, 130)).isEqualTo(new Part(120, 130));
		assertThat(this.index.narrow(BUSY_HASH, 151, 200).isEmpty()).isTrue();
		assertThat(this.index.narrow(BUSY_HASH, 40, 200)).isEqualTo(new Part(40, 151));
	}

	@Test
	void aScannedRangeIsKnownForAllChannels() {
		Look look = this.index.look(40);
		look.add(BUSY, 50);
		look.add(BUSY, 60);
		look.add(null, 70);
		this.index.looked(look, 100);
		assertThat(this.index.narrow(QUIET_HASH, 40, 200).isEmpty()).isTrue();
		assertThat(this.index.narrow(BUSY_HASH, 40, 200)).isEqualTo(new Part(50, 61));
		assertThat(this.index.narrow(QUIET_HASH, 10, 200)).isEqualTo(new Part(10, 40));
		Look further = this.index.look(10);
		further.add(QUIET, 20);
		further.add(BUSY, 30);
		this.index.looked(further, 40);
		assertThat(this.index.narrow(QUIET_HASH, 10, 200)).isEqualTo(new Part(20, 21));
		assertThat(this.index.narrow(BUSY_HASH, 10, 200)).isEqualTo(new Part(30, 61));
	}

	@Test
	void aPartlyScannedRangeIsNotScannedAgain() {
		Look cut = this.index.look(40);
		cut.add(BUSY, 50);
		this.index.looked(cut, 60);
		Look shorter = this.index.look(10);
		this.index.looked(shorter, 20);
		assertThat(this.index.narrow(QUIET_HASH, 40, 200)).isEqualTo(new Part(60, 100));
		assertThat(this.index.narrow(QUIET_HASH, 45, 200)).isEqualTo(new Part(60, 100));
		assertThat(this.index.narrow(QUIET_HASH, 60, 200)).isEqualTo(new Part(60, 100));
		assertThat(this.index.narrow(QUIET_HASH, 39, 200)).isEqualTo(new Part(39, 100));
		assertThat(this.index.narrow(BUSY_HASH, 40, 200)).isEqualTo(new Part(50, 100));
		assertThat(this.index.narrow(BUSY_HASH, 51, 200)).isEqualTo(new Part(60, 100));
		Look more = this.index.look(60);
		more.add(QUIET, 70);
		this.index.looked(more, 80);
		assertThat(this.index.narrow(QUIET_HASH, 40, 200)).isEqualTo(new Part(70, 100));
		assertThat(this.index.narrow(BUSY_HASH, 51, 200)).isEqualTo(new Part(80, 100));
		this.index.looked(this.index.look(80), 100);
		assertThat(this.index.narrow(QUIET_HASH, 40, 200)).as("all is known").isEqualTo(new Part(70, 71));
		assertThat(this.index.narrow(BUSY_HASH, 40, 200)).isEqualTo(new Part(50, 51));
		assertThat(this.index.narrow(BUSY_HASH, 51, 200).isEmpty()).isTrue();
	}

	@Test
	void aRangeNextToTheKnownPartExtendsItWhateverElseWasScanned() {
		this.index.looked(this.index.look(10), 40);
		Look adjoining = this.index.look(60);
		adjoining.add(QUIET, 70);
		this.index.looked(adjoining, 100);
		assertThat(this.index.narrow(BUSY_HASH, 60, 200).isEmpty()).isTrue();
		assertThat(this.index.narrow(QUIET_HASH, 10, 200)).isEqualTo(new Part(40, 71));
		Look between = this.index.look(40);
		between.add(BUSY, 50);
		this.index.looked(between, 60);
		assertThat(this.index.narrow(BUSY_HASH, 10, 200)).isEqualTo(new Part(50, 51));
		assertThat(this.index.narrow(QUIET_HASH, 10, 200)).isEqualTo(new Part(70, 71));
	}

	@Test
	void aForgottenRangeIsScannedAgain() {
		this.index.add(BUSY_HASH, 150);
		this.index.forgetBefore(160);
		assertThat(this.index.narrow(QUIET_HASH, 100, 200)).isEqualTo(new Part(100, 160));
		assertThat(this.index.narrow(QUIET_HASH, 160, 200).isEmpty()).isTrue();
	}

	@Test
	void tooManyChannelsMakeThePartThatIsKnownSmaller() {
		for (int i = 0; i < 4; i++) {
			this.index.add(i, 100 + i);
		}
		assertThat(this.index.narrow(QUIET_HASH, 101, 200).isEmpty()).isTrue();
		assertThat(this.index.narrow(QUIET_HASH, 100, 200)).isEqualTo(new Part(100, 101));
		assertThat(this.index.narrow(0, 100, 200)).as("forgotten").isEqualTo(new Part(100, 101));
		assertThat(this.index.narrow(3, 100, 200)).isEqualTo(new Part(100, 104));
		Look look = this.index.look(40);
		for (int i = 0; i < 4; i++) {
			look.add(("channel:" + i).getBytes(StandardCharsets.UTF_8), 50 + i);
		}
		this.index.looked(look, 101);
		assertThat(this.index.narrow(QUIET_HASH, 40, 200)).isEqualTo(new Part(40, 101));
	}

	@Test
	void aTruncatedPartitionStartsWithAnEmptyIndex() {
		this.index.add(BUSY_HASH, 100);
		this.index.reset(90);
		assertThat(this.index.narrow(BUSY_HASH, 90, 200).isEmpty()).isTrue();
		assertThat(this.index.narrow(BUSY_HASH, 80, 200)).isEqualTo(new Part(80, 90));
	}

}
