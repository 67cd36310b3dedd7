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

package io.github.atmosphererelay.cluster;

import java.util.UUID;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.message.Payload;

/**
 * Answers a question that the application of one node asks all nodes, its own included.
 * Each bean of this type answers one question.
 *
 * @see Cluster#ask
 */
public interface ClusterQuestionHandler {

	/**
	 * Return the name of the question that is answered here.
	 * @return the name, the same on all nodes
	 */
	String question();

	/**
	 * Answer the question. Called on a thread of a small pool that all handlers share. A
	 * handler that takes long must do its work on another thread and return at once.
	 * @param asker the id of the node that asks
	 * @param details the details that the asking node has passed
	 * @return completes with the answer; if it fails or this method throws, the asking
	 * node gets the error in {@link ClusterAnswers#failed()}
	 */
	CompletionStage<Payload> answer(UUID asker, Payload details);

}
