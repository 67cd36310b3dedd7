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

import org.jspecify.annotations.Nullable;

/**
 * What became of a batch of records.
 *
 * @param status what to do next
 * @param next the offset of the first record that is not dealt with. All records before
 * it have had all of their effects, so that it may be committed. Read on there
 * @param failure what has failed, or {@code null}
 */
record BatchResult(Status status, long next, @Nullable Throwable failure) {

	static BatchResult done(long next) {
		return new BatchResult(Status.DONE, next, null);
	}

	static BatchResult failed(long next, Throwable failure) {
		return new BatchResult(Status.FAILED, next, failure);
	}

	static BatchResult lost(long next) {
		return new BatchResult(Status.LOST, next, null);
	}

	/**
	 * What to do after a batch.
	 */
	enum Status {

		/** Go on. */
		DONE,

		/** Wait a little, and read again from {@link #next}. */
		FAILED,

		/**
		 * The store has lost its states. Open the partition again, and read it from its
		 * beginning.
		 */
		LOST

	}

}
