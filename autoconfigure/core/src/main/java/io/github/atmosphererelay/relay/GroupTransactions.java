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

package io.github.atmosphererelay.relay;

import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * Handles messages in transactions of the application's database, which also store that
 * the message was handled: either all of it is committed or nothing.
 */
public interface GroupTransactions {

	/**
	 * Handle a message, unless that was committed before. Blocks as long as the database
	 * and the handling take. For any thread that the application may block.
	 * @param group the group's name
	 * @param lane the lane from which the message comes, or {@code null} if it was set
	 * aside and is handled again
	 * @param publication the message
	 * @param handling what the application does with it, on the present thread within the
	 * transaction
	 * @throws LaneLostException if the lane has another owner; nothing was committed
	 * @throws GroupTransactionException if the database has failed; nothing was
	 * committed, or the database has not told whether it was
	 * @throws Throwable if the handling has failed, or what it has done cannot be
	 * committed; nothing was committed
	 */
	void handle(String group, @Nullable GroupLane lane, Publication publication, Handling handling) throws Throwable;

	/**
	 * What the application does with a message.
	 */
	@FunctionalInterface
	interface Handling {

		/**
		 * Handle the message.
		 * @throws Throwable if it cannot be handled
		 */
		void run() throws Throwable;

	}

}
