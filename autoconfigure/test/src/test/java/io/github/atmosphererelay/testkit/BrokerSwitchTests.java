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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link BrokerSwitch}.
 */
@Timeout(120)
class BrokerSwitchTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static RelayCluster cluster;

	@BeforeAll
	static void start() {
		// A node that starts while the broker is away waits for it that long
		cluster = ChatApplication.cluster().nodes(2).property("atmosphere.relay.start-timeout=500ms").start();
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	@AfterEach
	void bringBack() {
		cluster.broker().bringBack();
	}

	private static Outcome publish(String channel, String text) {
		Receipt receipt = cluster.node(0).broadcaster().broadcast(channel, text).orTimeout(10, TimeUnit.SECONDS).join();
		return receipt.outcome();
	}

	@Test
	void messagesStayOnTheirNodeWhileTheBrokerIsAwayAndFlowAgainAfterwards() {
		RelayClient ada = cluster.node(0).connect("chat/outage");
		RelayClient bob = cluster.node(1).connect("chat/outage");
		assertThat(publish("chat/outage", "before")).isEqualTo(Outcome.RELAYED);
		cluster.broker().takeAway();
		assertThat(cluster.broker().isAway()).isTrue();
		assertThat(publish("chat/outage", "alone")).isEqualTo(Outcome.LOCAL_ONLY);
		ada.expect("before", "alone").expectNothingMore();
		bob.expect("before").expectNothingMore();
		cluster.broker().bringBack();
		assertThat(publish("chat/outage", "together")).isEqualTo(Outcome.RELAYED);
		ada.expect("together").expectNothingMore();
		bob.expect("together").expectNothingMore();
	}

	@Test
	void publishingToARecordedChannelFailsWhileTheBrokerIsAwayAndItsLogGoesOn() {
		RelayClient ada = cluster.node(0).client().positions().connect("log/outage");
		RelayClient bob = cluster.node(1).client().positions().connect("log/outage");
		assertThat(publish("log/outage", "one")).isEqualTo(Outcome.RELAYED);
		bob.expect("one").disconnect();
		assertThat(publish("log/outage", "two")).isEqualTo(Outcome.RELAYED);
		cluster.broker().takeAway();
		assertThat(cluster.node(1).broadcaster().broadcast("log/outage", "refused")).failsWithin(SOON)
			.withThrowableOfType(Exception.class)
			.withCauseInstanceOf(RelayUnavailableException.class);
		assertThatIllegalStateException().isThrownBy(ada::expectNothingMore)
			.withMessageContaining("cannot publish a fence");
		cluster.broker().bringBack();
		assertThat(publish("log/outage", "three")).isEqualTo(Outcome.RELAYED);
		ada.expect("one", "two", "three").expectNothingMore();
		RelayClient back = bob.reconnect();
		assertThat(back.isRecovered()).isTrue();
		back.expect("two", "three").expectNothingMore();
	}

	@Test
	void aClientThatConnectsMeanwhileIsNotConfirmedUnlessItAcceptsThat() {
		RelayClient bob = cluster.node(1).connect("chat/other");
		assertThat(bob.isDegraded()).isFalse();
		cluster.broker().takeAway();
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> cluster.node(0).connect("chat/meanwhile"))
			.withMessageContaining("expected its subscription to be confirmed by the broker");
		RelayClient ada = cluster.node(0).client().acceptDegraded().connect("chat/meanwhile");
		assertThat(ada.isDegraded()).isTrue();
		cluster.broker().bringBack();
		assertThat(cluster.node(1).broadcaster().broadcast("chat/meanwhile", "heard")).succeedsWithin(SOON)
			.extracting(Receipt::outcome)
			.isEqualTo(Outcome.RELAYED);
		ada.expect("heard").expectNothingMore();
	}

	@Test
	void aNodeStartsWhileTheBrokerIsAwayAndJoinsAfterwards() {
		cluster.broker().takeAway();
		RelayClient bob = cluster.node(1).client().acceptDegraded().connect("chat/late");
		try (ApplicationNode late = cluster.startNode()) {
			cluster.broker().bringBack();
			assertThat(late.broadcaster().broadcast("chat/late", "here I am")).succeedsWithin(SOON)
				.extracting(Receipt::outcome)
				.isEqualTo(Outcome.RELAYED);
			bob.expect("here I am").expectNothingMore();
		}
	}

}
