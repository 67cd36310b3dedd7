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

package io.github.atmosphererelay.outbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.broadcast.Broadcaster;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * An application that writes rows of its own and publishes in the same transactions, on
 * many threads, as long as it lives.
 */
@Configuration(proxyBeanMethods = false)
class OutboxApplication {

	static final int CHANNELS = 12;

	/** The first ones are recorded. */
	static final int RECORDED = 8;

	static String channel(int number) {
		return ((number < RECORDED) ? "log/" : "chat/") + number;
	}

	@Bean
	DataSource dataSource(@Value("${test.url}") String url, @Value("${test.user}") String user,
			@Value("${test.password:}") String password) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(url);
		pool.setUsername(user);
		pool.setPassword(password);
		pool.setMaximumPoolSize(12);
		return pool;
	}

	@Bean
	JdbcTransactionManager transactionManager(DataSource dataSource) {
		return new JdbcTransactionManager(dataSource);
	}

	@Bean
	Writers writers(JdbcTransactionManager manager, DataSource dataSource, Broadcaster broadcaster,
			@Value("${test.writers}") int writers, @Value("${test.wait:false}") boolean wait) {
		return new Writers(new TransactionTemplate(manager), new JdbcTemplate(dataSource), broadcaster, writers, !wait);
	}

	/**
	 * The threads that write, from the start or from when the test wants it.
	 */
	static final class Writers implements SmartLifecycle {

		private final TransactionTemplate transaction;

		private final JdbcTemplate jdbc;

		private final Broadcaster broadcaster;

		private final int number;

		private final boolean autoStartup;

		private final AtomicInteger failures = new AtomicInteger();

		private final List<Thread> threads = new ArrayList<>();

		private volatile boolean running;

		private Writers(TransactionTemplate transaction, JdbcTemplate jdbc, Broadcaster broadcaster, int number,
				boolean autoStartup) {
			this.transaction = transaction;
			this.jdbc = jdbc;
			this.broadcaster = broadcaster;
			this.number = number;
			this.autoStartup = autoStartup;
		}

		@Override
		public void start() {
			this.running = true;
			for (int i = 0; i < this.number; i++) {
				Thread thread = new Thread(this::write, "writer-" + i);
				thread.setDaemon(true);
				this.threads.add(thread);
				thread.start();
			}
		}

		private void write() {
			Random random = new Random();
			while (this.running) {
				try {
					transaction(random);
				}
				catch (DataAccessException | TransactionException ex) {
					// The database counts: it is asked in the end what was committed
					this.failures.incrementAndGet();
					System.out.println("A transaction has failed: " + ex);
				}
				LockSupport.parkNanos(random.nextInt(40_000_000));
			}
		}

		/**
		 * Write some rows, each with the next number of its channel. The lock on that
		 * number lasts until the commit, so that the numbers are in the order of the
		 * commits, whatever the outbox does.
		 */
		private void transaction(Random random) {
			int first = random.nextInt(CHANNELS);
			int last = Math.min(CHANNELS, first + 1 + random.nextInt(3));
			boolean rollback = random.nextInt(10) == 0;
			this.transaction.executeWithoutResult((status) -> {
				for (int channel = first; channel < last; channel++) {
					String name = channel(channel);
					this.jdbc.update("UPDATE CHANNEL SET LAST = LAST + 1 WHERE NAME = ?", name);
					Long number = this.jdbc.queryForObject("SELECT LAST FROM CHANNEL WHERE NAME = ?", Long.class, name);
					String id = UUID.randomUUID().toString();
					this.jdbc.update("INSERT INTO BUSINESS (ID, CHANNEL, NUMBER) VALUES (?, ?, ?)", id, name, number);
					this.broadcaster.broadcast(name, id);
				}
				LockSupport.parkNanos(random.nextInt(20_000_000));
				if (rollback) {
					status.setRollbackOnly();
				}
			});
		}

		/**
		 * Return how many transactions have failed.
		 */
		int failures() {
			return this.failures.get();
		}

		@Override
		public boolean isAutoStartup() {
			return this.autoStartup;
		}

		@Override
		public void stop() {
			this.running = false;
			for (Thread thread : this.threads) {
				try {
					thread.join(10_000);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			}
			this.threads.clear();
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

	}

}
