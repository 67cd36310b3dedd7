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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayProbe;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.UnavailableLog;
import io.github.atmosphererelay.relay.jdbc.group.internal.JdbcGroups;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The relay over tables of a relational database, a
 * {@link io.github.atmosphererelay.jdbc.internal.ShardedLog ShardedLog}: every envelope
 * is a row, and every node reads all rows in the order in which they were committed. Rows
 * of ephemeral envelopes are removed after a minute, those of recorded channels when
 * their retention ends or their log is too long.
 * <p>
 * Live delivery is at least once: a node that was away continues where it was, as long as
 * the rows that it has missed exist, and hears of a gap otherwise.
 * <p>
 * Recorded channels share the numbers of their shard: the offsets of a channel grow, but
 * are not consecutive. The epoch of a shard changes when the database is found to have
 * lost rows that it had committed.
 * <p>
 * Probes are envelopes through the tables, as the interface suggests: a row that this
 * node commits and reads back proves that it can write, that its counters work, and that
 * its reader reads. While the relay is known to work they wait for heartbeats, to be
 * written and read together with these; other nodes pass over the row and are not woken
 * for it.
 * <p>
 * Threads: one that writes, one that reads, one for deadlines, and with PostgreSQL one
 * that listens; up to three more that read logs, one that removes old rows, and up to
 * three for consumer groups if there are any. Connections: one for each of these but the
 * deadlines, however many addresses are followed. None of them comes from a pool of the
 * application. No method waits for the database, except {@link #stop()} for a few
 * seconds.
 */
public final class JdbcRelay implements ClusterRelay {

	static final String NAME = "jdbc";

	private static final ChannelLog NOT_STARTED = new UnavailableLog(() -> new RelayUnavailableException(NAME, null));

	private final ConnectionSource source;

	private final ConnectionSource listenSource;

	private final JdbcRelaySettings settings;

	/** Known from the first connection on. */
	private final AtomicReference<@Nullable ShardedLog> shardedLog = new AtomicReference<>();

	private final StartedGroups groups = new StartedGroups(this::currentGroups);

	private final Object lifecycle = new Object();

	private volatile @Nullable JdbcConnector connector;

	/**
	 * Create a relay that is not started yet.
	 * @param source opens the relay's connections
	 * @param settings the relay's settings
	 */
	public JdbcRelay(ConnectionSource source, JdbcRelaySettings settings) {
		this(source, source, settings);
	}

	/**
	 * Create a relay that is not started yet.
	 * @param source opens the relay's connections
	 * @param listenSource opens the connection on which PostgreSQL notifies; directly,
	 * where the others lead through a pooler
	 * @param settings the relay's settings
	 */
	public JdbcRelay(ConnectionSource source, ConnectionSource listenSource, JdbcRelaySettings settings) {
		this.source = source;
		this.listenSource = listenSource;
		this.settings = settings;
	}

	@Override
	public String name() {
		return NAME;
	}

	/**
	 * Return the settings.
	 * @return the settings
	 */
	public JdbcRelaySettings settings() {
		return this.settings;
	}

	@Override
	public void start(RelayListener listener) {
		synchronized (this.lifecycle) {
			if (this.connector != null) {
				throw new IllegalStateException("The jdbc relay is already started");
			}
			JdbcConnector connector = new JdbcConnector(this.source, this.listenSource, this.settings, this.shardedLog,
					listener);
			this.connector = connector;
			connector.start();
		}
	}

	@Override
	public void stop() {
		synchronized (this.lifecycle) {
			JdbcConnector connector = this.connector;
			this.connector = null;
			if (connector != null) {
				connector.stop();
			}
		}
	}

	@Override
	public void reconnect() {
		JdbcConnector connector = this.connector;
		if (connector != null) {
			connector.reconnect();
		}
	}

	@Override
	public void probe(RelayProbe probe) {
		JdbcConnector connector = this.connector;
		if (connector != null) {
			connector.probe(probe);
		}
		else {
			probe.failed(new RelayUnavailableException(NAME, null));
		}
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		return publish(envelope, Hurry.EVERYWHERE);
	}

	@Override
	public CompletableFuture<Receipt> publishWithoutHurry(Envelope envelope) {
		return publish(envelope, Hurry.NONE);
	}

	private CompletableFuture<Receipt> publish(Envelope envelope, Hurry hurry) {
		JdbcConnector connector = this.connector;
		return (connector != null) ? connector.publish(envelope, hurry)
				: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		JdbcConnector connector = this.connector;
		return (connector != null) ? connector.subscribe(address)
				: CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	@Override
	public void unsubscribe(Address address) {
		JdbcConnector connector = this.connector;
		if (connector != null) {
			connector.unsubscribe(address);
		}
	}

	@Override
	public ChannelLog log() {
		JdbcConnector connector = this.connector;
		return (connector != null) ? connector.channelLog() : NOT_STARTED;
	}

	@Override
	public ConsumerGroups groups() {
		return this.groups;
	}

	/**
	 * Create what handles messages of groups in transactions of the application.
	 * @param manager the application's transaction manager
	 * @param dataSource the application's database, which has the relay's tables
	 * @param inboxRetention how long it is known which messages were handled
	 * @return the transactions
	 */
	public GroupTransactions groupTransactions(PlatformTransactionManager manager, DataSource dataSource,
			Duration inboxRetention) {
		this.groups.keepInbox(inboxRetention);
		return JdbcGroups.transactions(manager, dataSource, this.settings.logName(), this.settings.codec());
	}

	private @Nullable JdbcGroups currentGroups() {
		JdbcConnector connector = this.connector;
		return (connector != null) ? connector.groups() : null;
	}

	/**
	 * Return the log to which a transaction appends that publishes by itself. Its
	 * counters are created when the relay connects for the first time.
	 * @param jdbc uses the connection of the transaction, which tells what the database
	 * is if the relay has not been connected yet
	 * @return the log
	 */
	public ShardedLog shardedLog(JdbcOperations jdbc) {
		ShardedLog log = this.shardedLog.get();
		return (log != null) ? log : this.settings.log(DatabaseDialect.of(jdbc));
	}

	/**
	 * Deliver soon what a transaction has committed that has appended to the relay's log
	 * by itself. Does not block.
	 */
	public void committed() {
		JdbcConnector connector = this.connector;
		if (connector != null) {
			connector.committedElsewhere();
		}
	}

	/**
	 * Give all recorded channels a new epoch, for use after the database was restored
	 * from a backup: positions from before are then not mistaken for present ones. Blocks
	 * for a few seconds at most.
	 * @return the number of shards that have a new epoch
	 * @throws RelayUnavailableException if the database is away
	 */
	public int renewEpochs() {
		JdbcConnector connector = this.connector;
		if (connector == null) {
			throw new RelayUnavailableException(NAME, null);
		}
		try {
			return connector.renewEpochs();
		}
		catch (DataAccessException ex) {
			throw new RelayUnavailableException(NAME, ex);
		}
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.CLUSTERED);
	}

	@Override
	public Map<String, Object> details() {
		JdbcConnector connector = this.connector;
		return (connector != null) ? connector.details() : Map.of("log", this.settings.logName());
	}

}
