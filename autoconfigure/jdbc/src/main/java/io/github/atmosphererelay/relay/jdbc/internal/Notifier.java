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

package io.github.atmosphererelay.relay.jdbc.internal;

/**
 * Wakes the readers of other nodes after rows were committed. Not more often than readers
 * gain by it.
 */
interface Notifier {

	/** For databases that cannot wake anybody: readers poll. */
	Notifier NONE = new Notifier() {

		@Override
		public boolean markDue() {
			return false;
		}

		@Override
		public boolean intervalIsOver() {
			return false;
		}

		@Override
		public void sendIfDue(JdbcLink link) {
			// Nobody listens
		}

	};

	/**
	 * Note that rows were committed. Callable by any thread.
	 * @return whether {@link #sendIfDue} has to be called
	 */
	boolean markDue();

	/**
	 * Return whether readers wait for longer than they should, although there is more to
	 * write. Called by the writer's thread.
	 * @return whether to send now
	 */
	boolean intervalIsOver();

	/**
	 * Wake the readers if there is something for them. Called by the writer's thread,
	 * outside of a transaction.
	 * @param link the writer's connection
	 */
	void sendIfDue(JdbcLink link);

}
