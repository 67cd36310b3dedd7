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

package io.github.atmosphererelay.broadcast.internal;

import io.github.atmosphererelay.broadcast.PublishOptions;
import org.jspecify.annotations.Nullable;

/**
 * Finds the application's transaction in which the present thread publishes.
 */
@FunctionalInterface
public interface PublishingTransactions {

	/**
	 * There are no transactions: every message is sent at once.
	 */
	PublishingTransactions NONE = (options) -> null;

	/**
	 * Find the transaction that takes the next message of the present thread. Does not
	 * wait for the network.
	 * @param options how the application wants the message to be sent
	 * @return the transaction, or {@code null} if the message is to be sent at once
	 * @throws io.github.atmosphererelay.broadcast.OutboxException if the message can be
	 * published neither with the present transaction nor without one
	 */
	@Nullable PublishingTransaction present(PublishOptions options);

}
