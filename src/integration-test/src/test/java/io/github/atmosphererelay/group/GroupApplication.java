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

package io.github.atmosphererelay.group;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.listening.ChannelListener;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.web.bind.annotation.PathVariable;

/**
 * An application whose nodes share the channels {@code work/**}: one listener writes each
 * message into a file of the node, another one, if the database is that of the relay,
 * into a table. For one channel a listener always fails.
 */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class GroupApplication {

	/** The channel for which the listener always fails. */
	static final String BAD = "bad";

	/** The group of all nodes from the beginning. */
	static final String WORK = "work";

	/** The group that is added to nodes that run with {@code test.late}. */
	static final String LATE = "late";

	/** The group of nodes that run with {@code test.once}. */
	static final String ONCE = "once";

	@Bean
	Journal journal(@Value("${test.journal}") String file) throws IOException {
		return new Journal(file);
	}

	@Bean
	Worker worker(Journal journal) {
		return new Worker(journal);
	}

	@Bean
	@ConditionalOnBooleanProperty("test.late")
	LateWorker lateWorker(Journal journal) {
		return new LateWorker(journal);
	}

	@Bean
	@ConditionalOnBooleanProperty("test.once")
	OnceWorker onceWorker(JdbcTemplate jdbc) {
		return new OnceWorker(jdbc);
	}

	@Bean
	LagReport lagReport(Journal journal, GroupListeners groups) {
		return new LagReport(journal, groups);
	}

	/**
	 * The file of a node, of which no line is lost when the process is killed.
	 */
	static final class Journal {

		private final FileOutputStream out;

		private Journal(String file) throws IOException {
			this.out = new FileOutputStream(file, true);
		}

		synchronized void write(String line) {
			try {
				this.out.write((line + '\n').getBytes(StandardCharsets.UTF_8));
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		/**
		 * Note a message, or fail if it is of the channel that always fails.
		 */
		void handle(String group, String channel, String number) {
			if (channel.equals(BAD)) {
				throw new IllegalStateException("expected");
			}
			write("handled " + group + " " + channel + " " + number + " " + System.currentTimeMillis());
		}

	}

	/**
	 * Handles each message at least once.
	 */
	static final class Worker {

		private final Journal journal;

		private Worker(Journal journal) {
			this.journal = journal;
		}

		@ChannelListener(value = "work/{channel}", group = WORK, start = ChannelListener.Start.BEGINNING)
		void work(String number, @PathVariable String channel) {
			this.journal.handle(WORK, channel, number);
		}

	}

	/**
	 * Handles what the logs still have.
	 */
	static final class LateWorker {

		private final Journal journal;

		private LateWorker(Journal journal) {
			this.journal = journal;
		}

		@ChannelListener(value = "work/{channel}", group = LATE, start = ChannelListener.Start.BEGINNING)
		void work(String number, @PathVariable String channel) {
			this.journal.handle(LATE, channel, number);
		}

	}

	/**
	 * Handles each message exactly once.
	 */
	static final class OnceWorker {

		private final JdbcTemplate jdbc;

		private OnceWorker(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ChannelListener(value = "work/{channel}", group = ONCE, start = ChannelListener.Start.BEGINNING,
				exactlyOnce = true)
		void work(String number, @PathVariable String channel) {
			if (channel.equals(BAD)) {
				throw new IllegalStateException("expected");
			}
			this.jdbc.update("INSERT INTO WORKED (CHANNEL, NUMBER) VALUES (?, ?)", channel, Integer.parseInt(number));
		}

	}

	/**
	 * Writes into the node's file what its groups have.
	 */
	static final class LagReport {

		private final Journal journal;

		private final GroupListeners groups;

		private final Map<String, Long> setAside = new HashMap<>();

		private LagReport(Journal journal, GroupListeners groups) {
			this.journal = journal;
			this.groups = groups;
		}

		@Scheduled(fixedDelay = 500)
		void report() {
			for (GroupRunner group : this.groups.runners().all()) {
				this.journal.write("lag " + group.name() + " " + group.describe().lanes().size() + " "
						+ group.statistics().lag() + " " + group.statistics().count(Event.LANE_LOST));
			}
			for (GroupRunner group : this.groups.runners().all()) {
				long count = group.statistics().setAside();
				if (!Long.valueOf(count).equals(this.setAside.get(group.name()))) {
					this.journal.write("aside " + group.name() + " " + setAside(group));
					this.setAside.put(group.name(), count);
				}
			}
		}

		private String setAside(GroupRunner group) {
			return group.setAside(0, 1000)
				.orTimeout(10, TimeUnit.SECONDS)
				.join()
				.stream()
				.map((message) -> message.publication().payload().asText())
				.collect(Collectors.joining(","));
		}

	}

}
