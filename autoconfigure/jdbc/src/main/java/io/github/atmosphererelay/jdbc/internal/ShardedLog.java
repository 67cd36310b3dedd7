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

package io.github.atmosphererelay.jdbc.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.SqlParameterValue;

/**
 * A log of envelopes in tables of a relational database, divided into {@value #SHARDS}
 * shards by the envelopes' addresses. The rows of a shard are numbered without gaps in
 * the order in which the transactions commit that have appended them: a reader that has
 * read up to a number has missed nothing before it, and finds all that comes later behind
 * it.
 * <p>
 * The numbers come from a counter, one row for each shard, that a transaction increments
 * when it appends. The lock on that row lasts until the transaction ends, so the next
 * transaction gets its numbers only when those of the one before are visible, or were
 * rolled back together with its rows. Neither sequences nor clocks have this property.
 * <p>
 * Deadlocks: a transaction takes the counters in ascending order. {@link #append} does so
 * for the envelopes of one call; whoever appends more than once in a transaction has to
 * see to it. Counters should be taken at the end of a transaction, because all other
 * transactions that append to the shard wait for them. A transaction that rolls back to a
 * savepoint from before an append must take its counters as not held: some databases give
 * them back then.
 * <p>
 * If {@link #append} fails, the transaction has to be rolled back: a database other than
 * PostgreSQL would commit a counter that was incremented without its rows.
 * <p>
 * Stateless, safe for use by many threads. Blocks as long as the database takes.
 * <p>
 * Statements that read a few rows of many sort them by all columns of the index that they
 * use, also by those that are compared with one value. Otherwise H2 reads and sorts all
 * rows that match, and is slower the more there are.
 */
public final class ShardedLog {

	/**
	 * The number of shards.
	 */
	public static final int SHARDS = 16;

	private static final String INSERT_SHARDS = "INSERT INTO ATMOSPHERE_SHARD (LOG_NAME, SHARD, EPOCH, HEAD) VALUES ";

	/** The rows of a log whose counters were removed keep their numbers. */
	private static final String NEW_SHARD = "(?, ?, ?, (SELECT COALESCE(MAX(NUMBER), 0) FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND SHARD = ?))";

	private static final String INCREMENT = "UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD + ?"
			+ " WHERE LOG_NAME = ? AND SHARD = ?";

	private static final String LOCK_AT_ONCE = "SELECT HEAD FROM ATMOSPHERE_SHARD"
			+ " WHERE LOG_NAME = ? AND SHARD = ? FOR UPDATE NOWAIT";

	private static final String LOCK = "SELECT EPOCH, HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ?"
			+ " FOR UPDATE";

	private static final String FIND_HEADS = "SELECT SHARD, EPOCH, HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?";

	private static final String INSERT = "INSERT INTO ATMOSPHERE_MESSAGE"
			+ " (LOG_NAME, SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT, LOG_SIZE, SIZE_BYTES, ENVELOPE)"
			+ " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

	private static final String RENEW_KEY = "UPDATE ATMOSPHERE_KEY SET SHARD = ?, NUMBER = ?, MESSAGE_ID = ?,"
			+ " EXPIRES_AT = ? WHERE LOG_NAME = ? AND KEY_HASH = ?";

	/** Locks the row, so that it is the newest one at every isolation. */
	private static final String FIND_KEY = "SELECT NUMBER, MESSAGE_ID, EXPIRES_AT FROM ATMOSPHERE_KEY"
			+ " WHERE LOG_NAME = ? AND KEY_HASH = ? FOR UPDATE";

	/**
	 * At this size rows come with their envelope; larger ones are read by themselves.
	 */
	private static final int MAX_INLINE_BYTES = 8 * 1024;

	/**
	 * The column of an envelope that is not large, and otherwise of {@code null}: see
	 * {@link ShardedLogPoll#readOne}. Of a function's value instead of the column's,
	 * because H2 copies each large object of a result, and sends it when it is asked for.
	 */
	static final String INLINE_ENVELOPE = "CASE WHEN SIZE_BYTES <= " + MAX_INLINE_BYTES
			+ " THEN SUBSTRING(ENVELOPE, 1, " + MAX_INLINE_BYTES + ") END";

	private static final String READ = "SELECT NUMBER, SIZE_BYTES, EXPIRES_AT, " + INLINE_ENVELOPE
			+ " FROM ATMOSPHERE_MESSAGE" + " WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER > ? AND NUMBER <= ?"
			+ " ORDER BY LOG_NAME, SHARD, NUMBER LIMIT ?";

	private static final String RENEW_EPOCH = "UPDATE ATMOSPHERE_SHARD SET EPOCH = ?"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND EPOCH = ?";

	private static final String FIND_SERVERS = "SELECT SHARD, EPOCH, SERVER_ID FROM ATMOSPHERE_SHARD"
			+ " WHERE LOG_NAME = ?";

	private static final String MOVE = "UPDATE ATMOSPHERE_SHARD SET EPOCH = ?, SERVER_ID = ?"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND EPOCH = ?";

	/**
	 * With the size of rows that come with their envelope, a query returns at most 2 MB.
	 */
	private static final int CHUNK = 256;

	private final String name;

	private final ShardedLogPoll poll;

	private final DatabaseDialect dialect;

	private final EnvelopeCodec codec;

	private final long ephemeralMillis;

	/**
	 * Create a log.
	 * @param name the name of the log: several logs share the tables
	 * @param dialect the database's dialect
	 * @param codec encodes the envelopes
	 * @param ephemeralMillis how long rows are kept whose envelopes have no
	 * {@linkplain Envelope#log() log options}, in milliseconds
	 */
	public ShardedLog(String name, DatabaseDialect dialect, EnvelopeCodec codec, long ephemeralMillis) {
		this.name = name;
		this.poll = new ShardedLogPoll(name);
		this.dialect = dialect;
		this.codec = codec;
		this.ephemeralMillis = ephemeralMillis;
	}

	/**
	 * Return the shard of an address. It depends on the address alone, the same for all
	 * nodes and releases.
	 * @param address the address
	 * @return the number of the shard
	 */
	public static int shardOf(Address address) {
		// The hash of a string is specified, by String.hashCode()
		int hash = address.value().hashCode();
		hash ^= hash >>> 16;
		hash ^= hash >>> 8;
		return (hash ^ (hash >>> 4)) & (SHARDS - 1);
	}

	/**
	 * Return the name of the log.
	 * @return the name
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Return the dialect of the database.
	 * @return the dialect
	 */
	public DatabaseDialect dialect() {
		return this.dialect;
	}

	/**
	 * Create the counters that do not exist yet, behind the rows that do. Outside of a
	 * transaction.
	 * @param jdbc the database
	 */
	public void createShards(JdbcOperations jdbc) {
		for (int attempt = 0; attempt < SHARDS; attempt++) {
			Set<Integer> missing = IntStream.range(0, SHARDS).boxed().collect(Collectors.toCollection(TreeSet::new));
			heads(jdbc).forEach((head) -> missing.remove(head.shard()));
			if (missing.isEmpty()) {
				return;
			}
			// One statement, which is one commit
			List<Object> parameters = new ArrayList<>();
			missing.forEach((shard) -> parameters.addAll(List.of(this.name, shard, newEpoch(), this.name, shard)));
			try {
				jdbc.update(INSERT_SHARDS + NEW_SHARD + (", " + NEW_SHARD).repeat(missing.size() - 1),
						parameters.toArray());
			}
			catch (DuplicateKeyException ex) {
				// Another node was faster
			}
		}
	}

	/**
	 * Append envelopes to their shards, within the present transaction. Envelopes of one
	 * address keep their order.
	 * @param jdbc uses the connection of the present transaction, whose isolation must
	 * not be above {@link DatabaseDialect#greatestIsolation}
	 * @param envelopes the envelopes
	 * @param checkKeys whether an envelope is not appended if another one has the same
	 * {@linkplain LogOptions#idempotencyKey() idempotency key} within its window
	 * @return what became of each, in the same order
	 * @throws IllegalStateException if there is no counter for a shard, because
	 * {@link #createShards} was not called or the row was removed
	 * @throws org.springframework.dao.DataAccessException if the database refuses; then,
	 * too, the transaction has to be rolled back
	 */
	public List<AppendResult> append(JdbcOperations jdbc, List<Envelope> envelopes, boolean checkKeys) {
		return appendEncoded(jdbc,
				envelopes.stream()
					.map((envelope) -> new EncodedEnvelope(envelope, this.codec.encode(envelope)))
					.toList(),
				checkKeys);
	}

	/**
	 * Append envelopes that are encoded already, as
	 * {@link #append(JdbcOperations, List, boolean)} does.
	 * @param jdbc uses the connection of the present transaction
	 * @param encoded the envelopes
	 * @param checkKeys whether idempotency keys are checked
	 * @return what became of each, in the same order
	 */
	public List<AppendResult> appendEncoded(JdbcOperations jdbc, List<EncodedEnvelope> encoded, boolean checkKeys) {
		if (encoded.isEmpty()) {
			return List.of();
		}
		this.dialect.limitPause(jdbc);
		SortedMap<Integer, Integer> counts = new TreeMap<>();
		for (EncodedEnvelope each : encoded) {
			counts.merge(shardOf(each.envelope().address()), 1, Integer::sum);
		}
		if (this.dialect != DatabaseDialect.H2) {
			return append(jdbc, encoded, counts, checkKeys);
		}
		return new H2Counters(this.name).repair(jdbc, counts.keySet(), () -> append(jdbc, encoded, counts, checkKeys));
	}

	private List<AppendResult> append(JdbcOperations jdbc, List<EncodedEnvelope> encoded,
			SortedMap<Integer, Integer> counts, boolean checkKeys) {
		H2Counters locked = (this.dialect == DatabaseDialect.H2) ? new H2Counters(this.name) : null;
		String[] epochs = new String[SHARDS];
		long[] last = new long[SHARDS];
		Collection<ShardHead> heads = (locked != null) ? locked.lock(jdbc, counts.keySet()) : take(jdbc, counts);
		heads.forEach((head) -> {
			epochs[head.shard()] = head.epoch();
			last[head.shard()] = head.number();
		});
		long now = System.currentTimeMillis();
		List<AppendResult> results = new ArrayList<>(encoded.size());
		List<Object[]> rows = new ArrayList<>(encoded.size());
		H2Insert together = new H2Insert(this.name);
		SortedMap<Integer, Integer> unused = new TreeMap<>();
		for (EncodedEnvelope each : encoded) {
			Envelope envelope = each.envelope();
			int shard = shardOf(envelope.address());
			String epoch = epochs[shard];
			long number = last[shard] + 1;
			AppendResult duplicate = checkKeys ? findDuplicate(jdbc, envelope, shard, epoch, number, now) : null;
			if (duplicate != null) {
				unused.merge(shard, -1, Integer::sum);
				results.add(duplicate);
				continue;
			}
			last[shard] = number;
			results.add(new AppendResult(envelope.id(), new Position(epoch, number), false));
			NewRow row = row(each, now);
			if (locked == null || !together.add(row, number)) {
				rows.add(parameters(row, number));
			}
		}
		if (locked != null) {
			locked.set(jdbc, heads, last);
			together.insert(jdbc);
		}
		else if (!unused.isEmpty()) {
			increment(jdbc, unused);
		}
		jdbc.batchUpdate(INSERT, rows);
		return results;
	}

	/**
	 * Increment the counters.
	 * @return what they were before
	 */
	private List<ShardHead> take(JdbcOperations jdbc, SortedMap<Integer, Integer> counts) {
		increment(jdbc, counts);
		List<ShardHead> heads = heads(jdbc, counts.keySet());
		if (heads.size() < counts.size()) {
			throw missingShard(this.name);
		}
		return heads.stream()
			.map((head) -> new ShardHead(head.shard(), head.epoch(),
					head.number() - Objects.requireNonNull(counts.get(head.shard()))))
			.toList();
	}

	/**
	 * Return whether envelopes can be appended by {@link #appendAtOnce}.
	 * @param envelopes the envelopes
	 * @return whether the database can do so, and no envelope has an idempotency key; on
	 * H2 only if none is recorded or larger than a megabyte
	 */
	public boolean appendsAtOnce(List<EncodedEnvelope> envelopes) {
		return switch (this.dialect) {
			case POSTGRESQL, MARIADB -> envelopes.stream().allMatch((each) -> {
				LogOptions options = each.envelope().log();
				return options == null || options.idempotencyKey() == null;
			});
			case MYSQL -> false;
			case H2 -> envelopes.stream()
				.allMatch((each) -> each.envelope().log() == null && each.bytes().length <= H2Insert.MAX_BYTES);
		};
	}

	/**
	 * Append envelopes by one statement. Where it is a transaction by itself, nobody
	 * waits for the counters while the client or the network is slow.
	 * @param jdbc uses a connection in autocommit mode; on PostgreSQL it may be in a
	 * transaction, and on H2 it has to be
	 * @param envelopes the envelopes, one or more, for which {@link #appendsAtOnce} holds
	 * @return what became of each, in the same order; on H2 with the number 0
	 * @throws DuplicateKeyException on H2, if a counter is wrong: the transaction has to
	 * be rolled back, and {@link #appendEncoded} sets it right
	 */
	public List<AppendResult> appendAtOnce(JdbcOperations jdbc, List<EncodedEnvelope> envelopes) {
		long now = System.currentTimeMillis();
		List<NewRow> rows = envelopes.stream().map((each) -> row(each, now)).toList();
		return Objects.requireNonNull(jdbc.execute((Connection connection) -> switch (this.dialect) {
			case POSTGRESQL -> new PostgresAppend(this.name).append(connection, rows);
			case MARIADB, MYSQL -> new MariaDbAppend(this.name).append(connection, rows);
			case H2 -> {
				new H2Append(this.name).append(connection, rows);
				yield rows.stream()
					.map((row) -> new AppendResult(row.messageId(), new Position("", 0), false))
					.toList();
			}
		}));
	}

	/**
	 * Lock the counter of a shard until the present transaction ends.
	 * @param jdbc uses the connection of the present transaction
	 * @param shard the shard
	 * @return the end of the shard, which nobody changes meanwhile
	 */
	public ShardHead lock(JdbcOperations jdbc, int shard) {
		return jdbc
			.query(LOCK, (row, index) -> new ShardHead(shard, row.getString(1), row.getLong(2)), this.name, shard)
			.stream()
			.findFirst()
			.orElseThrow(() -> missingShard(this.name));
	}

	/**
	 * Lock the counter of a shard until the present transaction ends, if nobody else
	 * holds it. Does not wait for who does.
	 * @param jdbc uses the connection of the present transaction
	 * @param shard the shard
	 * @throws org.springframework.dao.DataAccessException if somebody else holds it; the
	 * transaction has to be rolled back
	 */
	public void lockAtOnce(JdbcOperations jdbc, int shard) {
		jdbc.queryForList(LOCK_AT_ONCE, Long.class, this.name, shard);
	}

	private void increment(JdbcOperations jdbc, SortedMap<Integer, Integer> counts) {
		int[] updated = jdbc.batchUpdate(INCREMENT,
				counts.entrySet()
					.stream()
					.map((entry) -> new Object[] { entry.getValue(), this.name, entry.getKey() })
					.toList());
		// Some drivers do not tell the number of rows; those that do not exist are missed
		// when they are read
		for (int rows : updated) {
			if (rows == 0) {
				throw missingShard(this.name);
			}
		}
	}

	static IllegalStateException missingShard(String name) {
		return new IllegalStateException("Table ATMOSPHERE_SHARD does not have all of the " + SHARDS + " rows of '"
				+ name + "'. They are created when the node starts: do not remove them");
	}

	private NewRow row(EncodedEnvelope encoded, long now) {
		Envelope envelope = encoded.envelope();
		LogOptions options = envelope.log();
		String channel = (options != null && envelope.audience() instanceof Audience.Channel audience)
				? audience.channel() : null;
		long millis = (options != null) ? options.retention().toMillis() : this.ephemeralMillis;
		return new NewRow(envelope.id(), shardOf(envelope.address()), channel, now, saturatedSum(now, millis),
				(channel != null && options != null) ? options.size() : null, encoded.bytes());
	}

	private Object[] parameters(NewRow row, long number) {
		return new Object[] { this.name, row.shard(), number, new SqlParameterValue(Types.VARCHAR, row.channel()),
				row.createdAt(), row.expiresAt(), new SqlParameterValue(Types.INTEGER, row.logSize()),
				row.envelope().length, row.envelope() };
	}

	private @Nullable AppendResult findDuplicate(JdbcOperations jdbc, Envelope envelope, int shard, String epoch,
			long number, long now) {
		LogOptions options = envelope.log();
		String key = (options != null) ? options.idempotencyKey() : null;
		if (options == null || key == null) {
			return null;
		}
		String hash = hash(envelope.address(), key);
		String id = envelope.id().toString();
		long expiresAt = saturatedSum(now, options.idempotencyWindow().toMillis());
		// The insert comes first: an update of a row that is not there would lock the gap
		// in which others insert, on InnoDB
		if (jdbc.update(this.dialect.insertKeyIfAbsent(), this.name, hash, shard, number, id, expiresAt) > 0) {
			return null;
		}
		// It is there: keys are removed only by who holds the counter. No condition but
		// the primary key: InnoDB may look for another one in the index of the times, and
		// lock keys of other shards
		KnownKey known = Objects.requireNonNull(jdbc.queryForObject(FIND_KEY,
				(row, index) -> new KnownKey(row.getLong(1), UUID.fromString(row.getString(2)), row.getLong(3)),
				this.name, hash));
		if (known.expiresAt() > now) {
			return new AppendResult(known.messageId(), new Position(epoch, known.number()), true);
		}
		jdbc.update(RENEW_KEY, shard, number, id, expiresAt, this.name, hash);
		return null;
	}

	private static long saturatedSum(long now, long millis) {
		long sum = now + millis;
		return (sum < now) ? Long.MAX_VALUE : sum;
	}

	/**
	 * Hashes, because a database may pad or fold strings, and keys may be long.
	 */
	private static String hash(Address address, String key) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256")
				.digest((address.value() + "\0" + key).getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	/**
	 * Return the ends of all shards.
	 * @param jdbc the database
	 * @return the ends that are committed, in no particular order
	 */
	public List<ShardHead> heads(JdbcOperations jdbc) {
		return jdbc.query(FIND_HEADS, (row, index) -> new ShardHead(row.getInt(1), row.getString(2), row.getLong(3)),
				this.name);
	}

	private List<ShardHead> heads(JdbcOperations jdbc, Collection<Integer> shards) {
		return jdbc.query(FIND_HEADS + " AND SHARD IN (" + list(shards) + ")",
				(row, index) -> new ShardHead(row.getInt(1), row.getString(2), row.getLong(3)), this.name);
	}

	/**
	 * Return numbers of this class itself as a part of a statement.
	 */
	static String list(Collection<Integer> shards) {
		return shards.stream().map(String::valueOf).collect(Collectors.joining(", "));
	}

	/**
	 * Read rows of a shard. The numbers of the rows follow each other without a gap,
	 * unless rows were removed.
	 * @param jdbc the database
	 * @param head the end of the shard, as read before
	 * @param after the number after which to read
	 * @param maxRows the maximum number of rows, 1 or more
	 * @param maxBytes the maximum size of the rows together, in bytes; a single row may
	 * exceed it
	 * @return the rows, in ascending order
	 */
	public List<LogRow> read(JdbcOperations jdbc, ShardHead head, long after, int maxRows, long maxBytes) {
		List<LogRow> rows = new ArrayList<>();
		long bytes = 0;
		long last = after;
		List<SizedRow> chunk;
		int limit;
		do {
			limit = Math.min(CHUNK, maxRows - rows.size());
			// Not beyond the end: who knows how much was appended since
			chunk = (limit > 0 && last < head.number()) ? readChunk(jdbc, head, last, limit) : List.of();
			for (SizedRow row : chunk) {
				if (!rows.isEmpty() && bytes + row.size() > maxBytes) {
					return rows;
				}
				last = row.number();
				byte[] envelope = (row.envelope() != null) ? row.envelope()
						: this.poll.readOne(jdbc, head.shard(), row.number());
				// A row may be removed while it is read
				if (envelope != null) {
					bytes += row.size();
					rows.add(new LogRow(row.number(), envelope, row.expiresAt()));
				}
			}
		}
		while (chunk.size() == CHUNK);
		return rows;
	}

	private List<SizedRow> readChunk(JdbcOperations jdbc, ShardHead head, long after, int limit) {
		return jdbc.query(READ,
				(row, index) -> new SizedRow(row.getLong(1), row.getInt(2), row.getLong(3), row.getBytes(4)), this.name,
				head.shard(), after, head.number(), limit);
	}

	/**
	 * Give a shard a new epoch, because its numbers may stand for other rows than before,
	 * for example after a backup was restored.
	 * @param jdbc the database
	 * @param shard the shard
	 * @param epoch the epoch that the caller has seen; nothing happens if another node
	 * has renewed it already
	 * @return whether the epoch was renewed by this call
	 */
	public boolean renewEpoch(JdbcOperations jdbc, int shard, String epoch) {
		return jdbc.update(RENEW_EPOCH, newEpoch(), this.name, shard, epoch) > 0;
	}

	/**
	 * Note which server has the log. Shards that another server has written before get a
	 * new epoch.
	 * @param jdbc the database
	 * @param server tells the server, at most 60 characters
	 * @return the numbers of the shards that this call has given a new epoch
	 */
	public List<Integer> moveToServer(JdbcOperations jdbc, String server) {
		List<Integer> moved = new ArrayList<>();
		List<ShardServer> shards = jdbc.query(FIND_SERVERS,
				(row, index) -> new ShardServer(row.getInt(1), row.getString(2), row.getString(3)), this.name);
		for (ShardServer shard : shards) {
			if (server.equals(shard.server())) {
				continue;
			}
			String epoch = (shard.server() != null) ? newEpoch() : shard.epoch();
			if (jdbc.update(MOVE, epoch, server, this.name, shard.shard(), shard.epoch()) > 0
					&& shard.server() != null) {
				moved.add(shard.shard());
			}
		}
		return moved;
	}

	private static String newEpoch() {
		return UUID.randomUUID().toString().substring(0, 13);
	}

	/**
	 * A row, without its envelope if that is large.
	 */
	private record SizedRow(long number, int size, long expiresAt, byte @Nullable [] envelope) {
	}

	/**
	 * Which server has written a shard.
	 */
	private record ShardServer(int shard, String epoch, @Nullable String server) {
	}

	/**
	 * An idempotency key that is there already.
	 */
	private record KnownKey(long number, UUID messageId, long expiresAt) {
	}

}
