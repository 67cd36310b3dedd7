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

package io.github.atmosphererelay.stream.internal;

/**
 * One step of a {@link ReducerHistory}.
 *
 * @param kind what happens
 * @param which the key, the member or the stream that it happens to, modulo their number
 * @param partition the partition, modulo their number
 * @param amount how many records, or which value
 * @param fault what goes wrong meanwhile
 * @param when at which of several places it goes wrong, and how many steps of others fit
 * into a pause
 */
record HistoryStep(Kind kind, int which, int partition, int amount, Fault fault, int when) {

	enum Kind {

		/** A record is written to the topic. */
		PRODUCE,

		/** A member reads records of a partition that it has, or believes to have. */
		PROCESS,

		/** A partition gets another owner, and its present one does not know yet. */
		MOVE,

		/** A partition gets another owner after its present one has given it back. */
		HAND_OVER,

		/** A new stream begins. */
		BEGIN,

		/** A stream of keys gets others. */
		CHANGE,

		/** A stream ends. */
		END,

		/** A member sends the current states of a partition to a stream. */
		SNAPSHOT,

		/** The store loses all states. */
		CLEAR

	}

	enum Fault {

		NONE, GET_FAILS, WRITES_FAIL_IN_PART, WRITES_UNCONFIRMED_IN_PART, WRITE_UNCONFIRMED, PUBLISH_FAILS,
		PUBLISH_UNCONFIRMED, DIES_BEFORE_WRITE, DIES_IN_WRITE, DIES_AFTER_WRITE, DIES_IN_PUBLISH, DIES_BEFORE_COMMIT,
		PAUSES_BEFORE_GET, PAUSES_AFTER_GET, PAUSES_BEFORE_WRITE, PAUSES_IN_WRITE, PAUSES_AFTER_WRITE,
		PAUSES_AFTER_WRITE_AND_DIES, PAUSES_IN_PUBLISH, PAUSES_BEFORE_COMMIT

	}

}
