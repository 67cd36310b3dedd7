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

package io.github.atmosphererelay.presence.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HandOvers} in a {@link PresenceView}: what others see of sessions that
 * were asked to move.
 */
class HandOversTests {

	private static final String CHANNEL = "chat/a";

	private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);

	private PresenceView view = view(10);

	/** Everything that was announced: members, and single sessions in brackets. */
	private final List<String> announced = new ArrayList<>();

	private PresenceView view(int moveTimeoutSeconds) {
		return new PresenceView(this.clock::get, TimeUnit.SECONDS.toNanos(1),
				TimeUnit.SECONDS.toNanos(moveTimeoutSeconds), new PresenceStatistics());
	}

	@BeforeEach
	void watch() {
		ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
		LocalSession watcher = new WriterPool(new WriterSettings(1, 1, Duration.ofSeconds(1)), new SessionStatistics(),
				scheduler)
			.open("watcher", null, null, null, (session, reason) -> {
			});
		scheduler.shutdown();
		this.view.watchSessions(CHANNEL, watcher, (channel, changes) -> Payload.text(channel), () -> {
		});
	}

	private PresenceEntry join(@Nullable String user, String session) {
		PresenceEntry entry = new PresenceEntry(CHANNEL, session, user, Map.of(), 0);
		this.view.change(null, entry);
		return entry;
	}

	/**
	 * Let time pass, in which announcements are made twice in a second.
	 */
	private List<String> pass(int seconds) {
		for (int i = 0; i < 2 * seconds; i++) {
			this.clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(500));
			this.view.announceNews(10, (news) -> {
				news.joined().forEach((member) -> this.announced.add("+" + member.user()));
				news.left().forEach((member) -> this.announced.add("-" + member.user()));
				news.changes()
					.forEach((change) -> this.announced
						.add((change.joined() ? "+" : "-") + "(" + change.session().session() + ")"
								+ (change.session().attributes().isEmpty() ? "" : change.session().attributes())));
			});
		}
		List<String> since = List.copyOf(this.announced);
		this.announced.clear();
		return since;
	}

	private List<String> listed() {
		return this.view.listSessions(CHANNEL, 10).stream().map(PresentSession::session).toList();
	}

	private void assertPresent(String user, int sessions) {
		assertThat(this.view.contains(CHANNEL, user)).isTrue();
		assertThat(this.view.list(CHANNEL, null, 10).members()).singleElement()
			.extracting(PresenceMember::user, PresenceMember::sessions)
			.containsExactly(user, sessions);
		assertThat(this.view.count(CHANNEL)).isOne();
		assertThat(this.view.sessions(CHANNEL)).isEqualTo(sessions);
	}

	@Test
	void aUserWhoComesBackInTimeHasNeitherLeftNorJoined() {
		PresenceEntry before = join("alice", "a.1");
		assertThat(pass(1)).containsExactlyInAnyOrder("+alice", "+(a.1)");
		this.view.move(before);
		assertThat(pass(9)).isEmpty();
		assertPresent("alice", 1);
		assertThat(listed()).containsExactly("a.1");
		PresenceEntry after = join("alice", "b.1");
		assertThat(pass(20)).isEmpty();
		assertPresent("alice", 1);
		assertThat(listed()).as("the id that the client itself knows").containsExactly("b.1");
		this.view.change(after, null);
		assertThat(this.view.contains(CHANNEL, "alice")).isFalse();
		assertThat(pass(3)).as("by the id that was announced, and by the one that was listed")
			.containsExactly("-(a.1)", "-(b.1)", "-alice");
	}

	@Test
	void theNewSessionMayBeHeardOfBeforeTheEndOfTheOldOne() {
		PresenceEntry before = join("alice", "a.1");
		pass(1);
		PresenceEntry after = join("alice", "b.1");
		assertThat(pass(1)).isEmpty();
		assertPresent("alice", 2);
		assertThat(listed()).containsExactly("a.1", "b.1");
		this.view.move(before);
		assertThat(pass(20)).isEmpty();
		assertPresent("alice", 1);
		assertThat(listed()).containsExactly("b.1");
		this.view.change(after, null);
		assertThat(pass(3)).containsExactly("-(a.1)", "-(b.1)", "-alice");
	}

	@Test
	void aUserWhoNeverComesBackLeavesOnce() {
		PresenceEntry before = join("alice", "a.1");
		pass(1);
		this.view.move(before);
		this.view.move(before);
		assertThat(pass(9)).isEmpty();
		assertThat(pass(3)).containsExactly("-(a.1)", "-alice");
		assertThat(this.view.count(CHANNEL)).isZero();
		assertThat(this.view.sessions(CHANNEL)).isZero();
		assertThat(pass(20)).isEmpty();
	}

	@Test
	void twoSessionsOfAUserMoveAndOneOfThemComesBack() {
		PresenceEntry first = join("alice", "a.1");
		PresenceEntry second = join("alice", "a.2");
		assertThat(pass(3)).containsExactlyInAnyOrder("+alice", "+(a.1)", "+(a.2)");
		this.view.move(first);
		this.view.move(second);
		assertPresent("alice", 2);
		join("alice", "b.1");
		assertPresent("alice", 2);
		assertThat(pass(9)).isEmpty();
		assertThat(pass(3)).as("only the session that has not come back").containsExactly("-(a.2)");
		assertPresent("alice", 1);
	}

	@Test
	void twoSessionsOfAUserMoveAndBothComeBack() {
		PresenceEntry first = join("alice", "a.1");
		PresenceEntry second = join("alice", "a.2");
		pass(3);
		this.view.move(first);
		join("alice", "b.1");
		join("alice", "b.2");
		this.view.move(second);
		assertThat(pass(20)).isEmpty();
		assertPresent("alice", 2);
		assertThat(listed()).containsExactlyInAnyOrder("b.1", "b.2");
	}

	@Test
	void aSessionThatMovesAgainLeavesByAllItsIds() {
		PresenceEntry first = join("alice", "a.1");
		pass(1);
		this.view.move(first);
		PresenceEntry second = join("alice", "b.1");
		this.view.move(second);
		assertThat(pass(5)).isEmpty();
		PresenceEntry third = join("alice", "c.1");
		assertThat(pass(20)).isEmpty();
		assertThat(listed()).containsExactly("c.1");
		this.view.change(third, null);
		assertThat(pass(3)).containsExactly("-(a.1)", "-(b.1)", "-(c.1)", "-alice");
	}

	@Test
	void aSessionThatMovesForEverKeepsFewOfItsIds() {
		PresenceEntry last = join("alice", "a.1");
		pass(1);
		for (int i = 2; i < 30; i++) {
			this.view.move(last);
			last = join("alice", "a." + i);
		}
		assertThat(pass(3)).isEmpty();
		this.view.change(last, null);
		assertThat(pass(3)).startsWith("-(a.1)", "-(a.22)").endsWith("-(a.28)", "-(a.29)", "-alice").hasSize(10);
	}

	@Test
	void aFurtherSessionThatDoesNotMoveIsAnnouncedALittleLater() {
		join("alice", "a.1");
		pass(1);
		PresenceEntry further = join("alice", "b.1");
		assertThat(pass(1)).isEmpty();
		assertThat(pass(1)).containsExactly("+(b.1)");
		assertThat(listed()).containsExactly("a.1", "b.1");
		this.view.change(further, null);
		join("alice", "b.2");
		this.view.change(new PresenceEntry(CHANNEL, "b.2", "alice", Map.of(), 0), null);
		assertThat(pass(5)).as("a client may have seen the second one in the list")
			.containsExactly("-(b.1)", "+(b.2)", "-(b.2)");
	}

	@Test
	void aJoinThatWasHeldBackHasTheLatestAttributes() {
		join("alice", "a.1");
		pass(1);
		PresenceEntry further = join("alice", "b.1");
		PresenceEntry changed = new PresenceEntry(CHANNEL, "b.1", "alice", Map.of("mood", "fine"), further.joinedAt());
		this.view.change(further, changed);
		assertThat(pass(3)).containsExactly("+(b.1){mood=fine}");
	}

	@Test
	void anAnonymousSessionAndOneThatNobodyExpectsLeaveAtOnce() {
		PresenceEntry anonymous = join(null, "a.1");
		pass(1);
		this.view.move(anonymous);
		assertThat(pass(2)).containsExactly("-(a.1)", "-null");
		this.view = view(0);
		watch();
		PresenceEntry alice = join("alice", "a.1");
		PresenceEntry again = join("alice", "a.2");
		assertThat(pass(1)).containsExactlyInAnyOrder("+alice", "+(a.1)", "+(a.2)");
		this.view.move(alice);
		this.view.move(again);
		assertThat(pass(2)).containsExactly("-(a.1)", "-(a.2)", "-alice");
	}

	@Test
	void aChannelIsForgottenWhenAMoveHasEnded() {
		PresenceView unwatched = view(10);
		PresenceEntry alice = new PresenceEntry("chat/b", "a.1", "alice", Map.of(), 0);
		unwatched.change(null, alice);
		unwatched.move(alice);
		List<PresenceNews> news = new ArrayList<>();
		for (int i = 0; i < 30; i++) {
			this.clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(500));
			unwatched.announceNews(10, news::add);
		}
		assertThat(news).flatExtracting(PresenceNews::joined).hasSize(1);
		assertThat(news).flatExtracting(PresenceNews::left).hasSize(1);
		assertThat(unwatched.channels()).isZero();
	}

}
