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

import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.demo.ChatRoom.Said;
import io.github.atmosphererelay.listening.ChannelListener;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.PathVariable;

/**
 * Looks at what was said in rooms: one node for each message, whichever node it came
 * through. The pages mark the message and say which node that was. Without a broker rooms
 * keep nothing, so there is nothing to share.
 */
@Component
@Profile("!http")
class Moderation {

	private static final Pattern RUDE = Pattern.compile("\\b(blast|darn|heck)\\b", Pattern.CASE_INSENSITIVE);

	private final Broadcaster broadcaster;

	private final String node;

	Moderation(Broadcaster broadcaster, @Value("${atmosphere.cluster.node-name}") String node) {
		this.broadcaster = broadcaster;
		this.node = node;
	}

	/**
	 * Fails if the verdict was not recorded. Then the message comes again.
	 */
	@ChannelListener(value = "chat/{room}", group = "moderation")
	CompletionStage<?> check(Said said, @PathVariable String room) {
		Verdict verdict = new Verdict("verdict", said.id(), this.node, RUDE.matcher(said.text()).find());
		return this.broadcaster.broadcast("moderation/" + room, verdict).thenApply(Moderation::requireRecorded);
	}

	private static @Nullable Object requireRecorded(Receipt receipt) {
		if (receipt.outcome() == Outcome.UNCONFIRMED) {
			throw new IllegalStateException("The verdict may not have been recorded");
		}
		return null;
	}

	/**
	 * What moderation says of a message.
	 *
	 * @param type {@code verdict}
	 * @param id the page's own name for the message
	 * @param node the node that has looked at it
	 * @param rude whether it is rude
	 */
	record Verdict(String type, String id, String node, boolean rude) {

	}

}
