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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Function;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Calls the scripts that append to and read the logs of recorded channels, and parses
 * their replies. Safe for use by many threads.
 */
final class RedisLogScripts {

	private static final Log logger = LogFactory.getLog(RedisLogScripts.class);

	/**
	 * A script stops reading after this number of bytes, or of {@link #MAX_READ}
	 * publications, because Redis serves no other client while a script runs.
	 */
	static final int MAX_READ_BYTES = 512 * 1024;

	static final int MAX_READ = 1000;

	private static final int VARIANTS = 256;

	private static final int MARK_DIGITS = 12;

	private static final String INDEXED = "indexed";

	private static final RedisScript BEGINS = RedisScript.group("log-begins.lua");

	private static final RedisScript TIDY = RedisScript.group("index-tidy.lua");

	/** How many channels one call removes from an index at most. */
	private static final int TIDY_CHANNELS = 500;

	private static final int MAX_TIDY_CALLS = 20;

	/** How many removed channels a lane remembers. */
	private static final int MAX_REMOVED = 1000;

	private static final Duration MAX_TIME = Duration.ofDays(3650);

	/**
	 * How long the result of a look at the server is valid for a connection's calls. A
	 * server can stop being the master and become it again while the connection stays
	 * open.
	 */
	private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

	private static final AtomicInteger NEXT_VARIANT = new AtomicInteger(ThreadLocalRandom.current().nextInt(VARIANTS));

	private final RedisScript append = RedisScript.append(Math.floorMod(NEXT_VARIANT.getAndIncrement(), VARIANTS));

	private final RedisScript read = RedisScript.read();

	private final RedisScript peek = RedisScript.peek();

	private final RedisScript resume = RedisScript.resume();

	private final RedisRelaySettings settings;

	private final RedisLanes lanes;

	private final IndexedChannels indexed = new IndexedChannels();

	private final ClusterIndex clusterIndex;

	/** 1 for each lane to which this node has appended. */
	private final AtomicIntegerArray indexedLanes = new AtomicIntegerArray(RedisLanes.COUNT);

	private volatile int tended;

	private volatile @Nullable Look look;

	private final AtomicBoolean evictionWarned = new AtomicBoolean();

	RedisLogScripts(RedisRelaySettings settings) {
		this.settings = settings;
		this.lanes = new RedisLanes(settings.keyPrefix());
		this.clusterIndex = new ClusterIndex(settings, this.lanes, this.indexed);
	}

	/**
	 * Append an envelope to its channel's log, and publish it.
	 * @param link the link to write to
	 * @param envelope the envelope
	 * @param options its log options
	 * @param topic the Redis channel to publish in
	 * @param message the encoded envelope
	 * @return the receipt; fails as the link does
	 * @throws IllegalArgumentException if the envelope is not for a channel
	 */
	CompletableFuture<Receipt> append(RedisLink link, Envelope envelope, LogOptions options, byte[] topic,
			byte[] message) {
		if (!(envelope.audience() instanceof Audience.Channel audience)) {
			throw new IllegalArgumentException(
					"Only messages to a channel can be recorded, but this one is for " + envelope.audience());
		}
		String key = options.idempotencyKey();
		List<byte[]> keys = keys(link, audience.channel());
		List<byte[]> arguments = arguments(link, Integer.toString(options.size()), millis(options.retention()));
		arguments.add(topic);
		arguments.add(message);
		String channel = audience.channel();
		int lane = RedisLanes.of(channel);
		arguments.add(this.lanes.topic(lane));
		arguments.add(bytes(channel));
		int seen = arguments.size();
		if (!link.server().cluster()) {
			keys.add(this.lanes.recent(lane));
			keys.add(this.lanes.expiry(lane));
			keys.add(bytes(prefix(channel) + INDEXED));
		}
		if (key != null) {
			keys.add(bytes(prefix(channel) + "key:" + key));
			arguments.add(bytes(envelope.id()));
			arguments.add(bytes(millis(options.idempotencyWindow())));
		}
		long retention = Long.parseLong(millis(options.retention()));
		Function<String, CompletableFuture<@Nullable Object>> append = (at) -> {
			arguments.add(seen, bytes(at));
			return run(link, this.append, keys, arguments);
		};
		CompletableFuture<@Nullable Object> reply = link.server().cluster()
				? this.clusterIndex.append(link, channel, retention, message.length, append)
				: append.apply(Long.toString(this.indexed.at(link, channel)));
		this.indexedLanes.set(lane, 1);
		return reply.thenApply((parts) -> receipt(link, channel, retention, envelope.id(), parts));
	}

	private Receipt receipt(RedisLink link, String channel, long retention, UUID id, @Nullable Object reply) {
		if (reply == null) {
			return Receipt.of(id, Outcome.UNCONFIRMED);
		}
		// Lettuce returns every reply as a list, Jedis only replies that are lists
		List<?> parts = (reply instanceof List<?> list) ? list : List.of(reply);
		if (parts.size() == 2) {
			this.indexed.add(link, channel, number(parts.get(1)), retention);
		}
		if (parts.size() == 4) {
			throw this.clusterIndex.refused(channel);
		}
		if (parts.size() <= 2) {
			return new Receipt(id, Outcome.RELAYED, RecordedFrame.position(new WireReader((byte[]) parts.get(0))));
		}
		return new Receipt(new WireReader((byte[]) parts.get(2)).readId(), Outcome.DUPLICATE,
				new Position(text(parts.get(0)), number(parts.get(1))));
	}

	/**
	 * Read a part of a log.
	 * @param link the link to read from
	 * @param channel the channel's name
	 * @param since the position to start from, or {@code null}
	 * @param limit the maximum number of publications, at most {@link #MAX_READ}; 0 to
	 * read only the position
	 * @param bytes the size after which to stop, at most {@link #MAX_READ_BYTES}; a
	 * single publication may be larger
	 * @param direction whether to read forward or backward
	 * @return the part, or {@code null} if no reply came in time; fails as the link does
	 */
	CompletableFuture<@Nullable Part> read(RedisLink link, String channel, @Nullable Position since, int limit,
			long bytes, ReadDirection direction) {
		List<byte[]> arguments = arguments(link, Integer.toString(limit),
				(direction == ReadDirection.FORWARD) ? "f" : "b", (since != null) ? since.epoch() : "",
				(since != null) ? Long.toString(since.offset()) : "-1", Long.toString(bytes));
		return run(link, this.read, keys(link, channel), arguments).thenApply(RedisLogScripts::part);
	}

	/**
	 * Return the end of a log without prolonging the log's life. If a new epoch is about
	 * to begin, the position is of no epoch.
	 * @param link the link to read from
	 * @param channel the channel's name
	 * @return the end, or {@code null} if no reply came in time; fails as the link does
	 */
	CompletableFuture<@Nullable Position> peek(RedisLink link, String channel) {
		return run(link, this.peek, keys(link, channel), arguments(link)).thenApply((reply) -> (reply != null)
				? new Position(text(((List<?>) reply).get(0)), number(((List<?>) reply).get(1))) : null);
	}

	/**
	 * Return the ends that logs had when their channels were first added to the index, if
	 * they had messages before. In a Redis Cluster that is not known.
	 * @param link the link to read from
	 * @param channels the channels
	 * @return the known ends, or {@code null} if no reply came in time; fails as the link
	 * does
	 */
	CompletableFuture<@Nullable Map<String, Position>> indexedAt(RedisLink link, List<String> channels) {
		if (link.server().cluster() || channels.isEmpty()) {
			return CompletableFuture.completedFuture(Map.of());
		}
		List<byte[]> keys = channels.stream().map((channel) -> bytes(prefix(channel) + INDEXED)).toList();
		RedisCall call = RedisCall.script(BEGINS, keys, List.of(), this.settings.commandTimeout());
		return link.run(call).thenApply((reply) -> {
			if (reply == null) {
				return null;
			}
			List<?> parts = (reply instanceof List<?> list) ? list : List.of(reply);
			Map<String, Position> ends = new HashMap<>();
			for (int i = 0; i < channels.size(); i++) {
				Position end = GroupCalls.position(parts.get(i));
				if (end != null) {
					ends.put(channels.get(i), end);
				}
			}
			return ends;
		});
	}

	private static @Nullable Part part(@Nullable Object reply) {
		if (reply == null) {
			return null;
		}
		List<?> parts = (List<?>) reply;
		List<Entry> entries = new ArrayList<>();
		for (int i = 4; i + 1 < parts.size(); i += 2) {
			entries.add(new Entry(number(parts.get(i)), (byte[]) parts.get(i + 1)));
		}
		return new Part(new Position(text(parts.get(0)), number(parts.get(1))), number(parts.get(2)) == 1,
				number(parts.get(3)) == 1, entries);
	}

	/**
	 * Return where to continue in a log that does not continue from a given position.
	 * @param link the link to read from
	 * @param channel the channel's name
	 * @param delivered the last delivered position
	 * @param reached the greatest offset that is known of its epoch
	 * @return where to continue, or {@code null} if no reply came in time; fails as the
	 * link does
	 */
	CompletableFuture<@Nullable LogContinuation> resume(RedisLink link, String channel, Position delivered,
			long reached) {
		List<byte[]> arguments = arguments(link, delivered.epoch(), Long.toString(delivered.offset()),
				Long.toString(reached));
		return run(link, this.resume, keys(link, channel), arguments).thenApply(RedisLogScripts::continuation);
	}

	private static @Nullable LogContinuation continuation(@Nullable Object reply) {
		if (reply == null) {
			return null;
		}
		List<?> parts = (List<?>) reply;
		return new LogContinuation(new Position(text(parts.get(0)), number(parts.get(1))), number(parts.get(2)) == 1,
				number(parts.get(3)) == 1);
	}

	private CompletableFuture<@Nullable Object> run(RedisLink link, RedisScript script, List<byte[]> keys,
			List<byte[]> arguments) {
		long now = System.nanoTime();
		boolean looks = !link.server().cluster() && !isLooked(link, now);
		arguments.add(0, bytes(link.server().cluster() ? "c" : looks ? "l" : "m"));
		CompletableFuture<@Nullable Object> reply = link
			.run(RedisCall.script(script, keys, arguments, this.settings.commandTimeout()));
		return looks ? reply.thenApply((any) -> looked(link, now, any)) : reply;
	}

	private boolean isLooked(RedisLink link, long now) {
		Look look = this.look;
		return look != null && look.link() == link && now - look.at() < LOOK_NANOS;
	}

	/**
	 * Until one look is answered, every call looks: otherwise a call without a look could
	 * overtake the first one.
	 */
	private @Nullable Object looked(RedisLink link, long at, @Nullable Object reply) {
		if (reply != null) {
			this.look = new Look(link, at);
		}
		return reply;
	}

	private List<byte[]> keys(RedisLink link, String channel) {
		String prefix = prefix(channel);
		List<byte[]> keys = new ArrayList<>();
		keys.add(bytes(prefix + "stream"));
		keys.add(bytes(prefix + "state"));
		if (link.server().cluster()) {
			// All keys of a call must be in the same slot
			keys.add(bytes(RedisSlots.inSlotOf(prefix, this.settings.keyPrefix() + "births:")));
		}
		else {
			keys.add(bytes(this.settings.keyPrefix() + "history"));
			keys.add(bytes(this.settings.keyPrefix() + "births"));
		}
		return keys;
	}

	private String prefix(String channel) {
		// In a Redis Cluster the text in the braces decides on the slot. It is the
		// channel's name, in which braces are escaped.
		String tag = channel.replace("%", "%25").replace("{", "%7B").replace("}", "%7D");
		return this.settings.keyPrefix() + "log:{" + tag + "}:";
	}

	private List<byte[]> arguments(RedisLink link, String... more) {
		warnOfEviction(link);
		List<byte[]> arguments = new ArrayList<>();
		arguments.add(bytes(newMark()));
		for (String argument : more) {
			arguments.add(bytes(argument));
		}
		return arguments;
	}

	/**
	 * Warn once if Redis may remove logs when its memory is full. Does nothing if Redis
	 * does not evict keys.
	 * @param link the link to the server that has the logs
	 */
	void warnOfEviction(RedisLink link) {
		String policy = link.server().evictionPolicy();
		if (policy != null && this.evictionWarned.compareAndSet(false, true)) {
			logger.warn("Redis has the maxmemory-policy '" + policy
					+ "', so it can remove the logs of recorded channels"
					+ " when its memory is full. Clients then cannot recover and are told so. Set maxmemory-policy to"
					+ " 'noeviction', or use a separate Redis for the relay");
		}
	}

	static String newMark() {
		return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong(), MARK_DIGITS);
	}

	/**
	 * Remove channels from the index of a lane whose messages have all expired for a day,
	 * and find out whether Redis has lost the index. Called every few seconds; does
	 * nothing for lanes to which this node has not appended.
	 */
	void tendIndex(RedisLink link) {
		if (link.server().cluster()) {
			this.clusterIndex.check(link);
		}
		this.tended = (this.tended + 1) % RedisLanes.COUNT;
		for (int i = 0; i < RedisLanes.COUNT; i++) {
			int lane = (this.tended + i) % RedisLanes.COUNT;
			if (this.indexedLanes.get(lane) == 1) {
				this.tended = lane;
				tidy(link, lane, MAX_TIDY_CALLS);
				return;
			}
		}
	}

	private void tidy(RedisLink link, int lane, int calls) {
		RedisCall call = RedisCall.script(TIDY,
				List.of(this.lanes.recent(lane), this.lanes.expiry(lane), this.lanes.removed(lane)),
				List.of(bytes(Integer.toString(TIDY_CHANNELS)), bytes(Integer.toString(MAX_REMOVED))),
				this.settings.commandTimeout());
		link.run(call).thenAccept((reply) -> {
			Object removed = (reply instanceof List<?> list) ? list.get(0) : reply;
			if (removed != null && number(removed) == TIDY_CHANNELS && calls > 1) {
				tidy(link, lane, calls - 1);
			}
		});
	}

	private static String millis(Duration duration) {
		Duration capped = (duration.compareTo(MAX_TIME) < 0) ? duration : MAX_TIME;
		return Long.toString(Math.max(1, capped.toMillis()));
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static byte[] bytes(UUID id) {
		WireWriter out = new WireWriter(16);
		out.writeId(id);
		return out.toByteArray();
	}

	private static String text(Object part) {
		return new String((byte[]) part, StandardCharsets.US_ASCII);
	}

	private static long number(Object part) {
		return (Long) part;
	}

	/**
	 * Records that a call has looked at the server: which history its data belongs to.
	 *
	 * @param link the connection
	 * @param at when the call was made, in {@code System.nanoTime()}
	 */
	private record Look(RedisLink link, long at) {
	}

	/**
	 * A part of a log.
	 *
	 * @param end the position of the newest publication of the log
	 * @param complete whether nothing is missing after the requested position
	 * @param more whether there is more to read
	 * @param entries the publications
	 */
	record Part(Position end, boolean complete, boolean more, List<Entry> entries) {
	}

	/**
	 * A publication.
	 *
	 * @param offset its offset
	 * @param envelope its encoded envelope
	 */
	record Entry(long offset, byte[] envelope) {
	}

}
