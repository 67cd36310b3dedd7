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
import io.github.atmosphererelay.presence.PresencePage;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PresenceView} and {@link PresenceChannel}: who is told what, and when.
 */
class PresenceChannelTests {

	private static final String CHANNEL = "chat/a";

	private final AtomicLong clock = new AtomicLong(-5);

	private final PresenceStatistics statistics = new PresenceStatistics();

	private final PresenceView view = new PresenceView(this.clock::get, TimeUnit.SECONDS.toNanos(2), 0,
			this.statistics);

	private int sessions;

	private PresenceEntry join(String user) {
		PresenceEntry entry = new PresenceEntry(CHANNEL, "session-" + this.sessions++, user, Map.of(), 0);
		this.view.change(null, entry);
		return entry;
	}

	private void leave(PresenceEntry entry) {
		this.view.change(entry, null);
	}

	private List<PresenceNews> news() {
		List<PresenceNews> news = new ArrayList<>();
		this.view.announceNews(10, news::add);
		news.removeIf((each) -> each.joined().isEmpty() && each.left().isEmpty());
		return news;
	}

	private void pass(long millis) {
		this.clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
	}

	@Test
	void aJoinIsAnnouncedAtOnceAndALeaveAfterTheDelay() {
		PresenceEntry alice = join("alice");
		join("bob");
		assertThat(news()).singleElement().satisfies((news) -> {
			assertThat(news.joined()).extracting(PresenceMember::user).containsExactly("alice", "bob");
			assertThat(news.count()).isEqualTo(2);
		});
		leave(alice);
		assertThat(this.view.count(CHANNEL)).isOne();
		pass(1_999);
		assertThat(news()).isEmpty();
		pass(1);
		assertThat(news()).singleElement().satisfies((news) -> {
			assertThat(news.left()).extracting(PresenceMember::user).containsExactly("alice");
			assertThat(news.joined()).isEmpty();
			assertThat(news.count()).isOne();
		});
		assertThat(news()).isEmpty();
	}

	/**
	 * Both names have the same hash code, and both channels have news that is not due
	 * yet: one was put behind the other for ever, and the thread of all presence with
	 * them.
	 */
	@Test
	@Timeout(30)
	void aChannelWithADelayedLeaveIsVisitedOncePerTurn() {
		assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
		List<PresenceEntry> entries = new ArrayList<>();
		for (String channel : List.of("Aa", "BB")) {
			PresenceEntry entry = new PresenceEntry(channel, "session-" + channel, "alice", Map.of(), 0);
			entries.add(entry);
			this.view.change(null, entry);
		}
		news();
		entries.forEach(this::leave);
		List<String> visited = new ArrayList<>();
		this.view.announceNews(10, (news) -> {
			visited.add(news.channel());
			assertThat(visited).doesNotHaveDuplicates();
		});
		assertThat(visited).containsExactlyInAnyOrder("Aa", "BB");
		pass(2_000);
		assertThat(news()).hasSize(2);
	}

	@Test
	void aMemberWhoRejoinsWithinTheDelayIsNotAnnounced() {
		PresenceEntry alice = join("alice");
		news();
		for (int i = 0; i < 5; i++) {
			leave(alice);
			pass(1_500);
			assertThat(news()).isEmpty();
			alice = join("alice");
			pass(1_500);
			assertThat(news()).isEmpty();
		}
		assertThat(this.view.count(CHANNEL)).isOne();
	}

	@Test
	void aMemberWhoLeavesBeforeTheAnnouncementIsNeverAnnounced() {
		leave(join("alice"));
		pass(5_000);
		assertThat(news()).isEmpty();
		assertThat(this.view.channels()).isZero();
	}

	@Test
	void allSessionsOfAUserAreOneMemberAndEachAnonymousSessionIsAnother() {
		PresenceEntry first = join("alice");
		PresenceEntry second = join("alice");
		join(null);
		join(null);
		assertThat(this.view.count(CHANNEL)).isEqualTo(3);
		assertThat(this.view.sessions(CHANNEL)).isEqualTo(4);
		assertThat(this.view.list(CHANNEL, null, 10).members()).satisfiesExactly((alice) -> {
			assertThat(alice.user()).isEqualTo("alice");
			assertThat(alice.sessions()).isEqualTo(2);
			assertThat(alice.session()).isNull();
		}, (anonymous) -> assertThat(anonymous.session()).isEqualTo("session-2"),
				(anonymous) -> assertThat(anonymous.session()).isEqualTo("session-3"));
		news();
		leave(first);
		leave(first);
		pass(3_000);
		assertThat(news()).isEmpty();
		assertThat(this.view.contains(CHANNEL, "alice")).isTrue();
		leave(second);
		assertThat(this.view.contains(CHANNEL, "alice")).isFalse();
		assertThat(this.view.sessions(CHANNEL)).isEqualTo(2);
	}

	@Test
	void pagesShowEveryMemberOnce() {
		for (int i = 0; i < 25; i++) {
			join("user-" + i);
			join((i % 5 == 0) ? null : "user-" + i);
		}
		List<PresenceMember> all = new ArrayList<>();
		String after = null;
		int pages = 0;
		do {
			PresencePage page = this.view.list(CHANNEL, after, 7);
			assertThat(page.count()).isEqualTo(30);
			all.addAll(page.members());
			after = page.next();
			pages++;
		}
		while (after != null);
		assertThat(pages).isEqualTo(5);
		assertThat(all).hasSize(30).doesNotHaveDuplicates();
		assertThat(this.view.page(CHANNEL, 28, 7)).isEqualTo(all.subList(28, 30));
	}

	@Test
	void aFrameNamesAtMostTheMaximumAndIsMarkedAsTruncated() {
		for (int i = 0; i < 30; i++) {
			join((i == 0) ? "\"quoted\" \\ \u0001" : "user-" + i);
		}
		PresenceNews news = news().get(0);
		assertThat(PresenceFrames.changes(news, 2).asText())
			.isEqualTo("{\"type\":\"presence\",\"channel\":\"chat/a\",\"joined\":["
					+ "{\"user\":\"\\\"quoted\\\" \\\\ \\u0001\",\"sessions\":1},{\"user\":\"user-1\",\"sessions\":1}],"
					+ "\"left\":[],\"count\":30,\"truncated\":true}");
	}

	private static LocalSession watcher() {
		ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
		LocalSession watcher = new WriterPool(new WriterSettings(1, 1, Duration.ofSeconds(1)), new SessionStatistics(),
				scheduler)
			.open("watcher", null, null, null, (session, reason) -> {
			});
		scheduler.shutdown();
		return watcher;
	}

	/**
	 * Such a join was not announced to the client: it was told that it is subscribed
	 * before it was entered among those that hear of joins.
	 */
	@Test
	void whoJoinsWhileAClientIsToldOfItsSubscriptionIsAnnouncedToIt() throws Exception {
		LocalSession watcher = watcher();
		Thread joining = new Thread(() -> join("bob"));
		this.view.watchSessions(CHANNEL, watcher, (channel, changes) -> Payload.text(channel), () -> {
			joining.start();
			Awaitility.await().until(() -> joining.getState() == Thread.State.BLOCKED);
		});
		joining.join();
		assertThat(news()).singleElement().satisfies((news) -> {
			assertThat(news.changes()).hasSize(1);
			assertThat(news.sessionWatchers()).containsOnlyKeys(watcher);
		});
	}

	@Test
	void changesBeyondTheLimitOfOneAnnouncementAreCounted() {
		LocalSession watcher = watcher();
		join("nobody hears of");
		PresenceChangeFormat format = (channel, changes) -> Payload.text(channel);
		this.view.watchSessions(CHANNEL, watcher, format, () -> {
		});
		for (int i = 0; i < 1_007; i++) {
			join("user-" + i);
		}
		assertThat(this.statistics.untold()).isEqualTo(7);
		assertThat(news().get(0).changes()).hasSize(1_000);
		join("another");
		assertThat(news().get(0).changes()).hasSize(1);
		assertThat(this.statistics.untold()).isEqualTo(7);
	}

	@Test
	void aChannelWithoutMembersIsRemoved() {
		leave(join("alice"));
		PresenceEntry bob = join("bob");
		news();
		leave(bob);
		assertThat(this.view.channels()).isOne();
		pass(2_000);
		assertThat(news()).hasSize(1);
		assertThat(this.view.channels()).isZero();
	}

}
