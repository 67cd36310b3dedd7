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

package io.github.atmosphererelay.actuate.internal;

import java.util.List;
import java.util.UUID;

/**
 * What operators can do about messages of the outbox that could not be forwarded. All
 * methods wait for the database.
 */
public interface OutboxOperations {

	/**
	 * List messages that were set aside.
	 * @param offset how many to leave out
	 * @param limit how many at most
	 * @return the messages, those first that were set aside first
	 */
	List<?> list(long offset, int limit);

	/**
	 * Send a message again.
	 * @param id the message's id
	 * @return whether it was there
	 * @throws io.github.atmosphererelay.message.WireFormatException if it cannot be read,
	 * and so can only be discarded
	 */
	boolean resend(UUID id);

	/**
	 * Discard a message.
	 * @param id the message's id
	 * @return whether it was there
	 */
	boolean discard(UUID id);

}
