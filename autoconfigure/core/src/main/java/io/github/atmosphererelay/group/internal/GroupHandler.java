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

package io.github.atmosphererelay.group.internal;

import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupLane;
import org.jspecify.annotations.Nullable;

/**
 * Handles the messages of a group: code of the application, called on threads that it may
 * block.
 */
public interface GroupHandler {

	/**
	 * Handle a message.
	 * @param publication the message
	 * @return completes when it is handled, or {@code null} if it is
	 * @throws InvalidMessageException if it cannot be handled, however often it is tried;
	 * the future can fail with it, too
	 * @throws Throwable if it is not handled
	 */
	@Nullable CompletionStage<?> handle(Publication publication) throws Throwable;

	/**
	 * Handle a message of a lane, as {@link #handle(Publication)} does.
	 * @param lane the lane, or {@code null} if the message was set aside and is handled
	 * again
	 * @param publication the message
	 * @return completes when it is handled, or {@code null} if it is
	 * @throws Throwable if it is not handled
	 */
	default @Nullable CompletionStage<?> handle(@Nullable GroupLane lane, Publication publication) throws Throwable {
		return handle(publication);
	}

	/**
	 * Return the name of the handler for logs and events.
	 * @return for example {@code Billing.onOrder}
	 */
	String name();

}
