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

package io.github.atmosphererelay.jdbc.internal;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a transaction of a generated history does.
 *
 * @param messages what it appends, in this order
 * @param split the messages of the shards below are appended by a first call, and all
 * others by a second one
 * @param beginsAfter it appends when so many transactions have ended, or soon
 * @param endsAfter it ends when so many transactions have ended, or soon
 * @param end how it ends
 */
record LogTransaction(List<Message> messages, int split, int beginsAfter, int endsAfter, End end) {

	/**
	 * A message.
	 *
	 * @param channel the number of the channel
	 * @param key the idempotency key, or {@code null}
	 */
	record Message(int channel, @Nullable Integer key) {
	}

	/**
	 * How a transaction ends.
	 */
	enum End {

		COMMIT,

		ROLLBACK,

		/** What was appended is taken back, and the rest commits. */
		SAVEPOINT,

		/** What was appended is taken back and appended once more. */
		AGAIN,

		/** The server ends the connection before the commit. */
		KILLED,

		/** The server ends the connection while the transaction commits. */
		KILLED_AT_COMMIT

	}

}
