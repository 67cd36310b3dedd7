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

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * The messages that groups have set aside, of all nodes. They are kept until an operator
 * removes them, independently of the channels' logs. For any thread; futures fail with
 * {@link RelayUnavailableException} if the broker cannot be reached now.
 */
public interface SetAsideMessages {

	/**
	 * Count the messages of a group.
	 * @param group the group's name
	 * @return completes with the number
	 */
	CompletableFuture<Long> count(String group);

	/**
	 * List messages of a group.
	 * @param group the group's name
	 * @param offset how many to leave out
	 * @param limit how many at most
	 * @return completes with the messages, those first that were set aside first
	 */
	CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit);

	/**
	 * Find a message.
	 * @param group the group's name
	 * @param id the message's id
	 * @return completes with the message, or {@code null} if it is not there
	 */
	CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id);

	/**
	 * Remove a message.
	 * @param group the group's name
	 * @param id the message's id
	 * @return completes with whether it was there
	 */
	CompletableFuture<Boolean> remove(String group, UUID id);

}
