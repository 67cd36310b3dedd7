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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;
import tools.jackson.databind.json.JsonMapper;

/**
 * Puts the answers of the members to one request together. For any thread.
 */
final class SnapshotCollector {

	private static final int TAG_BYTES = 18;

	private final JsonMapper mapper;

	private final InterestId interest;

	private final long maxBytes;

	private final CompletableFuture<QuerySnapshot> answer = new CompletableFuture<>();

	/** The parts that have arrived so far, by partition. */
	private final Map<Integer, Map<Integer, StreamWire.Part>> parts = new HashMap<>();

	private final Map<Integer, StreamSnapshot> partitions = new HashMap<>();

	private long bytes;

	SnapshotCollector(JsonMapper mapper, InterestId interest, long maxBytes) {
		this.mapper = mapper;
		this.interest = interest;
		this.maxBytes = maxBytes;
	}

	/**
	 * Return the states of all partitions.
	 * @return completes when they are there; fails if they are too large
	 */
	CompletableFuture<QuerySnapshot> answer() {
		return this.answer;
	}

	synchronized void received(StreamWire.Part part, int size) {
		if (this.answer.isDone()) {
			return;
		}
		this.bytes += size;
		if (this.bytes > this.maxBytes) {
			this.answer.completeExceptionally(
					new StreamRefusedException(Reason.LIMIT, "the snapshot has more than " + this.maxBytes + " bytes"));
			this.parts.clear();
			this.partitions.clear();
			return;
		}
		Map<Integer, StreamWire.Part> arrived = this.parts.computeIfAbsent(part.partition(), (key) -> new HashMap<>());
		if (!arrived.isEmpty() && !arrived.values().iterator().next().id().equals(part.id())) {
			// Another member has the partition, too
			arrived.clear();
		}
		arrived.put(part.part(), part);
		if (arrived.size() < part.parts()) {
			return;
		}
		this.parts.remove(part.partition());
		StreamSnapshot snapshot = StreamWire.snapshot(List.copyOf(arrived.values()), (key) -> this.interest);
		if (!snapshot.complete()) {
			return;
		}
		StreamSnapshot before = this.partitions.get(part.partition());
		if (before != null && before.asOf().isNewerThan(snapshot.asOf())) {
			return;
		}
		this.partitions.put(part.partition(), snapshot);
		long generation = snapshot.asOf().generation();
		this.partitions.values().removeIf((each) -> each.asOf().generation() < generation);
		if (this.partitions.size() == TopicGenerations.partitions(generation)
				&& this.partitions.values().stream().allMatch((each) -> each.asOf().generation() == generation)) {
			this.answer.complete(write(generation));
		}
	}

	private QuerySnapshot write(long generation) {
		List<Long> offsets = new ArrayList<>();
		List<StreamMessage> states = new ArrayList<>();
		for (int i = 0; i < this.partitions.size(); i++) {
			StreamSnapshot snapshot = this.partitions.get(i);
			if (snapshot != null) {
				offsets.add(snapshot.asOf().offset());
				states.addAll(snapshot.messages());
			}
		}
		states.sort(Comparator.comparing(StreamMessage::key));
		StringBuilder json = new StringBuilder();
		for (StreamMessage state : states) {
			byte[] view = state.view();
			if (view != null) {
				json.append(json.isEmpty() ? "" : ",")
					.append("{\"key\":")
					.append(this.mapper.writeValueAsString(state.key()))
					.append(",\"version\":\"")
					.append(state.version())
					.append("\",\"view\":")
					.append(new String(view, StandardCharsets.UTF_8))
					.append('}');
			}
		}
		String tag = hash(json.toString());
		String body = "{\"since\":\"" + new StreamPositions(generation, offsets) + "\",\"states\":[" + json + "]}";
		return new QuerySnapshot(body.getBytes(StandardCharsets.UTF_8), tag);
	}

	private static String hash(String text) {
		try {
			byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
			byte[] part = new byte[TAG_BYTES];
			System.arraycopy(hash, 0, part, 0, TAG_BYTES);
			return Base64.getUrlEncoder().withoutPadding().encodeToString(part);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
