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

package io.github.atmosphererelay.node.internal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayWithoutLogException;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.test.FakeRelay;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ChannelLogs}, and for a node with channels that are read from another
 * log than the relay's.
 */
class ChannelLogsTests {

	private final LocalRelay relay = new LocalRelay();

	/** Whose log somebody else appends to. */
	private final LocalRelay foreign = new LocalRelay();

	private final ChannelCatalog catalog = new ChannelCatalog(
			List.of(options("feed/**", HistoryOptions.of(100).readFrom(this.foreign.log())),
					options("log/**", HistoryOptions.of(100)), options("chat/**", null)));

	ChannelLogsTests() {
		this.foreign.start(mock(RelayListener.class));
	}

	private static ChannelOptions options(String pattern, @Nullable HistoryOptions history) {
		return ChannelOptions.builder(pattern, NodeFixture.QUEUE).history(history).build();
	}

	@Test
	void aPatternsOwnLogComesBeforeThatOfTheRelay() {
		ChannelLogs logs = new ChannelLogs(this.relay, this.catalog);
		assertThat(logs.of("feed/a")).isSameAs(this.foreign.log());
		assertThat(logs.of("log/a")).isSameAs(this.relay.log());
		assertThat(logs.of("chat/a")).as("recorded by another node, perhaps").isSameAs(this.relay.log());
		assertThat(logs.of("unknown")).isSameAs(this.relay.log());
	}

	@Test
	void withoutALogReadingFailsAndSaysWhy() {
		ChannelLogs logs = new ChannelLogs(new FakeRelay(), this.catalog);
		for (CompletableFuture<?> question : List.of(logs.of("log/a").position("log/a"),
				logs.of("log/a").read("log/a", null, 10, ReadDirection.FORWARD),
				logs.of("log/a").resume("log/a", new Position("epoch", 1), 1))) {
			assertThat(question).isCompletedExceptionally();
			assertThatExceptionOfType(Exception.class).isThrownBy(question::join)
				.withCauseInstanceOf(RelayWithoutLogException.class)
				.withMessageContaining("fake relay has no log");
		}
		assertThat(logs.of("feed/a")).isSameAs(this.foreign.log());
	}

	@Test
	void historyPositionAndRecoveryComeFromTheChannelsLog() {
		try (NodeFixture fixture = new NodeFixture(this.relay, this.catalog).startUp()) {
			Broadcaster broadcaster = fixture.node.broadcaster();
			broadcaster.broadcast("log/a", "of the relay").join();
			Position first = append("first");
			append("second");
			Position last = append("third");
			assertThat(broadcaster.position("feed/a").join()).isEqualTo(last);
			assertThat(texts(broadcaster.history("feed/a", null, 10, ReadDirection.FORWARD).join()))
				.containsExactly("first", "second", "third");
			assertThat(texts(broadcaster.history("log/a", null, 10, ReadDirection.FORWARD).join()))
				.containsExactly("of the relay");
			Subscribed subscribed = subscribe(fixture, first);
			assertThat(subscribed.recovery()).isEqualTo(RecoveryOutcome.RECOVERED);
			assertThat(subscribed.publications()).extracting((each) -> each.payload().asText())
				.containsExactly("second", "third");
			assertThat(subscribed.position()).isEqualTo(last);
		}
	}

	@Test
	void nobodyPublishesToAChannelThatIsReadFromAnotherLog() {
		try (NodeFixture fixture = new NodeFixture(this.relay, this.catalog).startUp()) {
			assertThatExceptionOfType(ReadOnlyChannelException.class)
				.isThrownBy(() -> fixture.node.broadcaster().broadcast("feed/a", "mine"))
				.withMessageContaining("'feed/a' can only be read")
				.satisfies((ex) -> assertThat(ex.channel()).isEqualTo("feed/a"));
			LogPage page = this.relay.log().read("feed/a", null, 10, ReadDirection.FORWARD).join();
			assertThat(page.publications()).isEmpty();
		}
	}

	private static Subscribed subscribe(NodeFixture fixture, Position since) {
		LocalSession session = fixture.connect(null, new FakeTransport());
		return fixture.node.subscriptions().subscribe(session, "feed/a", new SubscribeRequest(true, since, (result) -> {
		}, () -> {
		})).orTimeout(5, TimeUnit.SECONDS).join();
	}

	private static List<String> texts(LogPage page) {
		return page.publications().stream().map((each) -> each.payload().asText()).toList();
	}

	private Position append(String text) {
		LogOptions options = HistoryOptions.of(100).forMessage(null);
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 0,
				new Audience.Channel("feed/a", null), Map.of(), Payload.text(text), null, options);
		Position position = this.foreign.publish(envelope).join().position();
		assertThat(position).isNotNull();
		return position;
	}

	@Test
	void aClientThatSendsToAReadOnlyChannelIsRefused() {
		ChannelCatalog open = new ChannelCatalog(List.of(ChannelOptions.builder("feed/**", NodeFixture.QUEUE)
			.clientPublish(ChannelAccess.ANYONE)
			.history(HistoryOptions.of(100).readFrom(this.foreign.log()))
			.build()));
		try (NodeFixture fixture = new NodeFixture(this.relay, open).startUp()) {
			LocalSession session = fixture.connect("ann", new FakeTransport(), "feed/a");
			assertThat(fixture.node.clientMessages().receive(session, "feed/a", Payload.text("hello")))
				.isCompletedExceptionally()
				.failsWithin(Duration.ZERO)
				.withThrowableThat()
				.havingCause()
				.isInstanceOfSatisfying(RequestRefusedException.class,
						(ex) -> assertThat(ex.code()).isEqualTo(ErrorCode.PERMISSION_DENIED));
		}
	}

}
