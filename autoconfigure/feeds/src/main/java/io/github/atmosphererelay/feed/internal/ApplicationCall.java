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

package io.github.atmosphererelay.feed.internal;

import org.jspecify.annotations.Nullable;

/**
 * A call of what the application contributes to a feed, on a thread that the feed needs.
 */
final class ApplicationCall {

	private ApplicationCall() {
	}

	/**
	 * Call the application. If it leaves its thread interrupted, that is undone: the
	 * thread's next poll would fail as if the feed was stopped.
	 * @param call the call
	 * @return what it returns
	 * @throws Throwable whatever the application throws
	 */
	static <T> @Nullable T of(Call<T> call) throws Throwable {
		boolean before = Thread.currentThread().isInterrupted();
		try {
			return call.run();
		}
		finally {
			if (!before) {
				// A stop does not depend on it
				Thread.interrupted();
			}
		}
	}

	/**
	 * Calls the application.
	 */
	@FunctionalInterface
	interface Call<T> {

		/**
		 * Call.
		 */
		@Nullable T run() throws Throwable;

	}

}
