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

import java.util.Arrays;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.relay.Outcome;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OutgoingStream}.
 */
class OutgoingStreamTests {

	private final HttpRelayStatistics statistics = new HttpRelayStatistics();

	private final OutgoingStream stream = new OutgoingStream(1, 3, 100, this.statistics);

	@Test
	void keepsWhatIsNotAcknowledgedAndSendsItAgain() {
		add(10, 20, 30);
		assertThat(this.stream.batch(1000)).satisfies((batch) -> {
			assertThat(batch.first()).isEqualTo(1);
			assertThat(batch.envelopes()).hasSize(3);
			assertThat(batch.last()).isEqualTo(3);
		});
		assertThat(this.stream.acknowledged(2)).hasSize(2);
		assertThat(this.stream.batch(1000).first()).isEqualTo(3);
		assertThat(this.stream.acknowledged(3)).hasSize(1);
		assertThat(this.stream.batch(1000)).satisfies((batch) -> {
			assertThat(batch.first()).isEqualTo(4);
			assertThat(batch.envelopes()).isEmpty();
		});
	}

	@Test
	void aBatchEndsBeforeItsLimitUnlessOneEnvelopeExceedsIt() {
		add(60, 30);
		assertThat(this.stream.batch(50).envelopes()).hasSize(1);
		assertThat(this.stream.batch(98).envelopes()).hasSize(2);
	}

	@Test
	void anAnswerThatClaimsMoreThanWasSentIsNotBelieved() {
		add(1, 1);
		this.stream.batch(5);
		assertThat(this.stream.acknowledged(2)).isEmpty();
		assertThat(this.stream.acknowledged(1)).hasSize(1);
	}

	@Test
	void anOverflowDropsEverythingAndThePeerSeesTheHole() {
		PendingReceipt waiting = add(1, 1, 1).get(0);
		assertThat(this.stream.reserve(1)).isFalse();
		List<PendingReceipt> vain = this.stream.keep(new byte[1], true);
		assertThat(vain).hasSize(3).contains(waiting);
		this.stream.keep(new byte[1], true);
		assertThat(this.statistics.missed()).as("it may never come back").isZero();
		this.stream.resume();
		this.stream.resume();
		assertThat(this.statistics.missed()).isEqualTo(5);
		add(1);
		assertThat(this.stream.batch(1000)).satisfies((batch) -> {
			assertThat(batch.first()).isEqualTo(6);
			assertThat(batch.envelopes()).hasSize(1);
		});
	}

	@Test
	void whatWasKeptForAPeerThatDoesNotComeBackIsAbandonedAndNotMissed() {
		add(1, 1, 1);
		this.stream.keep(new byte[1], true);
		this.stream.close();
		this.stream.keep(new byte[1], true);
		assertThat(this.statistics.abandoned()).isEqualTo(5);
		assertThat(this.statistics.missed()).isZero();
	}

	@Test
	void aPeerSeesAHoleIfSomethingWasPublishedBeforeItsStream() {
		this.stream.begin(7);
		assertThat(this.stream.emptyBatch().first()).isEqualTo(2);
		add(1);
		assertThat(this.stream.batch(1000).first()).isEqualTo(2);
		assertThat(this.stream.acknowledged(2)).hasSize(1);
		assertThat(this.stream.takeEarlier()).isEqualTo(7);
		assertThat(this.stream.takeEarlier()).as("once").isZero();
	}

	@Test
	void aPlaceIsReservedOnceAndNothingIsDroppedForAReceiptThatFindsNone() {
		add(1, 1);
		assertThat(this.stream.reserve(1)).isTrue();
		assertThat(this.stream.reserve(1)).as("by another publisher").isFalse();
		this.stream.cancel(1);
		assertThat(this.stream.reserve(1)).isTrue();
		assertThat(this.stream.add(new byte[1], new PendingReceipt(UUID.randomUUID(), 0), true, true)).isTrue();
		assertThat(this.stream.size()).isEqualTo(3);
		assertThat(this.statistics.missed()).isZero();
	}

	@Test
	void aStreamThatWasGivenUpGoesOnWhenAReceiptWaitsForThePeerAgain() {
		add(1, 1, 1);
		this.stream.keep(new byte[1], true);
		add(1);
		assertThat(this.stream.batch(1000)).satisfies((batch) -> {
			assertThat(batch.first()).isEqualTo(5);
			assertThat(batch.envelopes()).hasSize(1);
		});
		this.stream.close();
		assertThat(this.stream.add(new byte[1], new PendingReceipt(UUID.randomUUID(), 0), true, false)).isFalse();
	}

	@Test
	void onlyTheEnvelopeThatWasRefusedIsDropped() {
		add(1, 1);
		assertThat(this.stream.drop(2)).isNull();
		assertThat(this.stream.drop(1)).isNotNull();
		assertThat(this.stream.emptyBatch()).satisfies((batch) -> {
			assertThat(batch.first()).isEqualTo(2);
			assertThat(batch.envelopes()).isEmpty();
		});
	}

	@Test
	void bytesAreALimitToo() {
		add(60);
		assertThat(this.stream.reserve(40)).isTrue();
		assertThat(this.stream.reserve(1)).isFalse();
		this.stream.cancel(40);
		assertThat(this.stream.reserve(41)).isFalse();
		this.stream.batch(1000);
		this.stream.acknowledged(1);
		assertThat(this.stream.reserve(1000)).as("one by itself").isTrue();
	}

	@Test
	void aReceiptIsCompleteWhenAllPeersHaveAnswered() {
		PendingReceipt receipt = new PendingReceipt(UUID.randomUUID(), 0);
		receipt.await();
		receipt.await();
		receipt.done();
		receipt.done();
		assertThat(receipt.isDone()).isFalse();
		receipt.done();
		assertThat(receipt.future().join().outcome()).isEqualTo(Outcome.RELAYED);
	}

	@Test
	void aReceiptIsUnconfirmedIfOnePeerMayNotHaveReceivedTheEnvelope() {
		PendingReceipt receipt = new PendingReceipt(UUID.randomUUID(), 0);
		receipt.await();
		receipt.done();
		receipt.doubtful();
		assertThat(receipt.future().join().outcome()).isEqualTo(Outcome.UNCONFIRMED);
	}

	private List<PendingReceipt> add(int... sizes) {
		return Arrays.stream(sizes).mapToObj((size) -> {
			PendingReceipt receipt = new PendingReceipt(UUID.randomUUID(), 0);
			assertThat(this.stream.reserve(size)).isTrue();
			assertThat(this.stream.add(new byte[size], receipt, true, true)).isTrue();
			return receipt;
		}).toList();
	}

}
