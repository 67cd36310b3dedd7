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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.Payload;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks the members for the current states of streams again, together for all streams of
 * this node. For any thread; does not block.
 */
final class StreamRefreshes {

	static final String CHANNEL = InternalChannels.PREFIX + "refresh";

	private static final int MAX_TOGETHER = 500;

	private final InternalChannels channels;

	private final JsonMapper mapper;

	/** At most the streams of this node. */
	private final Set<String> pending = ConcurrentHashMap.newKeySet();

	StreamRefreshes(InternalChannels channels, JsonMapper mapper) {
		this.channels = channels;
		this.mapper = mapper;
	}

	void add(String stream) {
		this.pending.add(stream);
	}

	void remove(String stream) {
		this.pending.remove(stream);
	}

	/**
	 * Ask for what is pending. Called twice a second. What could not be asked for is
	 * asked for the next time.
	 */
	void flush() {
		List<String> together = new ArrayList<>();
		for (String stream : this.pending) {
			together.add(stream);
			if (together.size() == MAX_TOGETHER) {
				ask(together);
				together = new ArrayList<>();
			}
		}
		if (!together.isEmpty()) {
			ask(together);
		}
	}

	private void ask(List<String> streams) {
		streams.forEach(this.pending::remove);
		this.channels.publish(CHANNEL, Map.of(), Payload.text(this.mapper.writeValueAsBytes(streams)))
			.whenComplete((nothing, ex) -> {
				if (ex != null) {
					this.pending.addAll(streams);
				}
			});
	}

	/**
	 * Read what a node has asked for.
	 * @param stream is called with the id of each stream
	 * @throws RuntimeException if it cannot be read
	 */
	void read(Payload payload, Consumer<String> stream) {
		for (String each : this.mapper.readValue(payload.bytes(), String[].class)) {
			stream.accept(each);
		}
	}

}
