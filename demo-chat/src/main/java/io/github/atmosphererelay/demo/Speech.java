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

import io.github.atmosphererelay.demo.ChatRoom.Said;
import io.github.atmosphererelay.relay.Receipt;

/**
 * How something that was said gets to everybody in a room.
 */
interface Speech {

	/**
	 * Say something.
	 * @param channel the room's channel
	 * @param said what is said
	 * @return completes with the receipt
	 * @throws org.springframework.dao.DataIntegrityViolationException if it is stored
	 * first and the database refuses it; then nobody hears it
	 */
	CompletableFuture<Receipt> say(String channel, Said said);

}
