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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.LogStatistics;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.node.internal.NodeFixture;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.ScriptedLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.spy;

/**
 * Tests for {@link LogFollower} and its cursor, with a log that answers when the test
 * says so: what sessions get when the epoch changes, whatever the order of events.
 */
class LogFollowerTests {

	private static final String CHANNEL = "log/a";

	private static final long REVIEW_NANOS = Duration.ofSeconds(6).toNanos();

	private static final long QUIET_NANOS = Duration.ofHours(1).toNanos();

	private final NodeFixture fixture = new NodeFixture(new FakeRelay()).start();

	private final ScriptedLog log = new ScriptedLog(CHANNEL);

	private final LogStatistics statistics = new LogStatistics();

	private final List<DeliveryListener> deliveryListeners = new ArrayList<>();

	private final LocalDelivery delivery = spy(
			new LocalDelivery(this.fixture.registry, this.fixture.node.writers(), NodeFixture.catalog(),
					NodeFixture.QUEUE, new ChannelTaps(new Guards().of(Part.LISTENERS)), () -> this.deliveryListeners));

	private final Guard guard = new Guards().of(Part.LOG_FOLLOWERS);

	private final LogFollower follower = new LogFollower(CHANNEL, this.log, this.delivery, this.statistics, this.guard);

	private final FakeTransport plain = new FakeTransport();

	private final LocalSession plainSession = join(this.plain);

	private final List<String> lost = new ArrayList<>();

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	private LocalSession join(FakeTransport transport) {
		LocalSession session = open(transport);
		this.fixture.registry.add(new Subscription(session, CHANNEL), 1);
		return session;
	}

	private LocalSession open(FakeTransport transport) {
		LocalSession session = this.fixture.open(null, transport);
		this.fixture.registry.add(session);
		return session;
	}

	private void begin(String position) {
		this.follower.suspect();
		this.log.<Position>expect("position").complete(ScriptedLog.at(position));
	}

	private void arrive(String... positions) {
		for (String position : positions) {
			this.follower.arrive(this.log.envelope(position), ScriptedLog.at(position));
		}
	}

	/**
	 * Have the next publication fail before any session has it.
	 */
	private void failNextDelivery() {
		willThrow(new OutOfMemoryError("injected")).willCallRealMethod()
			.given(this.delivery)
			.deliver(any(Publication.class), any());
	}

	private CompletableFuture<LogPage> page(String question) {
		return this.log.expect(question);
	}

	private void resume(String question, String position, boolean complete) {
		this.log.<LogContinuation>expect(question).complete(new LogContinuation(ScriptedLog.at(position), complete));
	}

	private void awaitPlain(String... messages) {
		await().untilAsserted(() -> assertThat(this.plain.events()).containsExactly(messages));
	}

	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void aSessionWithoutPositionsGetsWhatWasConfirmedInTheNewEpochBeforeTheNodeHeardOfIt() {
		begin("A2");
		arrive("A3");
		// Others have published B4 to B6 before this node had subscribed again
		arrive("B7");
		page("read A3").complete(ScriptedLog.incomplete("B7"));
		resume("resume A3 reached 3", "B3", true);
		arrive("B8");
		page("read B3").complete(this.log.page("B8", "B4", "B5", "B6", "B7", "B8"));
		arrive("B9");
		awaitPlain("A3", "B4", "B5", "B6", "B7", "B8", "B9");
		assertThat(this.plainSession.isOpen()).isTrue();
		assertThat(this.statistics.resets()).isOne();
		assertThat(this.statistics.missedSubscriptions()).isZero();
		this.log.expectNothing();
	}

	@Test
	void theRestOfTheFormerEpochComesFromTheLogToo() {
		begin("A2");
		this.follower.suspect();
		page("read A2").complete(ScriptedLog.incomplete("B6"));
		resume("resume A2 reached 2", "B2", true);
		// 3 and 4 were appended in A
		page("read B2").complete(this.log.page("B6", "B3", "B4", "B5", "B6"));
		awaitPlain("B3", "B4", "B5", "B6");
	}

	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void aNodeThatIsAheadOfTheLogGoesOnWhereTheNewEpochBegan() {
		begin("A2");
		arrive("A3", "A4", "A5");
		// The replica had the messages up to 3, and numbers go on from there
		arrive("B4");
		page("read A5").complete(ScriptedLog.incomplete("B4"));
		resume("resume A5 reached 5", "B3", true);
		page("read B3").complete(this.log.page("B4", "B4"));
		arrive("B5", "B6");
		awaitPlain("A3", "A4", "A5", "B4", "B5", "B6");
		assertThat(this.plainSession.isOpen()).isTrue();
	}

	@Test
	@Covers({ KnownFault.BROKER_FAILS_OVER, KnownFault.LOG_BEGINS_ANOTHER_LIFE })
	void aSessionThatCannotHaveEverythingIsClosedBeforeAnythingThatFollows() {
		begin("A2");
		arrive("A3", "B9");
		page("read A3").complete(ScriptedLog.incomplete("B9"));
		resume("resume A3 reached 3", "B8", false);
		arrive("B10");
		// A later subscriber does not get what is in the log by then
		page("read B8").complete(this.log.page("B10", "B9", "B10"));
		awaitPlain("A3", "close 1013");
		assertThat(this.plain.closed()).isEqualTo(CloseReason.MESSAGES_MISSED);
		assertThat(this.statistics.missedSubscriptions()).isOne();
		// Whoever comes now gets what is live
		FakeTransport next = new FakeTransport();
		join(next);
		arrive("B11");
		await().untilAsserted(() -> assertThat(next.events()).containsExactly("B11"));
		this.log.expectNothing();
	}

	@Test
	@Covers(KnownFault.TRIMMED_BELOW_THE_CLIENTS_POSITION)
	void aSessionIsClosedWhenTheLogNoLongerHasWhatTheNodeHasMissed() {
		begin("A2");
		arrive("A900");
		page("read A2").complete(ScriptedLog.incomplete("A900"));
		resume("resume A2 reached 900", "A900", false);
		awaitPlain("close 1013");
		assertThat(this.statistics.missedSubscriptions()).isOne();
	}

	@Test
	void aMessageThatTheNodeKnowsOfAndHasNotDeliveredIsReported() {
		begin("A2");
		arrive("A5", "A6");
		CompletableFuture<LogPage> page = page("read A2");
		arrive("A7");
		page.complete(ScriptedLog.incomplete("B4"));
		resume("resume A2 reached 7", "B2", false);
		awaitPlain("close 1013");
	}

	@Test
	void aMessageOfAnEpochThatHasEndedComesLateAndChangesNothing() {
		begin("A2");
		this.follower.suspect();
		CompletableFuture<LogPage> page = page("read A2");
		arrive("A3", "B4", "A5");
		page.complete(ScriptedLog.incomplete("B4"));
		resume("resume A2 reached 5", "B2", true);
		page("read B2").complete(this.log.page("B4", "B3", "B4"));
		arrive("A6");
		page("read B4").complete(this.log.page("B4"));
		arrive("B5");
		awaitPlain("B3", "B4", "B5");
		assertThat(this.statistics.resets()).isOne();
		this.log.expectNothing();
	}

	@Test
	void twoChangesInQuickSuccessionLoseNothing() {
		begin("A2");
		arrive("A3", "B5");
		page("read A3").complete(ScriptedLog.incomplete("B5"));
		CompletableFuture<LogContinuation> continuation = this.log.expect("resume A3 reached 3");
		arrive("C7");
		continuation.complete(new LogContinuation(ScriptedLog.at("B3"), true));
		page("read B3").complete(ScriptedLog.incomplete("C7"));
		resume("resume B3 reached 5", "C3", true);
		page("read C3").complete(this.log.page("C7", "C4", "C5", "C6", "C7"));
		arrive("C8");
		awaitPlain("A3", "C4", "C5", "C6", "C7", "C8");
		assertThat(this.plainSession.isOpen()).isTrue();
	}

	@Test
	void aNewEpochThatBeginsWhileTheLastPageIsReadIsFollowedToo() {
		begin("A2");
		this.follower.suspect();
		CompletableFuture<LogPage> page = page("read A2");
		arrive("B4");
		page.complete(this.log.page("A3", "A3"));
		// It may be a late message of an older epoch, or the first of a newer one
		page("read A3").complete(ScriptedLog.incomplete("B4"));
		resume("resume A3 reached 3", "B3", true);
		page("read B3").complete(this.log.page("B4", "B4"));
		awaitPlain("A3", "B4");
	}

	@Test
	void aQuestionThatIsNotAnsweredIsAskedAgain() {
		begin("A2");
		arrive("B4");
		page("read A2").complete(ScriptedLog.incomplete("B4"));
		this.log.expect("resume A2 reached 2").completeExceptionally(new IllegalStateException());
		this.log.expectNothing();
		assertThat(this.follower.tick(System.nanoTime(), QUIET_NANOS)).isTrue();
		resume("resume A2 reached 2", "B2", true);
		page("read B2").completeExceptionally(new IllegalStateException());
		assertThat(this.follower.tick(System.nanoTime(), QUIET_NANOS)).isTrue();
		page("read B2").complete(this.log.page("B4", "B3", "B4"));
		awaitPlain("B3", "B4");
	}

	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void whatAnotherNodeReportsAfterwardsClosesASessionThatHasNotHadIt() {
		begin("A2");
		arrive("B4");
		page("read A2").complete(ScriptedLog.incomplete("B4"));
		resume("resume A2 reached 2", "B2", true);
		page("read B2").complete(this.log.page("B4", "B3", "B4"));
		awaitPlain("B3", "B4");
		assertThat(this.follower.tick(System.nanoTime(), QUIET_NANOS)).isFalse();
		assertThat(this.follower.tick(System.nanoTime() + REVIEW_NANOS, QUIET_NANOS)).isTrue();
		resume("resume A2 reached 2", "B2", true);
		assertThat(this.plainSession.isOpen()).isTrue();
		assertThat(this.follower.tick(System.nanoTime() + 2 * REVIEW_NANOS, QUIET_NANOS)).isTrue();
		resume("resume A2 reached 2", "B2", false);
		awaitPlain("B3", "B4", "close 1013");
		assertThat(this.follower.tick(System.nanoTime() + 3 * REVIEW_NANOS, QUIET_NANOS)).isFalse();
	}

	/**
	 * A Redis that restarts again and again: after nine epochs it no longer knows the
	 * first one, of which the node had delivered everything.
	 */
	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void anEpochThatTheRelayKnowsNoMoreClosesNobodyWhoMissedNothing() {
		begin("A2");
		arrive("B4");
		page("read A2").complete(ScriptedLog.incomplete("B4"));
		resume("resume A2 reached 2", "B2", true);
		page("read B2").complete(this.log.page("B4", "B3", "B4"));
		arrive("C5");
		page("read B4").complete(ScriptedLog.incomplete("C5"));
		resume("resume B4 reached 4", "C4", true);
		page("read C4").complete(this.log.page("C5", "C5"));
		awaitPlain("B3", "B4", "C5");
		assertThat(this.follower.tick(System.nanoTime() + REVIEW_NANOS, QUIET_NANOS)).isTrue();
		this.log.<LogContinuation>expect("resume A2 reached 2")
			.complete(new LogContinuation(ScriptedLog.at("C5"), false, false));
		assertThat(this.plainSession.isOpen()).isTrue();
		// What is known of the next one still counts
		assertThat(this.follower.tick(System.nanoTime() + 2 * REVIEW_NANOS, QUIET_NANOS)).isTrue();
		resume("resume B4 reached 4", "C4", false);
		awaitPlain("B3", "B4", "C5", "close 1013");
	}

	/**
	 * The log's page was made at B3, and the node has gone on to B5 without delivering
	 * what is before it. Told of a recovery, the session would be at 5 and have neither 4
	 * nor 5.
	 */
	@Test
	void aRecoveryIsNotToldIfTheEpochChangedWhileItsPageWasRead() {
		begin("A3");
		Client client = new Client("B3");
		LogPage page = this.log.page("B3");
		arrive("B6");
		page("read A3").complete(ScriptedLog.incomplete("B6"));
		resume("resume A3 reached 3", "B5", false);
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> client.goLive(page))
			.satisfies((ex) -> assertThat(ex.code().isTemporary()).isTrue());
		assertThat(client.transport.events()).isEmpty();
	}

	@Test
	void aRecoveryIsToldWithAllThatFollowsOnThePageAlsoIfTheEpochChangedMeanwhile() {
		begin("A3");
		Client client = new Client("B3");
		LogPage page = this.log.page("B3");
		arrive("B6");
		page("read A3").complete(ScriptedLog.incomplete("B6"));
		resume("resume A3 reached 3", "B3", true);
		page("read B3").complete(this.log.page("B6", "B4", "B5", "B6"));
		assertThat(client.goLive(page).isRecovered()).isTrue();
		arrive("B7");
		client.await("subscribed recovered at B6", "B4", "B5", "B6", "B7");
	}

	/**
	 * In whatever order the node's own change of the epoch and the session's page come.
	 */
	@Test
	void aPageOfAnotherEpochThanTheNodesIsRefused() {
		begin("A3");
		Client client = new Client("B3");
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> client.goLive(this.log.page("B3")));
		Client former = new Client("A1");
		LogPage page = this.log.page("A3", "A2", "A3");
		arrive("B4");
		page("read A3").complete(ScriptedLog.incomplete("B4"));
		resume("resume A3 reached 3", "B3", true);
		page("read B3").complete(this.log.page("B4", "B4"));
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> former.goLive(page));
	}

	@Test
	void aSubscriptionThatBeganBeforeTheNodeKnewItsPlaceHoldsFromThere() {
		this.follower.suspect();
		Client client = new Client("A1");
		LogPage early = this.log.page("A3", "A2", "A3");
		this.log.<Position>expect("position").complete(ScriptedLog.at("A5"));
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> client.goLive(early));
		Client again = new Client("A1");
		arrive("A6");
		assertThat(again.goLive(this.log.page("A5", "A2", "A3", "A4", "A5")).isRecovered()).isTrue();
		again.await("subscribed recovered at A6", "A2", "A3", "A4", "A5", "A6");
	}

	@Test
	void aLiveSubscriptionEndsAtAChangeOfTheEpochAndTheSessionStays() {
		begin("A2");
		Client client = new Client(null);
		client.goLive(null);
		arrive("A3", "B5");
		page("read A3").complete(ScriptedLog.incomplete("B5"));
		resume("resume A3 reached 3", "B3", true);
		page("read B3").complete(this.log.page("B5", "B4", "B5"));
		client.await("subscribed fresh at A2", "A3");
		assertThat(this.lost).hasSize(1);
		assertThat(client.session.isOpen()).isTrue();
		assertThat(this.statistics.missedSubscriptions()).isOne();
		awaitPlain("A3", "B4", "B5");
	}

	@Test
	void anExceptedSessionDoesNotGetTheMessageFromTheLogEither() {
		begin("A2");
		FakeTransport other = new FakeTransport();
		join(other);
		Client client = new Client("A2");
		this.follower.arrive(this.log.envelope("A4"), ScriptedLog.at("A4"));
		page("read A2").complete(new LogPage(List.of(this.log.publication("A3", this.plainSession.id()),
				this.log.publication("A4", client.session.id())), ScriptedLog.at("A4"), true));
		awaitPlain("A4");
		await().untilAsserted(() -> assertThat(other.events()).containsExactly("A3", "A4"));
		LogPage missed = new LogPage(
				List.of(this.log.publication("A3", null), this.log.publication("A4", client.session.id())),
				ScriptedLog.at("A4"), true);
		client.goLive(missed);
		client.await("subscribed recovered at A4", "A3");
	}

	@Test
	void aDeliveryThatFailsEndsNothingButTheSubscriptionsThatMayLackIt() {
		this.deliveryListeners.add((message, sessions) -> {
			throw new OutOfMemoryError("as if");
		});
		this.delivery.start();
		begin("A2");
		Client client = new Client(null);
		client.goLive(null);
		this.follower.arrive(this.log.envelope("A3", Map.of(DeliveryListener.COUNTED, "")), ScriptedLog.at("A3"));
		arrive("A4");
		awaitPlain("A3", "close 1013");
		client.await("subscribed fresh at A2", "A3");
		assertThat(this.lost).hasSize(1);
		assertThat(this.statistics.missedSubscriptions()).isEqualTo(2);
		assertThat(this.guard.failures()).isOne();
		FakeTransport next = new FakeTransport();
		join(next);
		assertThat(this.follower.tick(System.nanoTime(), QUIET_NANOS)).isTrue();
		page("read A3").complete(this.log.page("A4", "A4"));
		arrive("A5");
		await().untilAsserted(() -> assertThat(next.events()).containsExactly("A4", "A5"));
	}

	/**
	 * The page was read before A3, and what was kept for the session lacks A3. Told of a
	 * recovery up to A3, the session would never get it.
	 */
	@Test
	void aSessionWhosePageIsUnderWayWhenADeliveryFailsIsNotToldThatItHasTheMessage() {
		begin("A2");
		Client client = new Client("A1");
		LogPage page = this.log.page("A2", "A2");
		failNextDelivery();
		arrive("A3");
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> client.goLive(page))
			.satisfies((ex) -> assertThat(ex.code().isTemporary()).isTrue());
		assertThat(client.transport.events()).isEmpty();
		Client again = new Client("A1");
		assertThat(this.follower.tick(System.nanoTime(), QUIET_NANOS)).isTrue();
		page("read A3").complete(this.log.page("A4", "A4"));
		assertThat(again.goLive(this.log.page("A3", "A2", "A3")).isRecovered()).isTrue();
		arrive("A5");
		again.await("subscribed recovered at A4", "A2", "A3", "A4", "A5");
		awaitPlain("close 1013");
		assertThat(this.guard.failures()).isOne();
	}

	/**
	 * No message arrives, so nothing else makes the node read on. Without it the next
	 * subscriber would get messages that were published before it had subscribed.
	 */
	@Test
	void whatTheLogHasBehindALossIsReadAtOnceAndNotToldToWhoeverComesNext() {
		begin("A2");
		this.follower.suspect();
		page("read A2").complete(ScriptedLog.incomplete("B7"));
		resume("resume A2 reached 2", "B5", false);
		page("read B5").complete(this.log.page("B7", "B6", "B7"));
		awaitPlain("close 1013");
		FakeTransport next = new FakeTransport();
		join(next);
		arrive("B8");
		await().untilAsserted(() -> assertThat(next.events()).containsExactly("B8"));
		this.log.expectNothing();
	}

	@Test
	void thoseWhoWaitForAChannelGoOnThoughItsFirstDeliveryFails() {
		this.follower.suspect();
		CompletableFuture<Boolean> placed = this.follower.placed(Duration.ofHours(1));
		failNextDelivery();
		arrive("A2");
		this.log.<Position>expect("position").complete(ScriptedLog.at("A2"));
		assertThat(placed).isCompletedWithValue(true);
		awaitPlain("close 1013");
		FakeTransport next = new FakeTransport();
		join(next);
		assertThat(this.follower.tick(System.nanoTime(), QUIET_NANOS)).isTrue();
		page("read A2").complete(this.log.page("A3", "A3"));
		await().untilAsserted(() -> assertThat(next.events()).containsExactly("A3"));
	}

	@Test
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void whoeverIsThereIsToldOfALossThatTheLogDoesNotShow() {
		begin("A2");
		Client live = new Client(null);
		live.goLive(null);
		Client recovering = new Client("A1");
		arrive("A3");
		this.follower.lost(ScriptedLog.at("A5"), true);
		awaitPlain("A3", "close 1013");
		assertThat(this.plain.closed()).isEqualTo(CloseReason.MESSAGES_MISSED);
		assertThat(this.lost).containsExactly(live.session.id());
		assertThat(this.statistics.missedSubscriptions()).isEqualTo(2);
		LogPage page = this.log.page("A3", "A2", "A3");
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> recovering.goLive(page));
		Client next = new Client(null);
		next.goLive(null);
		arrive("A6");
		next.await("subscribed fresh at A5", "A6");
		live.await("subscribed fresh at A2", "A3");
		this.log.expectNothing();
	}

	@Test
	void aLossOfWhatThisNodeHasDeliveredClosesNobody() {
		begin("A2");
		Client live = new Client(null);
		live.goLive(null);
		Client recovering = new Client("A1");
		arrive("A3");
		this.follower.lost(ScriptedLog.at("A5"), false);
		recovering.goLive(this.log.page("A3", "A2", "A3"));
		Client next = new Client(null);
		next.goLive(null);
		arrive("A6");
		awaitPlain("A3", "A6");
		live.await("subscribed fresh at A2", "A3", "A6");
		recovering.await("subscribed recovered at A5", "A2", "A3", "A6");
		next.await("subscribed fresh at A5", "A6");
		assertThat(this.lost).isEmpty();
		assertThat(this.statistics.missedSubscriptions()).isZero();
		this.log.expectNothing();
	}

	@Test
	void aLossThatComesWhileTheLogIsReadPassesOverNothing() {
		begin("A2");
		this.follower.suspect();
		CompletableFuture<LogPage> page = page("read A2");
		this.follower.lost(ScriptedLog.at("A5"), false);
		page.complete(this.log.page("A4", "A3", "A4"));
		awaitPlain("A3", "A4");
	}

	@Test
	void aFollowerThatIsClosedDeliversNothingAndAsksNothing() {
		begin("A2");
		arrive("A4");
		CompletableFuture<LogPage> page = page("read A2");
		this.follower.close();
		page.complete(this.log.page("A4", "A3", "A4"));
		arrive("A5", "A6");
		this.follower.suspect();
		assertThat(this.follower.tick(System.nanoTime() + QUIET_NANOS * 3, QUIET_NANOS)).isFalse();
		this.log.expectNothing();
		FakeTransport next = new FakeTransport();
		LocalSession session = join(next);
		var fanout = this.fixture.node.writers().fanout(OutboundMessage.frame(Payload.text("next")), NodeFixture.QUEUE);
		fanout.add(session);
		fanout.add(this.plainSession);
		fanout.send();
		await().untilAsserted(() -> assertThat(next.events()).containsExactly("next"));
		awaitPlain("next");
	}

	/**
	 * Hundreds of quiet channels would otherwise ask all the time.
	 */
	@Test
	void aQuietLogIsAskedForItsEndUnlessGapsTellOfNewEpochs() {
		begin("A1");
		assertThat(this.follower.tick(System.nanoTime() + 3 * QUIET_NANOS, QUIET_NANOS)).isTrue();
		this.log.<Position>expect("position").complete(ScriptedLog.at("A1"));
		ScriptedLog telling = new ScriptedLog(CHANNEL, true);
		LogFollower quiet = new LogFollower(CHANNEL, telling, this.delivery, this.statistics, this.guard);
		quiet.suspect();
		telling.<Position>expect("position").complete(ScriptedLog.at("A1"));
		assertThat(quiet.tick(System.nanoTime() + 3 * QUIET_NANOS, QUIET_NANOS)).isFalse();
		telling.expectNothing();
		quiet.suspect();
		telling.expect("read A1");
	}

	/**
	 * A client that knows positions.
	 */
	private final class Client {

		private final FakeTransport transport = new FakeTransport();

		private final LocalSession session = open(this.transport);

		private final LogSubscription subscription;

		private Client(@Nullable String since) {
			SubscribeRequest request = new SubscribeRequest(since != null,
					(since != null) ? ScriptedLog.at(since) : null, this::reply,
					() -> LogFollowerTests.this.lost.add(this.session.id()));
			this.subscription = LogFollowerTests.this.follower.subscribe(this.session, request,
					NodeFixture.catalog().get(CHANNEL));
			LogFollowerTests.this.fixture.registry
				.add(new Subscription(this.session, CHANNEL, request.subscriber(), this.subscription), 1);
		}

		private Subscribed goLive(@Nullable LogPage page) {
			return LogFollowerTests.this.follower.goLive(this.subscription, page, 300, null);
		}

		private void reply(Subscribed answer) {
			Position position = answer.position();
			assertThat(position).isNotNull();
			queue("subscribed " + answer.recovery().tag() + " at " + position.epoch() + position.offset());
			answer.publications().forEach((publication) -> queue(publication.payload().asText()));
		}

		private void queue(String frame) {
			var fanout = LogFollowerTests.this.fixture.node.writers()
				.fanout(OutboundMessage.frame(Payload.text(frame)), NodeFixture.QUEUE);
			fanout.add(this.session);
			fanout.send();
		}

		private void await(String... messages) {
			org.awaitility.Awaitility.await()
				.untilAsserted(() -> assertThat(this.transport.events()).containsExactly(messages));
		}

	}

}
