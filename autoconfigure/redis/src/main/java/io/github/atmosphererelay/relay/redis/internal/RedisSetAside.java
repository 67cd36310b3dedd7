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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.jspecify.annotations.Nullable;

/**
 * The messages that groups have set aside on Redis: a hash for each lane of a group, in
 * the slot of its lease, so that only the owner of a lane adds to it. Thread-safe; never
 * blocks.
 */
final class RedisSetAside implements SetAsideMessages {

	/** How many messages are kept for each lane of a group. */
	static final int MAX_MESSAGES = 1000;

	/** After how many bytes no further message is kept for a lane of a group. */
	static final int MAX_BYTES = 4 * 1024 * 1024;

	private static final RedisScript PUT = RedisScript.group("aside-put.lua");

	private static final RedisScript READ = RedisScript.group("aside-read.lua");

	private static final RedisScript REMOVE = RedisScript.group("aside-remove.lua");

	private static final int VERSION = 1;

	/** The channel of a message that cannot be decoded. */
	private static final String UNREADABLE = "*";

	private final GroupCalls calls;

	private final RedisLanes lanes;

	private final EnvelopeCodec codec;

	RedisSetAside(GroupCalls calls, RedisLanes lanes, EnvelopeCodec codec) {
		this.calls = calls;
		this.lanes = lanes;
		this.codec = codec;
	}

	private byte[] messages(String group, int lane) {
		return this.lanes.ofGroup(group, lane, "aside");
	}

	private byte[] size(String group, int lane) {
		return this.lanes.ofGroup(group, lane, "aside-size");
	}

	/**
	 * Store a message, as the owner of a lane.
	 */
	CompletableFuture<@Nullable Void> put(SetAsideMessage message, int lane, String member, long token,
			GroupProgress progress) {
		String group = message.group();
		byte[] encoded;
		try {
			encoded = encode(message);
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		return this.calls
			.run(PUT, List.of(progress.lease(), messages(group, lane), size(group, lane)), member, token,
					message.publication().id(), encoded, MAX_MESSAGES, MAX_BYTES)
			.thenApply((reply) -> {
				long result = GroupCalls.number(reply.get(0));
				if (result == 0) {
					throw progress.lost(token);
				}
				if (result < 0) {
					throw RelayOverloadedException.forSetAside(group, (int) GroupCalls.number(reply.get(1)));
				}
				return null;
			});
	}

	@Override
	public CompletableFuture<Long> count(String group) {
		return ofAllLanes((lane) -> this.calls.run(READ, List.of(messages(group, lane)), "count"))
			.thenApply((replies) -> replies.stream().mapToLong((reply) -> GroupCalls.number(reply.get(0))).sum());
	}

	private CompletableFuture<List<List<?>>> ofAllLanes(Function<Integer, CompletableFuture<List<?>>> call) {
		List<CompletableFuture<List<?>>> replies = IntStream.range(0, RedisLanes.COUNT).mapToObj(call::apply).toList();
		return GroupCalls.all(replies)
			.thenApply((nothing) -> replies.stream().<List<?>>map(CompletableFuture::join).toList());
	}

	@Override
	public CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit) {
		return ofAllLanes((lane) -> this.calls.run(READ, List.of(messages(group, lane)), "list"))
			.thenCompose((replies) -> {
				List<Entry> entries = new ArrayList<>();
				for (int lane = 0; lane < replies.size(); lane++) {
					List<?> reply = replies.get(lane);
					for (int i = 0; i + 1 < reply.size(); i += 2) {
						entries
							.add(new Entry(lane, GroupCalls.text(reply.get(i)), GroupCalls.number(reply.get(i + 1))));
					}
				}
				entries.sort(Comparator.comparingLong(Entry::time).thenComparing(Entry::id));
				return read(group, entries.stream().skip(offset).limit(limit).toList());
			});
	}

	private CompletableFuture<List<SetAsideMessage>> read(String group, List<Entry> entries) {
		Map<Integer, List<String>> byLane = new HashMap<>();
		entries.forEach((entry) -> byLane.computeIfAbsent(entry.lane(), (lane) -> new ArrayList<>()).add(entry.id()));
		Map<String, SetAsideMessage> found = new ConcurrentHashMap<>();
		return GroupCalls
			.all(byLane.entrySet()
				.stream()
				.map((each) -> get(group, each.getKey(), each.getValue(), this::unreadable).thenAccept(found::putAll))
				.toList())
			.thenApply((nothing) -> entries.stream()
				.map((entry) -> found.get(entry.id()))
				.filter(Objects::nonNull)
				.map(Objects::requireNonNull)
				.toList());
	}

	private CompletableFuture<Map<String, SetAsideMessage>> get(String group, int lane, List<String> ids,
			Unreadable unreadable) {
		return this.calls.run(READ, List.of(messages(group, lane)), List.of("get"), ids).thenApply((reply) -> {
			Map<String, SetAsideMessage> found = new HashMap<>();
			for (int i = 0; i < ids.size(); i++) {
				byte[] encoded = (byte[]) reply.get(i);
				if (encoded.length > 0) {
					found.put(ids.get(i), decode(group, ids.get(i), encoded, unreadable));
				}
			}
			return found;
		});
	}

	@Override
	public CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id) {
		Map<String, SetAsideMessage> found = new ConcurrentHashMap<>();
		return GroupCalls
			.all(IntStream.range(0, RedisLanes.COUNT)
				.mapToObj((lane) -> get(group, lane, Collections.singletonList(id.toString()), RedisSetAside::refuse)
					.thenAccept(found::putAll))
				.toList())
			.thenApply((nothing) -> found.get(id.toString()));
	}

	@Override
	public CompletableFuture<Boolean> remove(String group, UUID id) {
		return ofAllLanes((lane) -> this.calls.run(REMOVE, List.of(messages(group, lane), size(group, lane)), id))
			.thenApply((replies) -> replies.stream().anyMatch((reply) -> GroupCalls.number(reply.get(0)) == 1));
	}

	private byte[] encode(SetAsideMessage message) {
		Publication publication = message.publication();
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		Position position = Objects.requireNonNull(publication.position(), "A message of a group has a position");
		out.writeString(position.epoch());
		out.writeLong(position.offset());
		out.writeInt(message.attempts());
		out.writeString(message.reason());
		out.writeLong(message.time().toEpochMilli());
		out.write(this.codec.encode(new Envelope(publication.id(), publication.origin(), Envelope.Kind.MESSAGE,
				publication.time(), new Audience.Channel(publication.channel(), publication.exceptSession()),
				publication.headers(), publication.payload(), null, null)));
		return out.toByteArray();
	}

	private SetAsideMessage decode(String group, String id, byte[] encoded, Unreadable unreadable) {
		try {
			return decode(group, encoded);
		}
		catch (WireFormatException ex) {
			return unreadable.decode(group, id, ex);
		}
	}

	/**
	 * Describe a message that this version cannot read, so that an operator sees it.
	 */
	private SetAsideMessage unreadable(String group, String id, WireFormatException failure) {
		UUID uuid = UUID.fromString(id);
		Publication nothing = new Publication(uuid, uuid, UNREADABLE, 0, Map.of(), Payload.text(""), null, null);
		return new SetAsideMessage(group, nothing, 0, "Cannot be read by this node: " + failure.getMessage(),
				Instant.EPOCH);
	}

	private static SetAsideMessage refuse(String group, String id, WireFormatException failure) {
		throw new IllegalStateException("The message " + id + " that the group '" + group
				+ "' has set aside cannot be read by this node. A newer version may have written it", failure);
	}

	private SetAsideMessage decode(String group, byte[] encoded) {
		WireReader in = new WireReader(encoded);
		// When it was set aside, by the server's clock
		in.readLong();
		in.readVersion((byte) VERSION);
		Position position = new Position(in.readString(MAX_BYTES), in.readLong());
		int attempts = in.readInt();
		String reason = in.readString(MAX_BYTES);
		Instant time = Instant.ofEpochMilli(in.readLong());
		Envelope envelope = this.codec.decode(in.read(in.remaining()));
		Publication publication = Publication.of(envelope, ((Audience.Channel) envelope.audience()).channel(),
				position);
		return new SetAsideMessage(group, publication, attempts, reason, time);
	}

	/**
	 * What a message is that cannot be decoded.
	 */
	private interface Unreadable {

		SetAsideMessage decode(String group, String id, WireFormatException failure);

	}

	/**
	 * A message in a lane.
	 */
	private record Entry(int lane, String id, long time) {
	}

}
