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

import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Address;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OwnInterest}, {@link InterestSender} and {@link PeerInterest}: what a
 * node follows, and what a peer learns of it.
 */
class InterestTests {

	private final OwnInterest own = new OwnInterest();

	private final InterestSender sender = new InterestSender(this.own);

	private final PeerInterest peer = new PeerInterest(HttpRelaySettings.DEFAULT_MAX_INTEREST);

	@Test
	void aPeerThatKnowsNothingIsSentEverythingAndThenChanges() {
		assertThat(this.peer.mayFollow("channel:any")).isTrue();
		follow(0, 10);
		assertThat(this.sender.next()).isInstanceOf(InterestUpdate.Part.class);
		synchronise();
		assertThat(this.peer.mayFollow("channel:9")).isTrue();
		assertThat(this.peer.mayFollow("channel:any")).isFalse();
		follow(10, 12);
		this.own.unsubscribe(new Address.Channel("3"));
		assertThat(this.sender.next())
			.isEqualTo(new InterestUpdate.Delta(10, List.of(new InterestUpdate.Change(true, "channel:10"),
					new InterestUpdate.Change(true, "channel:11"), new InterestUpdate.Change(false, "channel:3"))));
		synchronise();
		assertThat(this.peer.mayFollow("channel:11")).isTrue();
		assertThat(this.peer.mayFollow("channel:3")).isFalse();
		assertThat(this.peer.version()).isEqualTo(13);
	}

	@Test
	void manyAddressesComeInPartsAndChangesMeanwhileAreNotLost() {
		follow(0, 60_000);
		this.peer.apply(this.sender.next());
		this.sender.answered(answer());
		assertThat(this.peer.version()).isEqualTo(-1);
		assertThat(this.peer.mayFollow("channel:any")).as("until everything is known").isTrue();
		this.own.unsubscribe(new Address.Channel("0"));
		follow(60_000, 60_001);
		int requests = synchronise();
		assertThat(requests).isBetween(3, 10);
		assertThat(this.peer.mayFollow("channel:0")).isFalse();
		assertThat(IntStream.rangeClosed(1, 60_000)).allMatch((i) -> this.peer.mayFollow("channel:" + i));
		assertThat(this.peer.mayFollow("channel:any")).isFalse();
	}

	@Test
	void whatComesTwiceOrLateChangesNothing() {
		follow(0, 3);
		InterestUpdate all = this.sender.next();
		synchronise();
		follow(3, 4);
		InterestUpdate change = this.sender.next();
		synchronise();
		this.own.unsubscribe(new Address.Channel("3"));
		synchronise();
		this.peer.apply(change);
		this.peer.apply(all);
		assertThat(this.peer.mayFollow("channel:3")).isFalse();
		assertThat(this.peer.version()).isEqualTo(5);
	}

	@Test
	void aPeerThatHasForgottenLearnsEverythingAgain() {
		follow(0, 5);
		synchronise();
		PeerInterest another = new PeerInterest(HttpRelaySettings.DEFAULT_MAX_INTEREST);
		this.sender.answered(new Answer(UUID.randomUUID(), 1, 0, -1, -1, 0, 0, 0));
		assertThat(this.sender.next()).isInstanceOf(InterestUpdate.Part.class);
		another.apply(this.sender.next());
		assertThat(another.version()).isEqualTo(5);
	}

	@Test
	void manyChangesAreSentAsAWhole() {
		follow(0, 5);
		synchronise();
		for (int i = 0; i < 15_000; i++) {
			this.own.subscribe(new Address.Channel("busy"));
			this.own.unsubscribe(new Address.Channel("busy"));
		}
		assertThat(this.sender.next()).isInstanceOf(InterestUpdate.Part.class);
		synchronise();
		assertThat(this.peer.mayFollow("channel:busy")).isFalse();
		assertThat(this.peer.mayFollow("channel:4")).isTrue();
	}

	@Test
	void aPeerThatFollowsTooMuchFollowsEverything() {
		int size = HttpRelaySettings.DEFAULT_MAX_INTEREST / 4;
		for (int index = 0; index < 4; index++) {
			int from = index * size;
			this.peer.apply(new InterestUpdate.Part(1, index, index == 3,
					IntStream.range(from, from + size).mapToObj(Integer::toString).toList()));
		}
		assertThat(this.peer.version()).isEqualTo(1);
		assertThat(this.peer.mayFollow("channel:any")).isTrue();
	}

	@Test
	void anUnsubscribedAddressLeavesNothingThatWaits() {
		var future = this.own.subscribe(new Address.Channel("a"));
		assertThat(this.own.unsubscribe(new Address.Channel("a"))).isSameAs(future);
		future.cancel(false);
		this.own.confirm((waiting) -> false);
		assertThat(this.own.waiting()).isZero();
	}

	@Test
	void anUnsubscribedAddressLeavesNothingBehindOneThatStaysOpen() {
		this.own.subscribe(new Address.Channel("open"));
		for (int i = 0; i < 1000; i++) {
			this.own.subscribe(new Address.Channel("busy"));
			this.own.unsubscribe(new Address.Channel("busy"));
			this.own.confirm((waiting) -> false);
		}
		assertThat(this.own.waiting()).isEqualTo(1);
	}

	private void follow(int from, int to) {
		IntStream.range(from, to).forEach((i) -> this.own.subscribe(new Address.Channel(Integer.toString(i))));
	}

	private int synchronise() {
		int requests = 0;
		while (this.sender.isDue()) {
			this.peer.apply(this.sender.next());
			this.sender.answered(answer());
			requests++;
			assertThat(requests).isLessThan(100);
		}
		return requests;
	}

	private Answer answer() {
		return new Answer(UUID.randomUUID(), 1, 0, this.peer.version(), this.peer.partialVersion(),
				this.peer.nextPart(), 0, 0);
	}

}
