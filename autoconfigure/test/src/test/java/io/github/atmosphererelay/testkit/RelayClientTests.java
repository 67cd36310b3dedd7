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

import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RelayClient}: what it accepts, and what it says when something is not
 * as expected.
 */
@Timeout(120)
class RelayClientTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static RelayCluster cluster;

	@BeforeAll
	static void start() {
		cluster = ChatApplication.cluster().nodes(2).start();
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	private static RelayClient impatient(String channel) {
		return cluster.node(1).client().timeout(Duration.ofMillis(200)).connect(channel);
	}

	private static void publish(int node, String channel, String... texts) {
		CompletableFuture<?>[] receipts = new CompletableFuture<?>[texts.length];
		for (int i = 0; i < texts.length; i++) {
			receipts[i] = cluster.node(node).broadcaster().broadcast(channel, texts[i]);
		}
		assertThat(CompletableFuture.allOf(receipts)).succeedsWithin(SOON);
	}

	@Test
	void anotherMessageThanTheExpectedOneIsShownAmongAllThatCame() {
		RelayClient bob = cluster.node(1).connect("chat/another");
		publish(0, "chat/another", "one", "three", "two");
		bob.expect("one");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> bob.expect("two", "three"))
			.withMessageStartingWith("The client in 'chat/another' at node-1 expected message 2 to be \"two\","
					+ " but it was \"three\".\nIt has received ")
			.withMessageContaining(" messages:\n    1: \"one\"\n  > 2: \"three\"");
	}

	@Test
	void aMessageThatDoesNotComeIsNamedWithWhatCameInstead() {
		RelayClient bob = impatient("chat/missing");
		publish(0, "chat/missing", "one");
		bob.expect("one");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> bob.expect("two")).withMessage("""
				The client in 'chat/missing' at node-1 expected message 2 to be "two", but nothing came within 200 ms.
				It has received 1 message:
				    1: "one\"""");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> bob.expectCount(3))
			.withMessageContaining("expected 3 messages more, but nothing came within 200 ms after 0 of them");
	}

	@Test
	void messagesOfSeveralNodesAreExpectedInAnyOrder() {
		RelayClient bob = cluster.node(1).connect("chat/any");
		publish(0, "chat/any", "a", "b");
		publish(1, "chat/any", "c", "a");
		bob.expectInAnyOrder("c", "a", "b", "a").expectNothingMore();
		publish(0, "chat/any", "d");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> bob.expectInAnyOrder("a", "b"))
			.withMessageContaining("expected message 5 to be one of \"a\", \"b\", but it was \"d\".")
			.withMessageContaining("  > 5: \"d\"");
	}

	@Test
	void whatIsStillOnItsWayCountsAsMore() {
		RelayClient bob = cluster.node(1).connect("chat/more");
		String[] texts = new String[100];
		for (int i = 0; i < texts.length; i++) {
			texts[i] = "text " + i;
		}
		publish(0, "chat/more", texts);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(bob::expectNothingMore)
			.withMessageContaining("expected nothing after message 0, but 100 messages came.")
			.withMessageContaining("\n  > 1: \"text 0\"\n")
			.withMessageEndingWith("    ... 90 after");
		bob.expect(texts).expectNothingMore();
		assertThat(bob.received()).hasSize(100).startsWith(Payload.text("text 0"));
	}

	@Test
	void nothingMoreWaitsForMessagesOfAnotherNodeThatAreHeldUp() throws Exception {
		try (RelayCluster slow = ChatApplication.cluster(HeldUpDeliveries.class).nodes(2).start()) {
			CountDownLatch ready = new CountDownLatch(1);
			CountDownLatch fenced = slow.node(1).bean(HeldUpDeliveries.class).hold();
			RelayClient bob = slow.node(1).connect("chat/slow");
			WebSocket witness = Handshake.open(slow.node(1), "chat/slow",
					new ClientSettings(List.of(), Map.of(), List.of(), false, SOON), Map.of("ack", "true"),
					Deadline.in(SOON), new FenceListener(ready, fenced));
			await(ready);
			Broadcaster other = slow.node(0).broadcaster();
			other.broadcast("chat/slow", "held up", PublishOptions.DEFAULTS.header(DeliveryListener.COUNTED, ""))
				.join();
			for (int i = 1; i < 1000; i++) {
				other.broadcast("chat/slow", "text " + i).join();
			}
			// The fence of the client's own node comes at once, the other one last
			assertThatExceptionOfType(AssertionError.class).isThrownBy(bob::expectNothingMore)
				.withMessageContaining("but 1000 messages came.");
			witness.abort();
		}
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void aChannelOfOneNodeIsFencedThere() {
		RelayClient ada = cluster.node(0).connect("node/fenced");
		RelayClient bob = cluster.node(1).connect("node/fenced");
		publish(0, "node/fenced", "here");
		ada.expect("here").expectNothingMore();
		bob.expectNothingMore();
	}

	@Test
	void fencesAreNoMessagesOfOtherClientsAndNotRecovered() {
		RelayClient ada = cluster.node(0).client().positions().connect("log/fences");
		publish(0, "log/fences", "one");
		ada.expect("one").disconnect();
		cluster.node(1).connect("log/fences").expectNothingMore();
		publish(1, "log/fences", "two");
		RelayClient back = ada.reconnect(cluster.node(1));
		assertThat(back.isRecovered()).isTrue();
		back.expect("two").expectNothingMore();
	}

	@Test
	void aClientWithPositionsGetsWhatItHasMissedAtWhicheverNode() {
		RelayClient bob = cluster.node(1).client().positions().connect("log/missed");
		assertThat(bob.position()).isNotNull();
		publish(0, "log/missed", "one \"quoted\" \n");
		bob.expect("one \"quoted\" \n");
		bob.disconnect();
		publish(0, "log/missed", "two", "three");
		assertThat(cluster.node(1).broadcaster().broadcast("log/missed", new byte[] { 1, 2 })).succeedsWithin(SOON);
		RelayClient back = bob.reconnect(cluster.node(0));
		assertThat(back.isRecovered()).isTrue();
		back.expect("two", "three").expectBinary(new byte[] { 1, 2 });
		publish(1, "log/missed", "four");
		back.expect("four").expectNothingMore();
	}

	@Test
	void aClientWithoutPositionsMissesWhatCameMeanwhile() {
		RelayClient bob = cluster.node(1).connect("chat/plain");
		bob.disconnect();
		publish(0, "chat/plain", "one");
		RelayClient back = bob.reconnect();
		assertThat(back.isRecovered()).isFalse();
		assertThat(back.position()).isNull();
		back.expectNothingMore();
		assertThatIllegalStateException().isThrownBy(() -> bob.send("x"))
			.withMessageContaining("ended with 1006 (the test has disconnected the client)");
	}

	@Test
	void aRefusedHandshakeTellsStatusAndReason() {
		assertThatExceptionOfType(ClientRefusedException.class)
			.isThrownBy(() -> cluster.node(0).connect("unknown/channel"))
			.withMessageStartingWith("A client for 'unknown/channel' at node-0 was refused with status 404: ")
			.satisfies((refused) -> {
				assertThat(refused.status()).isEqualTo(404);
				assertThat(refused.reason()).isNotEmpty();
			});
	}

	@Test
	void errorsThatTheNodeAnswersAreMessages() {
		RelayClient ada = cluster.node(0).connect("log/errors");
		RelayClient bob = cluster.node(1).connect("log/errors");
		ada.send("clients do not publish here");
		ada.expect("{\"type\":\"error\",\"code\":103,\"reason\":\"this channel takes no messages from clients\"}");
		bob.expectNothingMore();
	}

	@Test
	void theSessionsIdReachesTheClientFromEveryNode() {
		RelayClient bob = cluster.node(1).connect("chat/session");
		assertThat(cluster.node(0).broadcaster().toSession(bob.sessionId(), "for you")).succeedsWithin(SOON);
		bob.expect("for you");
	}

	@Test
	void headersAndParametersOfTheHandshakeAreTheTests() {
		assertThatExceptionOfType(ClientRefusedException.class).isThrownBy(
				() -> cluster.node(0).client().header("Origin", "https://elsewhere.example.org").connect("chat/header"))
			.satisfies((refused) -> assertThat(refused.status()).isEqualTo(403));
		assertThatExceptionOfType(ClientRefusedException.class)
			.isThrownBy(() -> cluster.node(0).client().parameter("since", "no position").connect("log/parameter"))
			.satisfies((refused) -> assertThat(refused.status()).isEqualTo(400));
	}

	@Test
	void aConnectionThatStaysOpenIsNotClosed() {
		RelayClient bob = impatient("chat/open");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(bob::expectClosed)
			.withMessageContaining("expected its connection to end, but it is open after 200 ms");
		bob.close();
		assertThat(bob.expectClosed().code()).isEqualTo(1000);
	}

	@Test
	void longMessagesAreCutInWhatIsShown() {
		assertThat(Description.of(Payload.text("x".repeat(300))))
			.isEqualTo("\"" + "x".repeat(200) + "...\" (300 characters)");
		assertThat(Description.of(Payload.binary(new byte[40])))
			.isEqualTo("binary of 40 bytes (" + "00".repeat(32) + "...)");
	}

	/**
	 * Tells when its subscription stands and when a fence has come.
	 */
	private record FenceListener(CountDownLatch ready, CountDownLatch fenced) implements WebSocket.Listener {

		@Override
		public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.ready.countDown();
			if (data.toString().startsWith("{\"type\":\"fence\"")) {
				this.fenced.countDown();
			}
			socket.request(1);
			return null;
		}

	}

	/**
	 * Holds the deliveries of a node up that are counted.
	 */
	static final class HeldUpDeliveries implements DeliveryListener {

		private volatile CountDownLatch until = new CountDownLatch(0);

		/**
		 * Hold up what comes from now on.
		 * @return to be counted down to let it go on
		 */
		CountDownLatch hold() {
			this.until = new CountDownLatch(1);
			return this.until;
		}

		@Override
		public void delivered(UUID message, int sessions) {
			await(this.until);
		}

	}

}
