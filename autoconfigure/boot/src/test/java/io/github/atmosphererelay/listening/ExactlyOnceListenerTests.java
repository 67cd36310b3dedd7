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

package io.github.atmosphererelay.listening;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.event.GroupMessageSetAside;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.message.MessageId;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ChannelListener#exactlyOnce()}, on a relay in the application's
 * database.
 */
@Reconciles
@Timeout(240)
class ExactlyOnceListenerTests {

	private final String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";

	private TestNode start(Class<?> listener, String... more) {
		Map<String, String> args = new LinkedHashMap<>();
		Stream.concat(Stream.of("atmosphere.channels[0].pattern=orders/**", "atmosphere.channels[0].history.size=1000",
				"atmosphere.channels[1].pattern=done", "atmosphere.channels[1].history.size=1000",
				"atmosphere.groups.retry-delay=10ms", "atmosphere.groups.max-attempts=2", "atmosphere.relay.type=jdbc",
				"atmosphere.outbox.enabled=true", "spring.datasource.url=" + this.url), Stream.of(more))
			.map((arg) -> arg.split("=", 2))
			.forEach((arg) -> args.put(arg[0], arg[0] + "=" + arg[1]));
		return TestNode.start(List.of(listener), args.values().toArray(String[]::new)).awaitUp().awaitGroups();
	}

	@Test
	void workAndMessagesOfAnAttemptThatFailsAreRolledBack() {
		try (TestNode node = start(Work.class)) {
			Work work = node.bean(Work.class);
			for (String text : List.of("one", "fails once", "two", "recovers", "three")) {
				node.broadcaster().broadcast("orders/1", text).join();
			}
			await().until(() -> work.rows().size() == 5);
			assertThat(work.rows()).containsExactlyInAnyOrder("one", "fails once", "two", "recovered", "three");
			assertThat(work.calls).containsExactly("one", "fails once", "fails once", "two", "recovers", "three");
			await().until(() -> work.done.size() == 4);
			assertThat(work.done).containsExactly("one", "fails once", "two", "three");
			await().until(() -> count(work, "ATMOSPHERE_GROUP_INBOX WHERE GROUP_NAME = 'work'") == 5);
		}
	}

	@Test
	void messagesThatComeAgainAreNotHandledAgain() {
		try (TestNode node = start(Work.class)) {
			Work work = node.bean(Work.class);
			for (int i = 0; i < 50; i++) {
				node.broadcaster().broadcast("orders/" + i % 5, "text " + i).join();
			}
			await().until(() -> work.rows().size() == 50);
			node.context().stop();
			// As if the node had died before any progress was stored
			work.jdbc.update("UPDATE ATMOSPHERE_GROUP_LANE SET PROGRESS = 0 WHERE GROUP_NAME = 'work'");
			work.jdbc.update("DELETE FROM ATMOSPHERE_GROUP_CHANNEL");
			node.context().start();
			node.awaitUp();
			node.broadcaster().broadcast("orders/1", "last").join();
			await().until(() -> work.rows().contains("last"));
			await().until(() -> group(node).statistics().lag() == 0);
			await().until(() -> work.jdbc.queryForObject(
					"SELECT SUM(PROGRESS) FROM ATMOSPHERE_GROUP_LANE WHERE GROUP_NAME = 'work'", Long.class) > 0);
			assertThat(work.rows()).hasSize(51).doesNotHaveDuplicates();
			assertThat(work.calls).hasSize(51).doesNotHaveDuplicates();
		}
	}

	@Test
	void aNodeThatLosesItsLaneInTheMiddleOfTheWorkRollsItBack() {
		try (TestNode node = start(Work.class)) {
			Work work = node.bean(Work.class);
			node.broadcaster().broadcast("orders/1", "before").join();
			await().until(() -> work.rows().contains("before"));
			node.broadcaster().broadcast("orders/1", "lane is stolen").join();
			await().until(() -> work.rows().contains("lane is stolen"));
			assertThat(work.calls).containsExactly("before", "lane is stolen", "lane is stolen");
			assertThat(work.rows()).containsExactlyInAnyOrder("before", "lane is stolen");
			await().until(() -> work.done.size() == 2);
		}
	}

	@Test
	void whatWasSetAsideIsHandledOnceToo() {
		try (TestNode node = start(Work.class)) {
			Work work = node.bean(Work.class);
			node.broadcaster().broadcast("orders/1", "fails").join();
			node.broadcaster().broadcast("orders/1", "after").join();
			await().until(() -> work.aside.size() == 1 && work.rows().contains("after"));
			UUID id = work.aside.get(0).messageId().value();
			assertThat(group(node).replay(id).join().handled()).isFalse();
			assertThat(work.rows()).containsExactly("after");
			work.broken = false;
			work.jdbc.execute("CREATE TABLE KEPT AS SELECT * FROM ATMOSPHERE_GROUP_SET_ASIDE");
			assertThat(group(node).replay(id).join().handled()).isTrue();
			assertThat(group(node).countSetAside().join()).isZero();
			// As if another operator had it on the screen of another node
			work.jdbc.update("INSERT INTO ATMOSPHERE_GROUP_SET_ASIDE SELECT * FROM KEPT");
			assertThat(group(node).replay(id).join().handled()).isTrue();
			assertThat(group(node).countSetAside().join()).isZero();
			assertThat(work.rows()).containsExactlyInAnyOrder("after", "fails");
		}
	}

	@Test
	void whatCannotWorkFailsTheStart() {
		assertThatThrownBy(() -> start(Work.class, "atmosphere.relay.type=local").close())
			.hasStackTraceContaining("the relay 'local' does not store the progress")
			.hasStackTraceContaining("exactlyOnce");
		assertThatThrownBy(() -> start(Later.class).close()).hasStackTraceContaining("returns a CompletionStage");
		assertThatThrownBy(() -> start(Alone.class).close()).hasStackTraceContaining("no 'group'");
		assertThatThrownBy(() -> start(Plain.class, "atmosphere.outbox.enabled=false",
				"spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration")
			.close()).hasStackTraceContaining("no transaction manager of the application");
	}

	private static GroupRunner group(TestNode node) {
		return Objects.requireNonNull(node.bean(GroupListeners.class).runners().find("work"));
	}

	private static int count(Work work, String table) {
		Integer count = work.jdbc.queryForObject("SELECT COUNT(*) FROM " + table, Integer.class);
		return (count != null) ? count : 0;
	}

	static class Work {

		final List<String> calls = new CopyOnWriteArrayList<>();

		final List<String> done = new CopyOnWriteArrayList<>();

		final List<GroupMessageSetAside> aside = new CopyOnWriteArrayList<>();

		final JdbcTemplate jdbc;

		private final Broadcaster broadcaster;

		volatile boolean broken = true;

		private boolean failed;

		private boolean stolen;

		Work(JdbcTemplate jdbc, Broadcaster broadcaster) {
			this.jdbc = jdbc;
			this.broadcaster = broadcaster;
			jdbc.execute("CREATE TABLE IF NOT EXISTS WORK (TEXT VARCHAR(100))");
		}

		List<String> rows() {
			return this.jdbc.queryForList("SELECT TEXT FROM WORK", String.class);
		}

		@ChannelListener(value = "orders/**", group = "work", exactlyOnce = true)
		void work(String text, MessageId id) {
			this.calls.add(text);
			this.jdbc.update("INSERT INTO WORK VALUES (?)", text);
			this.broadcaster.broadcast("done", text);
			switch (text) {
				case "fails once" -> {
					if (!this.failed) {
						this.failed = true;
						throw new IllegalStateException("expected");
					}
				}
				case "recovers" -> throw new UnsupportedOperationException("expected");
				case "lane is stolen" -> {
					if (!this.stolen) {
						this.stolen = true;
						CompletableFuture
							.runAsync(() -> this.jdbc.update("UPDATE ATMOSPHERE_GROUP_LANE SET TOKEN = TOKEN + 1"))
							.join();
					}
				}
				case "fails" -> {
					if (this.broken) {
						throw new IllegalStateException("expected");
					}
				}
				default -> {
				}
			}
		}

		@MessageExceptionHandler
		void onFailure(UnsupportedOperationException failure) {
			this.jdbc.update("INSERT INTO WORK VALUES ('recovered')");
		}

		@ChannelListener("done")
		void done(String text) {
			this.done.add(text);
		}

		@EventListener
		void onSetAside(GroupMessageSetAside message) {
			this.aside.add(message);
		}

	}

	static class Later {

		@ChannelListener(value = "orders/**", group = "work", exactlyOnce = true)
		CompletableFuture<Void> work(String text) {
			return CompletableFuture.completedFuture(null);
		}

	}

	static class Plain {

		@ChannelListener(value = "orders/**", group = "work", exactlyOnce = true)
		void work(String text) {
		}

	}

	static class Alone {

		@ChannelListener(value = "orders/**", exactlyOnce = true)
		void work(String text) {
		}

	}

}
