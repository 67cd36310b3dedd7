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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.time.Duration;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupOptions;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link JdbcLane} without a database.
 */
class JdbcLaneTests {

	private final EnvelopeCodec codec = new EnvelopeCodec(1024);

	private final Database database = Database.byOwnConnections(new JdbcDataSource(), Duration.ofSeconds(1));

	private final Guard guard = new Guards().of(Part.LEASES);

	private final JdbcGroups groups = new JdbcGroups(this.database, this.database, "log", this.codec, new Guards(),
			(reason) -> {
			});

	@AfterEach
	void close() {
		this.groups.close();
	}

	/**
	 * As on a node that was paused, and whose threads go on before any of its timers.
	 */
	@Test
	void aLaneIsHeldUntilTheTimeOfItsLeaseIsOverOrItIsLost() {
		GroupTables tables = new GroupTables("log");
		LaneBalancer balancer = new LaneBalancer(this.database, tables, this.guard, (taker, key) -> {
			throw new IllegalStateException("Nobody takes lanes");
		});
		GroupMember member = new GroupMember(new GroupLeases(this.database, tables, this.guard, balancer, () -> {
		}), new GroupOptions("billing", (channel) -> true, GroupOptions.Start.EARLIEST), new Deaf());
		JdbcLane lane = new JdbcLane(this.groups, member, new LaneKey("billing", 3, member.id(), 1),
				new LaneReader(new LaneRows("log"), this.codec, (channel) -> true, (reason) -> {
				}), (channel) -> true);
		long now = System.nanoTime();
		member.hold(now - 1);
		assertThat(lane.isHeld()).isFalse();
		member.hold(now + Duration.ofHours(1).toNanos());
		assertThat(lane.isHeld()).isTrue();
		lane.lose();
		assertThat(lane.isHeld()).isFalse();
	}

	private static final class Deaf implements GroupLaneListener {

		@Override
		public void assigned(GroupLane lane) {
		}

		@Override
		public void revoked(GroupLane lane) {
		}

		@Override
		public void lost(GroupLane lane) {
		}

		@Override
		public void available(GroupLane lane) {
		}

	}

}
