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

package io.github.atmosphererelay.relay.redis.internal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisSubscriptions}.
 */
class RedisSubscriptionsTests {

	private static final Address ROOM = new Address.Channel("room");

	private final RedisSubscriptions subscriptions = new RedisSubscriptions("p:");

	private final byte[] channel = "p:channel:room".getBytes(StandardCharsets.UTF_8);

	@Test
	void eachAddressIsSubscribedOnce() {
		CompletableFuture<@Nullable Void> future = this.subscriptions.subscribe(ROOM);
		assertThat(this.subscriptions.subscribe(ROOM)).isSameAs(future);
		assertTold(List.of("p:channel:room"), List.of());
		assertThat(this.subscriptions.subscribe(ROOM)).isSameAs(future);
		assertTold(List.of(), List.of());
		assertThat(this.subscriptions.isConfirmed(1)).isFalse();
		assertThat(this.subscriptions.confirm(this.channel).future()).isSameAs(future);
		assertThat(this.subscriptions.isConfirmed(1)).isTrue();
		assertThat(this.subscriptions.subscribe(ROOM)).isCompleted();
	}

	@Test
	void aConfirmationOfAnEarlierSubscriptionCompletesNothing() {
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.takeChanges();
		this.subscriptions.unsubscribe(ROOM);
		this.subscriptions.takeChanges();
		CompletableFuture<@Nullable Void> second = this.subscriptions.subscribe(ROOM);
		assertTold(List.of("p:channel:room"), List.of());
		assertThat(this.subscriptions.confirm(this.channel)).isNull();
		assertThat(second).isNotDone();
		assertThat(this.subscriptions.confirm(this.channel).future()).isSameAs(second);
	}

	@Test
	void aConfirmationAfterUnsubscribingCompletesNothing() {
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.takeChanges();
		this.subscriptions.unsubscribe(ROOM);
		assertThat(this.subscriptions.confirm(this.channel)).isNull();
		assertTold(List.of(), List.of("p:channel:room"));
		assertThat(this.subscriptions.confirm(this.channel)).isNull();
	}

	@Test
	void changesThatCancelEachOtherAreNotSent() {
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.unsubscribe(ROOM);
		assertTold(List.of(), List.of());
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.takeChanges();
		this.subscriptions.confirm(this.channel);
		this.subscriptions.unsubscribe(ROOM);
		assertThat(this.subscriptions.subscribe(ROOM)).as("never left").isCompleted();
		assertTold(List.of(), List.of());
	}

	@Test
	void aNewLinkSubscribesAgainAndReportsInterruptions() {
		Address other = new Address.Channel("other");
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.takeChanges();
		this.subscriptions.confirm(this.channel);
		CompletableFuture<@Nullable Void> open = this.subscriptions.subscribe(other);
		this.subscriptions.newLink();
		assertThat(this.subscriptions.subscribe(ROOM)).as("not in force at present").isNotDone();
		this.subscriptions.takeChanges();
		this.subscriptions.newLink();
		assertThat(this.subscriptions.takeChanges().subscribe()).hasSize(2);
		assertThat(this.subscriptions.confirm(this.channel).interrupted()).isTrue();
		RedisSubscriptions.Confirmation confirmation = this.subscriptions
			.confirm("p:channel:other".getBytes(StandardCharsets.UTF_8));
		assertThat(confirmation.interrupted()).isFalse();
		assertThat(confirmation.future()).isSameAs(open);
	}

	@Test
	void addressesThatComeAndGoWithoutALinkDoNotAccumulate() {
		for (int i = 0; i < 100_000; i++) {
			Address address = new Address.Channel("room-" + i);
			this.subscriptions.subscribe(address);
			assertThat(this.subscriptions.unsubscribe(address)).isNotNull();
		}
		assertThat(this.subscriptions).hasFieldOrPropertyWithValue("entries", Map.of())
			.hasFieldOrPropertyWithValue("changed", Set.of());
	}

	@Test
	void aSubscribedAddressIsUnsubscribedAfterAllChanges() {
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.takeChanges();
		this.subscriptions.unsubscribe(ROOM);
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.unsubscribe(ROOM);
		assertTold(List.of(), List.of("p:channel:room"));
		this.subscriptions.subscribe(ROOM);
		this.subscriptions.unsubscribe(ROOM);
		assertThat(this.subscriptions.confirm(this.channel)).isNull();
		assertTold(List.of(), List.of());
		assertThat(this.subscriptions).hasFieldOrPropertyWithValue("entries", Map.of());
	}

	private void assertTold(List<String> subscribe, List<String> unsubscribe) {
		RedisSubscriptions.Changes changes = this.subscriptions.takeChanges();
		assertThat(changes.subscribe()).map((bytes) -> new String(bytes, StandardCharsets.UTF_8)).isEqualTo(subscribe);
		assertThat(changes.unsubscribe()).map((bytes) -> new String(bytes, StandardCharsets.UTF_8))
			.isEqualTo(unsubscribe);
	}

}
