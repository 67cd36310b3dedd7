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

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes and reads what members and nodes send each other. A newer release may add
 * headers and properties, which are not read. For any thread.
 */
final class StreamWire {

	static final String KEY = "stream-key";

	static final String VERSION = "stream-version";

	private static final String PARTITION = "stream-partition";

	private static final String REMOVED = "stream-removed";

	/** What a part of a snapshot has beside the view of a key, about. */
	private static final int OVERHEAD = 100;

	private final JsonMapper mapper;

	StreamWire(JsonMapper mapper) {
		this.mapper = mapper;
	}

	static Map<String, String> headers(StreamMessage message) {
		Map<String, String> headers = new HashMap<>();
		headers.put(KEY, message.key());
		headers.put(VERSION, message.version().toString());
		headers.put(PARTITION, Integer.toString(message.partition()));
		if (message.isRemoval()) {
			headers.put(REMOVED, "true");
		}
		return headers;
	}

	static Payload payload(StreamMessage message) {
		byte[] view = message.view();
		return Payload.text((view != null) ? view : "null".getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Read a message.
	 * @param interest what the message's channel is for
	 * @throws RuntimeException if it is none
	 */
	static StreamMessage message(InterestId interest, Map<String, String> headers, Payload payload) {
		String key = headers.get(KEY);
		String version = headers.get(VERSION);
		String partition = headers.get(PARTITION);
		if (key == null || version == null || partition == null) {
			throw new IllegalArgumentException("A message of a stream has a key, a version and a partition");
		}
		byte[] view = headers.containsKey(REMOVED) ? null : payload.bytes();
		return new StreamMessage(interest, Integer.parseInt(partition), key, StateVersion.parse(version), view);
	}

	/**
	 * Write a snapshot, in parts that are small enough.
	 * @param id tells this snapshot from others of the same stream
	 * @param maxBytes how many bytes a part has at most, unless one view has more
	 */
	List<Payload> write(String id, StreamSnapshot snapshot, int maxBytes) {
		List<List<State>> parts = new ArrayList<>();
		List<State> part = new ArrayList<>();
		int bytes = 0;
		for (StreamMessage message : snapshot.messages()) {
			byte[] view = message.view();
			String json = (view != null) ? new String(view, StandardCharsets.UTF_8) : null;
			// Quotes within the text are escaped
			int size = OVERHEAD + 2 * (message.key().length() + ((view != null) ? view.length : 0));
			if (!part.isEmpty() && bytes + size > maxBytes) {
				parts.add(part);
				part = new ArrayList<>();
				bytes = 0;
			}
			part.add(new State(message.key(), message.version().toString(), json));
			bytes += size;
		}
		parts.add(part);
		List<Payload> payloads = new ArrayList<>();
		for (int i = 0; i < parts.size(); i++) {
			payloads
				.add(Payload.text(this.mapper.writeValueAsBytes(new Part(id, snapshot.selection(), snapshot.partition(),
						snapshot.asOf().toString(), snapshot.complete(), i, parts.size(), parts.get(i)))));
		}
		return payloads;
	}

	/**
	 * Read a part of a snapshot.
	 * @throws RuntimeException if it is none
	 */
	Part part(Payload payload) {
		Part part = this.mapper.readerFor(Part.class)
			.without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
			.readValue(payload.bytes());
		if (part.part < 0 || part.part >= part.parts) {
			throw new IllegalArgumentException("A snapshot has parts from 0 on");
		}
		StateVersion.parse(part.asOf);
		return part;
	}

	/**
	 * Put the parts of a snapshot together.
	 * @param interests returns what a key of the stream is published for
	 */
	static StreamSnapshot snapshot(List<Part> parts, ToInterest interests) {
		List<StreamMessage> messages = new ArrayList<>();
		Part first = parts.get(0);
		for (Part part : parts) {
			for (State state : part.states) {
				String view = state.view;
				messages.add(new StreamMessage(interests.of(state.key), part.partition, state.key,
						StateVersion.parse(state.version),
						(view != null) ? view.getBytes(StandardCharsets.UTF_8) : null));
			}
		}
		return new StreamSnapshot(first.selection, first.partition, StateVersion.parse(first.asOf), first.complete,
				messages);
	}

	/**
	 * Tells what a key of a stream is published for.
	 */
	@FunctionalInterface
	interface ToInterest {

		/**
		 * Return what a key is published for.
		 */
		InterestId of(String key);

	}

	/**
	 * A part of a snapshot.
	 *
	 * @param id tells this snapshot from others of the same stream
	 * @param selection which keys the stream had
	 * @param part the number of the part, from 0 on
	 * @param parts the number of parts
	 */
	record Part(String id, long selection, int partition, String asOf, boolean complete, int part, int parts,
			List<State> states) {

	}

	/**
	 * A key of a snapshot.
	 *
	 * @param view the view as JSON, or {@code null} if the key has none
	 */
	record State(String key, String version, @Nullable String view) {

	}

}
