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

package io.github.atmosphererelay.demo;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.demo.ChatRoom.Said;
import io.github.atmosphererelay.relay.Receipt;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.stereotype.Component;

/**
 * Publishes at once, and stores nothing.
 */
@Component
@ConditionalOnBooleanProperty(name = "atmosphere.outbox.enabled", havingValue = false, matchIfMissing = true)
class PlainSpeech implements Speech {

	private final Broadcaster broadcaster;

	PlainSpeech(Broadcaster broadcaster) {
		this.broadcaster = broadcaster;
	}

	@Override
	public CompletableFuture<Receipt> say(String channel, Said said) {
		return this.broadcaster.broadcast(channel, said);
	}

}
