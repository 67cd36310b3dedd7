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

import java.time.Instant;
import java.util.UUID;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/**
 * Something that was said in a room, as the database keeps it. The table says how long it
 * may be.
 */
@Entity
@Table(name = "STORED_MESSAGE")
class StoredMessage {

	@Id
	private UUID id = UUID.randomUUID();

	private String channel = "";

	private String author = "";

	@Column(name = "SAID")
	private String text = "";

	@Column(name = "SAID_AT")
	private Instant saidAt = Instant.now();

	/** For JPA. */
	protected StoredMessage() {
	}

	StoredMessage(String channel, String author, String text) {
		this.channel = channel;
		this.author = author;
		this.text = text;
	}

}
