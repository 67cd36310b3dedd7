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

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.message.Envelope;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * Where the messages of a transaction go when it commits: tables from which they are
 * forwarded, or those of the JDBC relay itself.
 */
public interface OutboxTarget {

	/**
	 * Return the dialect of the database. Connects the first time.
	 * @param jdbc uses the connection of the present transaction
	 * @return the dialect
	 */
	DatabaseDialect dialect(JdbcOperations jdbc);

	/**
	 * Write messages within the present transaction, and take the counters of their
	 * shards in ascending order. Blocks until other transactions have given these back.
	 * @param jdbc uses the connection of the present transaction
	 * @param envelopes the messages
	 */
	void append(JdbcOperations jdbc, List<Envelope> envelopes);

	/**
	 * The transaction has committed, or it is not known whether it has. Must not block.
	 * @param shards the shards to which it has appended
	 */
	void committed(Set<Integer> shards);

}
