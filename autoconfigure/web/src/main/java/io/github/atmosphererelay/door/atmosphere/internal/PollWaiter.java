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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.time.Duration;

/**
 * A request for messages that has not been answered. Safe for use by many threads;
 * nothing blocks.
 */
@FunctionalInterface
interface PollWaiter {

	/**
	 * Answer the request. Only the first answer counts.
	 * @param answer the answer
	 */
	void answer(PollAnswer answer);

	/**
	 * Set what is called once if the request ends without an answer.
	 * @param whenGone the action
	 */
	default void whenGone(Runnable whenGone) {
	}

	/**
	 * Return how long the client goes on waiting if the answer is lost on its way to the
	 * node at which the request waits.
	 */
	default Duration patience() {
		return Duration.ZERO;
	}

	/**
	 * Set what is called once when the answer is at that node. To be called before the
	 * request is answered; not called if {@link #patience} was zero.
	 * @param whenArrived the action
	 */
	default void whenArrived(Runnable whenArrived) {
	}

}
