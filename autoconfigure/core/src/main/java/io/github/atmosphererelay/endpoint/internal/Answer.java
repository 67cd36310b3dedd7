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

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * The result of a call.
 *
 * @param reply the reply to the session, or {@code null}
 * @param recording completes when it is known whether a message of the call was recorded;
 * {@code null} if the call publishes no message to a recorded channel. The next call need
 * not wait for it
 */
record Answer(@Nullable Payload reply, @Nullable CompletableFuture<Receipt> recording) {

	static final Answer NONE = new Answer(null, null);

	static Answer of(@Nullable Payload reply) {
		return new Answer(reply, null);
	}

}
