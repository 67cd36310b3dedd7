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

package io.github.atmosphererelay.cluster.internal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.cluster.Acknowledgement;
import io.github.atmosphererelay.cluster.AffectedSessions;
import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.cluster.SessionPage;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.cluster.TooManyRequestsException;
import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Subject;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Status;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.FakeTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link DefaultCluster} on a relay that loses and doubles what it is told to.
 */
class DefaultClusterTests {

	private static final CloseReason BYE = new CloseReason(4001, "bye");

	private final Hub hub = new Hub();

	private final List<HubNode> nodes = new ArrayList<>();

	private HubNode start(String name, ClusterQuestionHandler... questionHandlers) {
		HubNode node = new HubNode(this.hub, name, questionHandlers).start();
		this.nodes.add(node);
		return node;
	}

	private void awaitAll() {
		for (HubNode node : this.nodes) {
			await().until(() -> node.cluster.nodes().size() == this.nodes.size() && !node.cluster.isFrozen());
		}
	}

	@AfterEach
	void close() {
		this.nodes.forEach(HubNode::close);
	}

	@Test
	void nodesKnowTheSameTimeOfStartOfANodeAsItKnowsItself() {
		HubNode a = start("a");
		HubNode b = start("b");
		awaitAll();
		assertThat(b.cluster.nodes()).filteredOn((node) -> node.id().equals(a.id()))
			.singleElement()
			.extracting(ClusterNode::startedAt)
			.isEqualTo(a.cluster.self().startedAt());
	}

	@Test
	void aSingleNodeAnswersItsOwnRequests() {
		HubNode a = start("a");
		awaitAll();
		FakeTransport transport = new FakeTransport();
		a.connect("alice", transport, "chat/x");
		assertThat(a.cluster.nodes()).singleElement().extracting(ClusterNode::name).isEqualTo("a");
		assertThat(a.cluster.sessions(SessionQuery.ALL).join().total()).isOne();
		assertThat(a.cluster.broadcastAcknowledged("chat/x", "m", Duration.ofSeconds(1)).join().taken().byNode())
			.containsOnly(Map.entry(a.id(), 1));
		assertThat(a.cluster.disconnectUser("alice", BYE).join().sessions()).isOne();
		await().until(() -> BYE.equals(transport.closed()));
	}

	@Test
	void membershipAndRequestsContinueAfterAnError() {
		HubNode a = start("a");
		AtomicBoolean thrown = new AtomicBoolean();
		this.hub.drops = (envelope, receiver) -> {
			if (envelope.kind() == Envelope.Kind.CONTROL && thrown.compareAndSet(false, true)) {
				throw new OutOfMemoryError("injected");
			}
			return false;
		};
		await().untilTrue(thrown);
		start("b");
		awaitAll();
		assertThat(a.node.timers().guards().of(Part.MEMBERSHIP).failures()).isOne();
		assertThat(a.cluster.sessions(SessionQuery.ALL).join().unanswered()).isEmpty();
	}

	@Test
	void aNodeThatDoesNotAnswerIsReportedAfterTheTimeout() {
		HubNode a = start("a");
		HubNode b = start("b");
		HubNode c = start("c");
		awaitAll();
		this.hub.drops = (envelope, receiver) -> receiver == c.relay && isCommand(envelope);
		long start = System.nanoTime();
		AffectedSessions result = a.cluster.disconnectUser("alice", BYE).join();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(900));
		assertThat(result.byNode()).containsOnlyKeys(a.id(), b.id());
		assertThat(result.unanswered()).containsExactly(c.id());
		assertThat(a.cluster.statistics().unanswered()).isOne();
	}

	@Test
	void aRequestDoesNotWaitForANodeThatHasLeft() {
		HubNode a = start("a");
		HubNode b = start("b");
		awaitAll();
		this.hub.drops = (envelope, receiver) -> receiver == b.relay && isCommand(envelope);
		CompletableFuture<ClusterAnswers<Payload>> asked = a.cluster.ask("x", Payload.text(""), Duration.ofMinutes(5));
		b.cluster.stop();
		assertThat(asked.join().unanswered()).containsExactly(b.id());
	}

	@Test
	void whileTheRelayIsDownOnlyThisNodeAnswersAndAtOnce() {
		HubNode a = start("a");
		HubNode b = start("b");
		awaitAll();
		a.node.monitor().stop();
		ClusterAnswers<Payload> answers = a.cluster.ask("x", Payload.text(""), Duration.ofMinutes(5)).join();
		assertThat(answers.failed()).containsOnlyKeys(a.id());
		assertThat(answers.unanswered()).containsExactly(b.id());
	}

	private static boolean isCommand(Envelope envelope) {
		return envelope.kind() == Envelope.Kind.CONTROL && envelope.payload().bytes()[0] == Subject.COMMAND.code();
	}

	@Test
	void aRequestThatIsDeliveredTwiceIsExecutedOnce() {
		HubNode a = start("a");
		AtomicInteger asked = new AtomicInteger();
		HubNode b = start("b", answering("x", () -> Payload.text("" + asked.incrementAndGet())));
		awaitAll();
		this.hub.delivers2Times = true;
		for (int i = 1; i <= 50; i++) {
			assertThat(
					a.cluster.ask("x", Payload.text(""), Duration.ofSeconds(5)).join().answers().get(b.id()).asText())
				.isEqualTo("" + i);
		}
		assertThat(asked).hasValue(50);
	}

	/**
	 * A broker that has stood still for a moment brings requests to nodes that have not
	 * heard themselves meanwhile. Dropped, they would be waited for in vain.
	 */
	@Test
	void aFrozenNodeExecutesARequestWhoseAskerStillWaits() {
		HubNode a = start("a");
		HubNode b = start("b", answering("x", () -> Payload.text("done")));
		awaitAll();
		dropOwnMessages(b);
		await().until(b.cluster::isFrozen);
		ClusterAnswers<Payload> answers = a.cluster.ask("x", Payload.text(""), Duration.ofSeconds(20)).join();
		assertThat(answers.answers().get(b.id()).asText()).isEqualTo("done");
		assertThat(answers.unanswered()).isEmpty();
		assertThat(b.cluster.isFrozen()).isTrue();
	}

	private void dropOwnMessages(HubNode node) {
		this.hub.drops = (envelope, receiver) -> receiver == node.relay && envelope.origin().equals(node.id())
				&& envelope.kind() == Envelope.Kind.CONTROL;
	}

	@Test
	void aFrozenNodeIgnoresARequestThatMayHaveTimedOut() {
		HubNode a = start("a");
		HubNode b = start("b");
		FakeTransport transport = new FakeTransport();
		b.connect("alice", transport, "chat/x");
		awaitAll();
		dropOwnMessages(b);
		await().until(b.cluster::isFrozen);
		assertThat(a.cluster.disconnectUser("alice", BYE).join().unanswered()).containsExactly(b.id());
		assertThat(transport.closed()).isNull();
		this.hub.drops = (envelope, receiver) -> false;
		await().until(() -> !b.cluster.isFrozen());
		assertThat(a.cluster.disconnectUser("alice", BYE).join().sessions()).isOne();
	}

	@Test
	void pagesFitIntoAMessageAndMissNoSession() {
		HubNode a = start("a");
		HubNode b = start("b");
		List<String> expected = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			String[] channels = new String[1 + i % 7];
			for (int j = 0; j < channels.length; j++) {
				channels[j] = "chat/" + "x".repeat(3 * i) + j;
			}
			expected.add(this.nodes.get(i % 2).connect("u" + i % 3, new FakeTransport(), channels).id());
		}
		awaitAll();
		List<String> listed = new ArrayList<>();
		SessionPage page = a.cluster.sessions(SessionQuery.ALL.limit(50)).join();
		while (true) {
			page.sessions().forEach((session) -> listed.add(session.id()));
			assertThat(page.total()).isEqualTo(60);
			assertThat(page.isComplete()).isTrue();
			if (page.next() == null) {
				break;
			}
			assertThat(page.sessions()).isNotEmpty();
			page = a.cluster.sessions(SessionQuery.ALL.limit(50).after(page.next())).join();
		}
		assertThat(listed).isSorted().doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected);
		assertThat(b.cluster.sessions(SessionQuery.ALL.ofUser("nobody")).join().sessions()).isEmpty();
	}

	@Test
	void theNumberOfWaitingRequestsIsLimited() {
		HubNode a = start("a");
		start("b");
		awaitAll();
		this.hub.drops = (envelope, receiver) -> isCommand(envelope);
		List<CompletableFuture<?>> waiting = new ArrayList<>();
		for (int i = 0; i < 1_000; i++) {
			waiting.add(a.cluster.ask("x", Payload.text(""), Duration.ofMinutes(5)));
		}
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> a.cluster.ask("x", Payload.text(""), Duration.ofMinutes(5)).join())
			.withCauseInstanceOf(TooManyRequestsException.class);
		a.cluster.stop();
		waiting.forEach(CompletableFuture::join);
	}

	@Test
	void onlySessionsThatAcceptAMessageAreCounted() {
		HubNode a = start("a");
		HubNode b = start("b");
		FakeTransport stuck = new FakeTransport().block();
		a.connect("alice", stuck, "chat/x");
		a.connect("bob", new FakeTransport(), "chat/x");
		b.connect("carol", new FakeTransport(), "chat/x");
		awaitAll();
		// One is being written, two wait, and the next is too much.
		for (int i = 0; i < 3; i++) {
			int number = i;
			a.node.broadcaster().toUser("alice", "m" + i).join();
			await().until(() -> stuck.isWaiting() || number > 0);
		}
		Acknowledgement acknowledgement = a.cluster.broadcastAcknowledged("chat/x", "m", Duration.ofSeconds(2)).join();
		assertThat(acknowledgement.taken().byNode()).containsOnly(Map.entry(a.id(), 1), Map.entry(b.id(), 1));
		String bob = a.node.registry().ofUser("bob").iterator().next().id();
		assertThat(b.cluster
			.broadcastAcknowledged("chat/x", "m", PublishOptions.DEFAULTS.exceptSession(bob), Duration.ofSeconds(2))
			.join()
			.taken()
			.sessions()).isOne();
		stuck.release();
	}

	@Test
	void aLateMessageIsCountedAndALostOneIsReported() {
		HubNode a = start("a");
		HubNode b = start("b");
		b.connect("alice", new FakeTransport(), "chat/x");
		awaitAll();
		List<Envelope> held = new CopyOnWriteArrayList<>();
		this.hub.drops = (envelope, receiver) -> {
			boolean holds = receiver == b.relay && envelope.audience() instanceof Audience.Channel;
			if (holds) {
				held.add(envelope);
			}
			return holds;
		};
		CompletableFuture<Acknowledgement> late = a.cluster.broadcastAcknowledged("chat/x", "m",
				Duration.ofSeconds(10));
		assertThat(late).isNotDone();
		this.hub.drops = (envelope, receiver) -> false;
		b.relay.deliver(held.get(0));
		assertThat(late.join().taken().byNode()).containsOnly(Map.entry(a.id(), 0), Map.entry(b.id(), 1));
		this.hub.drops = (envelope, receiver) -> receiver == b.relay && envelope.audience() instanceof Audience.Channel;
		AffectedSessions lost = a.cluster.broadcastAcknowledged("chat/x", "m", Duration.ofSeconds(1)).join().taken();
		assertThat(lost.failed()).containsOnlyKeys(b.id());
		assertThat(lost.failed().get(b.id())).contains("the node did not receive the message in time");
	}

	@Test
	void corruptRequestsAreCountedAndAnUnknownOneGetsAnError() {
		HubNode a = start("a");
		HubNode b = start("b");
		awaitAll();
		ClusterLink commands = new ClusterLink(a.node.control(), Subject.COMMAND);
		long before = b.cluster.rejectedMessages();
		byte[] request = new CommandMessage(1, (byte) 99, 1_000, null, new byte[0]).encode();
		byte[] later = request.clone();
		later[0] = 2;
		commands.sendTo(b.id(), later).join();
		for (int length = 0; length < request.length; length++) {
			commands.sendTo(b.id(), Arrays.copyOf(request, length)).join();
		}
		await().until(() -> b.cluster.rejectedMessages() - before == 1 + request.length);
		List<CommandMessage> answers = new CopyOnWriteArrayList<>();
		this.hub.drops = (envelope, receiver) -> {
			if (receiver == a.relay && isCommand(envelope) && envelope.origin().equals(b.id())) {
				answers.add(CommandMessage
					.decode(ByteBuffer.wrap(envelope.payload().bytes(), 1, envelope.payload().size() - 1).slice()));
			}
			return false;
		};
		commands.sendTo(b.id(), request).join();
		await().until(() -> !answers.isEmpty());
		assertThat(answers.get(0).status()).isEqualTo(Status.FAILED);
	}

	@Test
	void twoHandlersForOneQuestionAreRefused() {
		HubNode node = new HubNode(this.hub, "a", answering("x", () -> Payload.text("1")),
				answering("x", () -> Payload.text("2")));
		this.nodes.add(node);
		assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(node::start).withMessageContaining("'x'");
	}

	@Test
	void aBlockingQuestionHandlerDoesNotDelayCommands() throws Exception {
		CountDownLatch release = new CountDownLatch(1);
		HubNode a = start("a", answering("slow", () -> {
			try {
				release.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return Payload.text("");
		}));
		awaitAll();
		List<CompletableFuture<ClusterAnswers<Payload>>> asked = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			asked.add(a.cluster.ask("slow", Payload.text(""), Duration.ofMinutes(1)));
		}
		assertThat(a.cluster.disconnectUser("alice", BYE).join().isComplete()).isTrue();
		release.countDown();
		asked.forEach((each) -> assertThat(each.join().isComplete()).isTrue());
	}

	private static ClusterQuestionHandler answering(String question, Supplier<Payload> answer) {
		return new ClusterQuestionHandler() {

			@Override
			public String question() {
				return question;
			}

			@Override
			public CompletionStage<Payload> answer(UUID asker, Payload details) {
				return CompletableFuture.completedFuture(answer.get());
			}

		};
	}

}
