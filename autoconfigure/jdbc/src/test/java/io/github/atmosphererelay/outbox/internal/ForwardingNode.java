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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.broadcast.internal.PublishingTransactions;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.node.internal.NodeExtensions;
import io.github.atmosphererelay.node.internal.NodeFixture;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.FakeRelay;
import org.awaitility.Awaitility;

import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A node with a relay that writes down what is sent, and an outbox that forwards.
 */
final class ForwardingNode implements AutoCloseable {

	final FakeRelay relay = new FakeRelay().recorded();

	final List<Object> events = new CopyOnWriteArrayList<>();

	final Outbox outbox;

	final HikariDataSource pool;

	final TransactionTemplate transaction;

	final NodeFixture fixture;

	ForwardingNode(HikariDataSource pool, String log, Duration lease) {
		this(pool, log, lease, new OutboxSettings(lease, 3, Duration.ofSeconds(20), Duration.ofSeconds(1)));
	}

	ForwardingNode(HikariDataSource pool, String log, Duration lease, OutboxSettings settings) {
		this.pool = pool;
		EnvelopeCodec codec = new EnvelopeCodec(1_000);
		OutboxLog rows = new OutboxLog(new Database(pool, Duration.ofSeconds(10)), log, codec);
		OutboxTransactions transactions = new OutboxTransactions(pool, rows, false);
		DataSourceTransactionManager manager = new DataSourceTransactionManager(pool);
		manager.addListener(transactions);
		this.transaction = new TransactionTemplate(manager);
		this.fixture = new NodeFixture(this.relay, new NodeExtensions() {

			@Override
			public PublishingTransactions publishingTransactions() {
				return transactions;
			}

		});
		this.fixture.start();
		Awaitility.await().until(() -> this.fixture.node.monitor().isUp());
		this.outbox = new Outbox(rows, codec, settings, broadcaster()::forward, broadcaster()::read,
				this.fixture.node.monitor(), ClusterLink.ofOutbox(this.fixture.node.control()),
				this.fixture.node.timers(), this.events::add);
		this.outbox.start(this.fixture.node.identity().id());
	}

	DefaultBroadcaster broadcaster() {
		return this.fixture.node.broadcaster();
	}

	/**
	 * Publish in a transaction of its own.
	 */
	void publish(String channel, String text) {
		this.transaction.executeWithoutResult((status) -> broadcaster().broadcast(channel, text));
	}

	/**
	 * Let the relay answer messages in another way than that it has relayed them; not
	 * what nodes say to each other.
	 */
	void answer(Function<Envelope, CompletableFuture<Receipt>> answer) {
		this.relay.answer((envelope) -> (envelope.kind() == Envelope.Kind.MESSAGE) ? answer.apply(envelope)
				: CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED)));
	}

	/**
	 * Connect a client to a channel.
	 */
	FakeTransport connect(String channel) {
		FakeTransport socket = new FakeTransport();
		LocalSession session = this.fixture.open(null, socket);
		this.fixture.node.subscriptions().connected(session);
		this.fixture.node.subscriptions().subscribe(session, channel);
		return socket;
	}

	List<Envelope> sent() {
		return this.relay.published().stream().filter((envelope) -> envelope.kind() == Envelope.Kind.MESSAGE).toList();
	}

	List<String> sentTexts() {
		return sent().stream().map((envelope) -> envelope.payload().asText()).toList();
	}

	@Override
	public void close() {
		this.outbox.stop();
		this.fixture.close();
	}

}
