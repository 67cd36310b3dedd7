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
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.jdbc.internal.Database;
import org.jspecify.annotations.Nullable;

/**
 * Removes old rows of the inbox from time to time, on a node that has a group that needs
 * it.
 */
final class InboxCleaner {

	/** Between two removals by each node. */
	private static final long CLEAN_NANOS = TimeUnit.MINUTES.toNanos(1);

	private final GroupInbox inbox;

	private final Database database;

	private final LaneCalls calls;

	private final Guard guard;

	private volatile @Nullable Duration retention;

	private long cleanedAt = System.nanoTime() - CLEAN_NANOS;

	private volatile boolean stopped;

	InboxCleaner(GroupInbox inbox, Database database, LaneCalls calls, Guard guard) {
		this.inbox = inbox;
		this.database = database;
		this.calls = calls;
		this.guard = guard;
	}

	/**
	 * Remove rows from now on.
	 * @param retention how long a row is kept
	 */
	void keep(Duration retention) {
		this.retention = retention;
	}

	/**
	 * Begin to remove rows, if it is time. Called by the thread of the leases only; does
	 * not block.
	 */
	void clean() {
		Duration retention = this.retention;
		if (retention == null || System.nanoTime() - this.cleanedAt < CLEAN_NANOS) {
			return;
		}
		this.cleanedAt = System.nanoTime();
		clean(retention);
	}

	/**
	 * Remove some rows, and then more behind what others ask the database.
	 */
	private void clean(Duration retention) {
		this.calls
			.ask(() -> this.database
				.inTransaction((jdbc) -> this.inbox.removeOld(jdbc, this.database.dialect(), retention)))
			.whenComplete((removed, ex) -> {
				if (ex != null) {
					this.guard.failed("Old rows of ATMOSPHERE_GROUP_INBOX could not be removed", ex);
				}
				else if (removed == GroupInbox.BATCH && !this.stopped) {
					clean(retention);
				}
			});
	}

	void stop() {
		this.stopped = true;
	}

}
