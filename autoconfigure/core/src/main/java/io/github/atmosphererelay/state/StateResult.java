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

package io.github.atmosphererelay.state;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * What has become of an entry that was to be written.
 *
 * @param outcome the outcome
 * @param failure why it has failed, otherwise {@code null}
 */
public record StateResult(Outcome outcome, @Nullable Throwable failure) {

	/** It was newer, and was written. */
	public static final StateResult NEWER = new StateResult(Outcome.NEWER, null);

	/** The store had this version already. */
	public static final StateResult EQUAL = new StateResult(Outcome.EQUAL, null);

	/** The store has a newer version, which stays. */
	public static final StateResult OLDER = new StateResult(Outcome.OLDER, null);

	public StateResult {
		Objects.requireNonNull(outcome, "'outcome' must not be null");
	}

	/**
	 * Create the result of an entry that may or may not have been written.
	 * @param failure why it has failed
	 * @return the result
	 */
	public static StateResult failed(Throwable failure) {
		return new StateResult(Outcome.FAILED, failure);
	}

	/**
	 * How the version of an entry compares with that in the store.
	 */
	public enum Outcome {

		/** It was newer, and was written. */
		NEWER,

		/**
		 * The store had this version already. It may be this call that has written it, if
		 * the answer to a first attempt was lost.
		 */
		EQUAL,

		/** The store has a newer version, which stays. */
		OLDER,

		/** The store did not work. The entry may or may not have been written. */
		FAILED

	}

}
