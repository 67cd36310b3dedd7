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

import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Envelope;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * The log of the JDBC relay itself, in the same database: a row that a transaction writes
 * is what all nodes read, and nothing is forwarded.
 */
public final class RelayLogTarget implements OutboxTarget {

	/**
	 * No node's id: the node that publishes takes the message for one of another node,
	 * and delivers it when it has read it.
	 */
	private static final UUID NO_NODE = new UUID(0, 0);

	private final Function<JdbcOperations, ShardedLog> log;

	private final Consumer<Set<Integer>> wake;

	/**
	 * Create a target.
	 * @param log finds the log of the relay, with the connection of the transaction if
	 * the relay has not been connected yet
	 * @param wake wakes the readers of shards after a commit; does not block
	 */
	public RelayLogTarget(Function<JdbcOperations, ShardedLog> log, Consumer<Set<Integer>> wake) {
		this.log = log;
		this.wake = wake;
	}

	@Override
	public DatabaseDialect dialect(JdbcOperations jdbc) {
		return this.log.apply(jdbc).dialect();
	}

	@Override
	public void append(JdbcOperations jdbc, List<Envelope> envelopes) {
		this.log.apply(jdbc).append(jdbc, envelopes.stream().map(RelayLogTarget::ofNoNode).toList(), true);
	}

	private static Envelope ofNoNode(Envelope envelope) {
		return new Envelope(envelope.id(), NO_NODE, envelope.kind(), envelope.time(), envelope.audience(),
				envelope.headers(), envelope.payload(), envelope.sequence(), envelope.log());
	}

	@Override
	public void committed(Set<Integer> shards) {
		this.wake.accept(shards);
	}

}
