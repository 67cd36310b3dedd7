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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import javax.sql.DataSource;

import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.broadcast.internal.PublishingTransactions;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.LogRow;
import io.github.atmosphererelay.jdbc.internal.ShardHead;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.jdbc.internal.TestDatabases;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.node.internal.NodeExtensions;
import io.github.atmosphererelay.node.internal.NodeFixture;
import io.github.atmosphererelay.test.FakeRelay;
import org.awaitility.Awaitility;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A node with a relay that writes down what is sent, and an outbox that forwards nothing:
 * what is stored stays to be looked at.
 */
final class OutboxNode implements AutoCloseable {

	final FakeRelay relay = new FakeRelay().recorded();

	final EnvelopeCodec codec = new EnvelopeCodec(1_000);

	final OutboxLog log;

	final OutboxTransactions transactions;

	private final NodeFixture fixture;

	private final JdbcTemplate jdbc;

	private final DatabaseDialect dialect;

	OutboxNode(DataSource dataSource, boolean required) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.log = new OutboxLog(new Database(dataSource, Duration.ofSeconds(10)), TestDatabases.newName(), this.codec);
		this.dialect = this.log.database().dialect();
		this.transactions = new OutboxTransactions(dataSource, this.log, required);
		this.fixture = new NodeFixture(this.relay, new NodeExtensions() {

			@Override
			public PublishingTransactions publishingTransactions() {
				return OutboxNode.this.transactions;
			}

		});
		this.fixture.start();
		Awaitility.await().until(() -> this.fixture.node.monitor().isUp());
	}

	DefaultBroadcaster broadcaster() {
		return this.fixture.node.broadcaster();
	}

	/**
	 * Return the messages that are committed in the tables, those of a shard in order.
	 */
	List<Envelope> stored() {
		ShardedLog log = new ShardedLog(this.log.name(), this.dialect, this.codec, 1);
		List<ShardHead> heads = new ArrayList<>(log.heads(this.jdbc));
		heads.sort(Comparator.comparing(ShardHead::shard));
		List<Envelope> stored = new ArrayList<>();
		for (ShardHead head : heads) {
			List<LogRow> rows = log.read(this.jdbc, head, 0, 1000, 1_000_000);
			if (rows.size() != head.number()) {
				throw new AssertionError("Shard " + head.shard() + " has a gap");
			}
			rows.forEach((row) -> stored.add(this.codec.decode(row.envelope())));
		}
		return stored;
	}

	List<String> storedTexts() {
		return texts(stored());
	}

	/**
	 * Return what was sent to the relay.
	 */
	List<String> sentTexts() {
		return texts(this.relay.published());
	}

	private static List<String> texts(List<Envelope> envelopes) {
		return envelopes.stream().map((envelope) -> envelope.payload().asText()).toList();
	}

	/**
	 * Return a channel of a shard.
	 */
	static String channel(int shard) {
		for (int i = 0;; i++) {
			String name = "chat/" + i;
			if (ShardedLog.shardOf(new Address.Channel(name)) == shard) {
				return name;
			}
		}
	}

	@Override
	public void close() {
		this.fixture.close();
	}

}
