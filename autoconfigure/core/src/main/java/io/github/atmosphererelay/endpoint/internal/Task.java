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

package io.github.atmosphererelay.endpoint.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Something that is done for a session.
 */
interface Task {

	/** The end of a task that leaves nothing open. */
	CompletionStage<?> DONE = CompletableFuture.completedFuture(null);

	/**
	 * Do it. May block.
	 * @return completes when the next one may be done; never fails with anything that
	 * somebody should know
	 */
	CompletionStage<?> run();

	/**
	 * Give it up, because the node stops.
	 */
	default void discard() {
	}

}
