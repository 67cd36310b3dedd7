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

package io.github.atmosphererelay.stream.internal;

import java.security.Principal;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The source of the streams' channels, which are known before anything runs.
 */
final class DelegatingSource implements ChannelSource {

	/** None while this is stopped. */
	volatile @Nullable NodeStreams streams;

	@Override
	public String name() {
		return "streams";
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String channel) {
		NodeStreams streams = this.streams;
		return (streams != null) ? streams.subscribe(channel)
				: CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
	}

	@Override
	public void unsubscribe(String channel) {
		NodeStreams streams = this.streams;
		if (streams != null) {
			streams.unsubscribe(channel);
		}
	}

	@Override
	public boolean isUp() {
		NodeStreams streams = this.streams;
		return streams != null && streams.isUp();
	}

	@Override
	public Authorization authorize(@Nullable Principal principal, String channel) {
		NodeStreams streams = this.streams;
		return (streams != null) ? streams.authorize(principal, channel)
				: new Authorization(ErrorCode.NOT_AVAILABLE, "streams have not started");
	}

}
