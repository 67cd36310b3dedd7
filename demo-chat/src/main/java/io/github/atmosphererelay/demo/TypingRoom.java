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

import java.security.Principal;

import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Outbound;

/**
 * Who is writing in a room, in a channel of its own beside the room's: the room is
 * recorded, and this is of no interest a moment later.
 */
@ManagedService("typing/{room}")
class TypingRoom {

	@Message
	Outbound onMessage(Typing input, Principal user) {
		return Outbound.broadcast(new IsTyping("typing", user.getName())).exceptSender();
	}

	/**
	 * That somebody is writing something.
	 */
	record Typing() {

	}

	/**
	 * Who is writing.
	 *
	 * @param type {@code typing}
	 * @param author who
	 */
	record IsTyping(String type, String author) {

	}

}
