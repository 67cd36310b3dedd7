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

package io.github.atmosphererelay.outbox.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.jdbc.internal.TestDatabases;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.TransactionTimedOutException;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What the outbox promises with every transaction manager.
 */
@Timeout(60)
abstract class AbstractOutboxTransactionTests {

	final TestDatabases kind;

	final DataSource dataSource;

	final JdbcTemplate jdbc;

	OutboxNode node;

	AbstractPlatformTransactionManager manager;

	AbstractOutboxTransactionTests(TestDatabases kind) {
		this.kind = kind;
		this.dataSource = kind.pool();
		this.jdbc = new JdbcTemplate(this.dataSource);
	}

	/**
	 * Return the manager whose transactions are tested.
	 */
	abstract AbstractPlatformTransactionManager manager();

	@BeforeEach
	void start() {
		this.node = new OutboxNode(this.dataSource, false);
		this.manager = manager();
		this.manager.addListener(this.node.transactions);
	}

	@AfterEach
	void stop() {
		this.node.close();
		assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
	}

	Broadcaster broadcaster() {
		return this.node.broadcaster();
	}

	CompletableFuture<Receipt> publish(String text) {
		return broadcaster().broadcast("chat/lobby", text);
	}

	TransactionTemplate transaction() {
		TransactionTemplate template = new TransactionTemplate(this.manager);
		if (this.kind != TestDatabases.H2) {
			template.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		}
		return template;
	}

	private TransactionTemplate nested(int propagation) {
		TransactionTemplate template = new TransactionTemplate(this.manager);
		template.setPropagationBehavior(propagation);
		return template;
	}

	@Test
	void insideATransactionAMessageIsPendingAndIsStoredByTheCommit() {
		Receipt receipt = transaction().execute((status) -> {
			CompletableFuture<Receipt> future = publish("hello");
			assertThat(future).isCompleted();
			assertThat(this.node.stored()).isEmpty();
			return future.join();
		});
		assertThat(receipt.outcome()).isEqualTo(Outcome.PENDING);
		assertThat(receipt.position()).isNull();
		assertThat(this.node.stored()).singleElement()
			.satisfies((envelope) -> assertThat(envelope.id()).isEqualTo(receipt.messageId()));
		assertThat(this.node.sentTexts()).isEmpty();
	}

	@Test
	void usersAndEveryoneAreReachedByTheTransactionToo() {
		transaction().executeWithoutResult((status) -> {
			broadcaster().toUser("ann", "user");
			broadcaster().toEveryone("all");
			broadcaster().toSession("00000000000000000000000000.1", "unknown");
		});
		assertThat(this.node.storedTexts()).contains("user", "all");
		assertThat(this.node.sentTexts()).isEmpty();
	}

	@Test
	void aMessageToARecordedChannelKeepsItsKeyOrGetsItsIdAsOne() {
		transaction().executeWithoutResult((status) -> {
			broadcaster().broadcast("log/one", "own", PublishOptions.DEFAULTS.idempotencyKey("key"));
			broadcaster().broadcast("log/one", "none");
		});
		assertThat(this.node.stored()).hasSize(2)
			.extracting(Envelope::log)
			.extracting(LogOptions::idempotencyKey)
			.containsExactly("key", this.node.stored().get(1).id().toString());
	}

	@Test
	void aRolledBackTransactionPublishesNothing() {
		transaction().executeWithoutResult((status) -> {
			publish("one");
			status.setRollbackOnly();
		});
		assertThatIllegalStateException().isThrownBy(() -> transaction().executeWithoutResult((status) -> {
			publish("two");
			throw new IllegalStateException();
		}));
		assertThat(this.node.stored()).isEmpty();
		assertThat(this.node.sentTexts()).isEmpty();
	}

	@Test
	void anErrorOfTheCallIsThrownAtOnceAndLeavesTheRestToBeCommitted() {
		transaction().executeWithoutResult((status) -> {
			publish("one");
			assertThatExceptionOfType(RuntimeException.class)
				.isThrownBy(() -> broadcaster().broadcast("no/such/channel", "x"));
			publish("two");
		});
		assertThat(this.node.storedTexts()).containsExactly("one", "two");
	}

	@Test
	void anExceptionBeforeTheCommitRollsBackWhoeverThrowsIt() {
		assertThatIllegalStateException().isThrownBy(() -> transaction().executeWithoutResult((status) -> {
			publish("synchronization");
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void beforeCommit(boolean readOnly) {
					throw new IllegalStateException();
				}

			});
		}));
		this.manager.addListener(new TransactionExecutionListener() {

			@Override
			public void beforeCommit(TransactionExecution transaction) {
				throw new IllegalStateException();
			}

		});
		assertThatIllegalStateException()
			.isThrownBy(() -> transaction().executeWithoutResult((status) -> publish("listener")));
		assertThat(this.node.stored()).isEmpty();
	}

	@Test
	void anExceptionAfterTheCommitChangesNothing() {
		assertThatIllegalStateException().isThrownBy(() -> transaction().executeWithoutResult((status) -> {
			publish("one");
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void afterCommit() {
					throw new IllegalStateException();
				}

			});
		}));
		assertThat(this.node.storedTexts()).containsExactly("one");
	}

	@Test
	void whatIsPublishedBeforeTheCommitBelongsToIt() {
		transaction().executeWithoutResult(
				(status) -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void beforeCommit(boolean readOnly) {
						publish("before commit");
					}

					@Override
					public void beforeCompletion() {
						publish("before completion");
					}

				}));
		assertThat(this.node.storedTexts()).containsExactly("before commit", "before completion");
	}

	@Test
	void whatIsPublishedAfterTheCommitIsSentAtOnce() {
		List<Outcome> outcomes = new ArrayList<>();
		transaction().executeWithoutResult(
				(status) -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public int getOrder() {
						return Integer.MIN_VALUE;
					}

					@Override
					public void afterCommit() {
						outcomes.add(publish("after commit").join().outcome());
					}

					@Override
					public void afterCompletion(int status) {
						outcomes.add(publish("after completion").join().outcome());
					}

				}));
		assertThat(outcomes).containsExactly(Outcome.RELAYED, Outcome.RELAYED);
		assertThat(this.node.sentTexts()).containsExactly("after commit", "after completion");
		assertThat(this.node.stored()).isEmpty();
	}

	/**
	 * The listeners of {@code @TransactionalEventListener} are such synchronizations, and
	 * come after those that were registered before them.
	 */
	@Test
	void whatASynchronizationWithoutAnOrderPublishesAfterTheCompletionIsSentAtOnce() {
		List<Outcome> outcomes = new ArrayList<>();
		TransactionSynchronization last = new TransactionSynchronization() {

			@Override
			public void afterCompletion(int status) {
				outcomes.add(publish("after " + status).join().outcome());
			}

		};
		transaction().executeWithoutResult((status) -> TransactionSynchronizationManager.registerSynchronization(last));
		transaction().executeWithoutResult((status) -> {
			publish("rolled back");
			TransactionSynchronizationManager.registerSynchronization(last);
			status.setRollbackOnly();
		});
		assertThat(outcomes).containsExactly(Outcome.RELAYED, Outcome.RELAYED);
		assertThat(this.node.sentTexts()).containsExactly("after 0", "after 1");
		assertThat(this.node.stored()).isEmpty();
	}

	@Test
	void whatIsPublishedAfterARollbackIsSentAtOnce() {
		transaction().executeWithoutResult((status) -> {
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public int getOrder() {
					return 0;
				}

				@Override
				public void afterCompletion(int status) {
					publish("after the rollback");
				}

			});
			status.setRollbackOnly();
		});
		assertThat(this.node.sentTexts()).containsExactly("after the rollback");
	}

	/**
	 * Transaction managers look at the mark before {@code beforeCommit} only.
	 */
	@Test
	void aMarkToRollBackThatComesTooLateRollsBackWhatHasMessages() {
		assertThatExceptionOfType(OutboxException.class)
			.isThrownBy(() -> transaction().executeWithoutResult((status) -> {
				change("late mark");
				publish("one");
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void beforeCommit(boolean readOnly) {
						status.setRollbackOnly();
					}

				});
			}))
			.withMessageContaining("marked");
		assertThat(isChanged("late mark")).isFalse();
		assertThat(this.node.stored()).isEmpty();
	}

	@Test
	void anInnerRollbackIsToldAsItIsWithoutTheOutbox() {
		assertThatExceptionOfType(UnexpectedRollbackException.class)
			.isThrownBy(() -> transaction().executeWithoutResult((outer) -> {
				publish("one");
				assertThatIllegalStateException().isThrownBy(() -> transaction().executeWithoutResult((inner) -> {
					throw new IllegalStateException();
				}));
				publish("two");
			}));
		assertThat(this.node.stored()).isEmpty();
		assertThat(this.node.sentTexts()).isEmpty();
	}

	/**
	 * Transaction managers do not roll back for a {@link TransactionException} before the
	 * commit, and JDBC commits when autocommit is switched on again.
	 */
	@Test
	void anExceptionForWhichManagersDoNotRollBackCommitsNoChangesWithoutTheirMessages() {
		assertThatExceptionOfType(TransactionTimedOutException.class)
			.isThrownBy(() -> transaction().executeWithoutResult((status) -> {
				change("timed out");
				publish("one");
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void beforeCommit(boolean readOnly) {
						throw new TransactionTimedOutException("too late");
					}

				});
			}));
		assertThat(isChanged("timed out")).isFalse();
		assertThat(this.node.stored()).isEmpty();
	}

	/**
	 * Change something else in the database, within the present transaction.
	 */
	private void change(String name) {
		this.jdbc.update("INSERT INTO ATMOSPHERE_TRIM (LOG_NAME, SHARD, CHANNEL, TRIMMED_TO) VALUES ('other', 0, ?, 0)",
				name);
	}

	private boolean isChanged(String name) {
		return this.jdbc.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_TRIM WHERE LOG_NAME = 'other' AND CHANNEL = ?",
				Long.class, name) > 0;
	}

	@Test
	void aTransactionOfItsOwnPublishesForItself() {
		transaction().executeWithoutResult((outer) -> {
			publish("outer");
			nested(TransactionDefinition.PROPAGATION_REQUIRES_NEW).executeWithoutResult((inner) -> publish("inner"));
			assertThat(this.node.storedTexts()).containsExactly("inner");
			nested(TransactionDefinition.PROPAGATION_REQUIRES_NEW).executeWithoutResult((inner) -> {
				publish("rolled back");
				inner.setRollbackOnly();
			});
			publish("outer again");
			outer.setRollbackOnly();
		});
		assertThat(this.node.storedTexts()).containsExactly("inner");
		transaction().executeWithoutResult((outer) -> {
			publish("first");
			nested(TransactionDefinition.PROPAGATION_REQUIRES_NEW).executeWithoutResult((inner) -> {
				publish("no");
				inner.setRollbackOnly();
			});
			nested(TransactionDefinition.PROPAGATION_NOT_SUPPORTED).executeWithoutResult((inner) -> publish("now"));
			publish("second");
		});
		assertThat(this.node.storedTexts()).containsExactly("inner", "first", "second");
		assertThat(this.node.sentTexts()).containsExactly("now");
	}

	@Test
	void aMessageWithoutRoomForTheHeaderOfARepetitionIsRefusedBeforeItIsCommitted() {
		PublishOptions options = PublishOptions.DEFAULTS;
		for (int i = 0; i < 64; i++) {
			options = options.header("name-" + i, "value");
		}
		PublishOptions full = options;
		assertThatExceptionOfType(OutboxException.class)
			.isThrownBy(() -> transaction()
				.executeWithoutResult((status) -> broadcaster().broadcast("chat/lobby", "one", full)))
			.withMessageContaining("63 headers");
		assertThat(this.node.stored()).isEmpty();
	}

	@Test
	void aReadOnlyTransactionIsToldWhatToDo() {
		TransactionTemplate readOnly = transaction();
		readOnly.setReadOnly(true);
		readOnly.executeWithoutResult((status) -> {
			assertThatExceptionOfType(OutboxException.class).isThrownBy(() -> publish("one"))
				.withMessageContaining("readOnly")
				.withMessageContaining("afterCommit()");
			broadcaster().broadcast("chat/lobby", "two", PublishOptions.DEFAULTS.afterCommit());
			assertThat(this.node.sentTexts()).isEmpty();
		});
		assertThat(this.node.stored()).isEmpty();
		assertThat(this.node.sentTexts()).containsExactly("two");
	}

	@Test
	void anIsolationAtWhichTransactionsWouldFailIsRefusedByName() {
		TransactionTemplate strict = transaction();
		strict.setIsolationLevel(TransactionDefinition.ISOLATION_SERIALIZABLE);
		assertThatExceptionOfType(OutboxException.class)
			.isThrownBy(() -> strict.executeWithoutResult((status) -> publish("one")))
			.withMessageContaining("SERIALIZABLE");
		assertThat(this.node.stored()).isEmpty();
	}

	@Test
	void outsideOfATransactionAMessageIsSentAtOnceUnlessThatIsAnError() {
		assertThat(publish("one").join().outcome()).isEqualTo(Outcome.RELAYED);
		try (OutboxNode strict = new OutboxNode(this.dataSource, true)) {
			assertThatExceptionOfType(OutboxException.class)
				.isThrownBy(() -> strict.broadcaster().broadcast("chat/lobby", "two"))
				.withMessageContaining("atmosphere.outbox.required");
			strict.broadcaster().broadcast("chat/lobby", "three", PublishOptions.DEFAULTS.afterCommit());
			assertThat(strict.sentTexts()).containsExactly("three");
		}
	}

	@Test
	void whatStaysOnThisNodeAndWhatAsksForItWaitsInMemory() {
		transaction().executeWithoutResult((status) -> {
			assertThat(broadcaster().broadcast("local/room", "local").join().outcome()).isEqualTo(Outcome.PENDING);
			broadcaster().broadcast("chat/lobby", "asked", PublishOptions.DEFAULTS.afterCommit());
			assertThat(this.node.sentTexts()).isEmpty();
		});
		assertThat(this.node.stored()).isEmpty();
		assertThat(this.node.sentTexts()).containsExactly("asked");
		transaction().executeWithoutResult((status) -> {
			broadcaster().broadcast("chat/lobby", "never", PublishOptions.DEFAULTS.afterCommit());
			status.setRollbackOnly();
		});
		assertThat(this.node.sentTexts()).containsExactly("asked");
	}

	@Test
	void aTransactionWhoseManagerIsUnknownIsRefused() {
		TransactionTemplate unknown = new TransactionTemplate(new DataSourceTransactionManager(this.dataSource));
		unknown.executeWithoutResult(
				(status) -> assertThatExceptionOfType(OutboxException.class).isThrownBy(() -> publish("one"))
					.withMessageContaining("must be a bean"));
		assertThat(this.node.sentTexts()).isEmpty();
	}

	@Test
	void aTransactionOfAnotherResourceAroundItEndsLater() {
		OtherManager other = new OtherManager();
		other.addListener(this.node.transactions);
		TransactionTemplate outer = new TransactionTemplate(other);
		outer.executeWithoutResult((status) -> {
			transaction().executeWithoutResult((inner) -> publish("one"));
			assertThat(this.node.storedTexts()).containsExactly("one");
			assertThat(publish("two").join().outcome()).isEqualTo(Outcome.RELAYED);
			transaction().executeWithoutResult((inner) -> {
				publish("three");
				inner.setRollbackOnly();
			});
			transaction().executeWithoutResult((inner) -> publish("four"));
		});
		assertThat(this.node.storedTexts()).containsExactly("one", "four");
		transaction().executeWithoutResult((status) -> {
			publish("five");
			outer.executeWithoutResult((inner) -> publish("six"));
			assertThat(this.node.storedTexts()).containsExactly("one", "four");
		});
		assertThat(this.node.storedTexts()).containsExactly("one", "four", "five", "six");
	}

	@Test
	void whatComesAfterTheCountersWereTakenIsWrittenIfTheirOrderAllowsIt() {
		String middle = OutboxNode.channel(7);
		late(OutboxNode.channel(9), false);
		transaction().executeWithoutResult((status) -> broadcaster().broadcast(middle, "one"));
		assertThat(this.node.storedTexts()).containsExactly("one", "late");
	}

	@Test
	void whatComesTooLateRollsTheTransactionBack() {
		String middle = OutboxNode.channel(7);
		String id = business();
		late(OutboxNode.channel(3), false);
		assertThatExceptionOfType(OutboxException.class)
			.isThrownBy(() -> transaction().executeWithoutResult((status) -> {
				insert(id);
				broadcaster().broadcast(middle, "one");
			}))
			.withMessageContaining("rolled back");
		assertThat(this.node.stored()).isEmpty();
		assertThat(count(id)).isZero();
	}

	@Test
	void whatComesTooLateRollsTheTransactionBackEvenIfTheExceptionIsSwallowed() {
		String middle = OutboxNode.channel(7);
		String id = business();
		late(OutboxNode.channel(3), true);
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> transaction().executeWithoutResult((status) -> {
				insert(id);
				broadcaster().broadcast(middle, "one");
			}));
		assertThat(this.node.stored()).isEmpty();
		assertThat(count(id)).isZero();
	}

	/**
	 * Publish after the outbox has written: its listener was added before.
	 */
	private void late(String channel, boolean swallow) {
		this.manager.addListener(new TransactionExecutionListener() {

			@Override
			public void beforeCommit(TransactionExecution transaction) {
				try {
					broadcaster().broadcast(channel, "late");
				}
				catch (OutboxException ex) {
					if (!swallow) {
						throw ex;
					}
				}
			}

		});
	}

	String business() {
		return UUID.randomUUID().toString();
	}

	void insert(String id) {
		this.jdbc.update("INSERT INTO BUSINESS (ID) VALUES (?)", id);
	}

	int count(String id) {
		Integer count = this.jdbc.queryForObject("SELECT COUNT(*) FROM BUSINESS WHERE ID = ?", Integer.class, id);
		return (count != null) ? count : 0;
	}

	/**
	 * Manages transactions of a resource that is not the database, as one of Kafka does.
	 */
	private static final class OtherManager extends AbstractPlatformTransactionManager {

		@Override
		protected Object doGetTransaction() {
			return new Object();
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
		}

		@Override
		protected @Nullable Object doSuspend(Object transaction) {
			return null;
		}

		@Override
		protected void doResume(@Nullable Object transaction, Object suspended) {
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
		}

	}

}
