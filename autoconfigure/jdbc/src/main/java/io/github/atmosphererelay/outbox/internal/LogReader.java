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

package io.github.atmosphererelay.outbox.internal;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import org.jspecify.annotations.Nullable;

/**
 * Reads the logs of recorded channels.
 */
@FunctionalInterface
public interface LogReader {

	/**
	 * Read a page. Does not block.
	 * @param channel the channel's name
	 * @param since the position to start from, or {@code null}
	 * @param limit the maximum number of messages to return, up to
	 * {@value io.github.atmosphererelay.broadcast.Broadcaster#MAX_PAGE}
	 * @param direction whether to read towards newer or older messages
	 * @return completes with a page, on a thread that must not be blocked
	 * @throws io.github.atmosphererelay.channel.UnknownChannelException if no such
	 * channel is configured
	 * @throws io.github.atmosphererelay.channel.ChannelNotRecordedException if the
	 * channel is not recorded
	 */
	CompletableFuture<LogPage> read(String channel, @Nullable Position since, int limit, ReadDirection direction);

}
