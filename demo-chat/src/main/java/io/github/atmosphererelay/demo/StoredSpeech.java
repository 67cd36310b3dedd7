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
import jakarta.persistence.EntityManager;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Stores what is said and publishes it in one transaction: both happen, or neither.
 */
@Component
@ConditionalOnBooleanProperty("atmosphere.outbox.enabled")
class StoredSpeech implements Speech {

	private final EntityManager entities;

	private final Broadcaster broadcaster;

	StoredSpeech(EntityManager entities, Broadcaster broadcaster) {
		this.entities = entities;
		this.broadcaster = broadcaster;
	}

	/**
	 * The insert comes with the commit: what the database refuses has been published
	 * before, and still nobody hears it.
	 */
	@Override
	@Transactional
	public CompletableFuture<Receipt> say(String channel, Said said) {
		this.entities.persist(new StoredMessage(channel, said.author(), said.text()));
		return this.broadcaster.broadcast(channel, said);
	}

}
