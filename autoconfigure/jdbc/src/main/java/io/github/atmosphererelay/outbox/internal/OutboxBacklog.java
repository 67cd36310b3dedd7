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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.jdbc.internal.Leases;
import io.github.atmosphererelay.jdbc.internal.ShardHead;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * Counts the messages that wait in the outbox, on all nodes. Stateless.
 */
final class OutboxBacklog {

	private static final String CREATED_AT = "SELECT MIN(CREATED_AT) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND (";

	private final String name;

	private final Leases leases;

	private final SetAsideTable setAside;

	OutboxBacklog(String name, Leases leases, SetAsideTable setAside) {
		this.name = name;
		this.leases = leases;
		this.setAside = setAside;
	}

	/**
	 * Look at how much waits, on all nodes. Blocks as long as the database takes.
	 * @param heads the ends of the shards
	 */
	OutboxStatus status(JdbcOperations jdbc, List<ShardHead> heads) {
		Map<String, Long> progress = this.leases.progress(jdbc);
		long waiting = 0;
		Map<Integer, Long> first = new LinkedHashMap<>();
		for (ShardHead head : heads) {
			long done = progress.getOrDefault(Forwarder.lease(head.shard()), 0L);
			if (head.number() > done) {
				waiting += head.number() - done;
				first.put(head.shard(), done + 1);
			}
		}
		return new OutboxStatus(waiting, oldest(jdbc, first), this.setAside.count(jdbc));
	}

	private long oldest(JdbcOperations jdbc, Map<Integer, Long> first) {
		if (first.isEmpty()) {
			return 0;
		}
		List<Object> parameters = new ArrayList<>();
		parameters.add(this.name);
		List<String> rows = new ArrayList<>();
		first.forEach((shard, number) -> {
			rows.add("(SHARD = ? AND NUMBER = ?)");
			parameters.add(shard);
			parameters.add(number);
		});
		Long oldest = jdbc.queryForObject(CREATED_AT + String.join(" OR ", rows) + ")", Long.class,
				parameters.toArray());
		return (oldest != null) ? oldest : 0;
	}

}
