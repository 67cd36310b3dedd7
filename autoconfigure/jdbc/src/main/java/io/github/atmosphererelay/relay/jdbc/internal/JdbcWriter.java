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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.jdbc.internal.AppendResult;
import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.EncodedEnvelope;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.jdbc.internal.SqlFailures;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DuplicateKeyException;

/**
 * Writes what the node publishes, on one thread with one connection: takes what has
 * gathered while the transaction before was committed, appends it in one transaction, and
 * tells the outcomes. An envelope that waits for longer than the timeout is taken back
 * and fails; one that is being written is then unconfirmed.
 */
final class JdbcWriter implements JdbcWorker.Work {

	private static final Log logger = LogFactory.getLog(JdbcWriter.class);

	private static final int BATCH_COUNT = 500;

	private static final long BATCH_BYTES = 1024 * 1024;

	/** So many refusals one after the other are not the envelopes' fault. */
	private static final int MAX_REFUSALS = 3;

	/** After which a counter that somebody holds is tried again. */
	private static final long LOCKED_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

	private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

	private final JdbcConnector connector;

	private final EnvelopeCodec codec;

	private final Duration timeout;

	private final long holdNanos;

	private final JdbcWorker worker;

	private final WriterQueue queue;

	private final Notifier notifier;

	/**
	 * The shards whose counters somebody else holds, with the time of the last attempt.
	 * Only used by the thread.
	 */
	private final Map<Integer, Long> locked = new HashMap<>();

	/** How often single envelopes were refused in a row; only used by the thread. */
	private int refusals;

	private volatile boolean closing;

	JdbcWriter(JdbcConnector connector, ConnectionSource source, JdbcRelaySettings settings, Guard guard,
			Notifier notifier) {
		this.connector = connector;
		this.codec = settings.codec();
		this.timeout = settings.publishTimeout();
		this.holdNanos = settings.idleInterval().toNanos();
		this.notifier = notifier;
		this.worker = new JdbcWorker("writer", source, connector.answerTimeout(), guard, this);
		this.queue = new WriterQueue(settings.maxPending(), this.holdNanos, this.worker.signal());
	}

	void start() {
		this.worker.start();
	}

	void reconnect() {
		this.worker.reconnect();
	}

	/**
	 * Accept no more envelopes, and end when those that wait are written. Does not block.
	 */
	void close() {
		this.closing = true;
		this.worker.signal().raise();
	}

	/**
	 * Wait for the end, and complete what is open.
	 * @param limit how long to wait for what is to be written
	 * @throws InterruptedException if the calling thread is interrupted
	 */
	void awaitEnd(Duration limit) throws InterruptedException {
		try {
			this.worker.awaitEnd(limit);
		}
		finally {
			this.worker.stop();
			this.queue.close().forEach((pending) -> pending.unavailable(null));
			this.queue.writing().forEach(JdbcPending::unconfirmed);
		}
	}

	/**
	 * Write an envelope.
	 * @param envelope the envelope
	 * @param hurry who waits for it
	 * @return the future of the relay's publisher
	 */
	CompletableFuture<Receipt> publish(Envelope envelope, Hurry hurry) {
		byte[] encoded;
		try {
			encoded = this.codec.encode(envelope);
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		long time = this.timeout.toNanos() + ((hurry == Hurry.NONE) ? this.holdNanos : 0);
		JdbcPending pending = new JdbcPending(envelope, encoded, hurry, System.nanoTime() + time,
				new CompletableFuture<>());
		RelayException refusal = this.queue.add(pending);
		return (refusal != null) ? CompletableFuture.failedFuture(refusal) : pending.future();
	}

	/**
	 * Write soon what waits without hurry. Does not block.
	 * @return whether something waits, of which {@link JdbcConnector#committed} tells
	 */
	boolean flush() {
		return this.queue.flush();
	}

	/**
	 * Wake the other nodes soon, because rows were committed that this writer has not
	 * written.
	 */
	void wakeOthers() {
		if (this.notifier.markDue()) {
			wake();
		}
	}

	void wake() {
		this.worker.signal().raise();
	}

	/**
	 * Tell the outcome of envelopes whose time is over. Called every few milliseconds by
	 * a timer; does not block.
	 */
	void sweep() {
		long now = System.nanoTime();
		this.queue.removeOverdue(now).forEach((pending) -> pending.unavailable(null));
		this.queue.overdueInWriting(now).forEach(JdbcPending::unconfirmed);
	}

	@Override
	public void begin(JdbcLink link) throws Exception {
		this.connector.prepare(link);
		this.queue.open();
		if (this.closing) {
			this.worker.stop();
		}
		this.connector.writerReady(true);
	}

	@Override
	public boolean step(JdbcLink link) throws InterruptedException {
		long delay = this.queue.delay(System.nanoTime());
		boolean isEmpty = delay == Long.MAX_VALUE;
		if (isEmpty || (delay > 0 && !this.closing)) {
			this.notifier.sendIfDue(link);
			if (this.closing) {
				this.worker.stop();
				return false;
			}
			this.worker.signal().await(Math.min(delay, IDLE_NANOS));
			return true;
		}
		try {
			write(link, this.queue.take(BATCH_COUNT, BATCH_BYTES));
		}
		finally {
			this.queue.written();
		}
		if (this.queue.delay(System.nanoTime()) > 0 || this.notifier.intervalIsOver()) {
			this.notifier.sendIfDue(link);
		}
		return true;
	}

	@Override
	public void end(@Nullable Throwable cause) {
		this.connector.writerReady(false);
		// They were not sent, and whoever waits for them can do something else now
		this.queue.close().forEach((pending) -> pending.unavailable(cause));
		if (this.closing) {
			this.worker.stop();
		}
	}

	/**
	 * Write a batch. What goes to a counter that somebody is known to hold comes last and
	 * by itself, so that it does not hold the rest up.
	 */
	private void write(JdbcLink link, List<JdbcPending> batch) {
		this.refusals = 0;
		if (this.locked.isEmpty()) {
			writeGroup(link, batch);
			return;
		}
		List<List<JdbcPending>> groups = new ArrayList<>();
		List<JdbcPending> free = batch.stream()
			.filter((pending) -> !this.locked.containsKey(shardOf(pending)))
			.toList();
		if (!free.isEmpty()) {
			groups.add(free);
		}
		groups.addAll(byShard(batch.stream().filter((pending) -> this.locked.containsKey(shardOf(pending))).toList()));
		writeGroups(link, groups);
	}

	private void writeGroups(JdbcLink link, List<List<JdbcPending>> groups) {
		for (int i = 0; i < groups.size(); i++) {
			try {
				writeGroup(link, groups.get(i));
			}
			catch (RuntimeException | Error ex) {
				groups.subList(i + 1, groups.size())
					.forEach((group) -> group.forEach((pending) -> pending.unavailable(ex)));
				throw ex;
			}
		}
	}

	/**
	 * Write envelopes together, and in smaller groups if the database refuses that: what
	 * is wrong with one shard or one envelope must not harm the others.
	 */
	private void writeGroup(JdbcLink link, List<JdbcPending> group) {
		int shard = shardOf(group.get(0));
		boolean one = group.stream().allMatch((pending) -> shardOf(pending) == shard);
		Long refusedAt = one ? this.locked.get(shard) : null;
		if (refusedAt != null && System.nanoTime() - refusedAt < LOCKED_NANOS) {
			group
				.forEach((pending) -> pending.refused(new IllegalStateException("The counter of the shard is locked")));
			return;
		}
		RuntimeException refusal = attempt(link, group, refusedAt != null);
		if (refusal == null) {
			this.refusals = 0;
			if (one && !link.isAborted() && this.locked.remove(shard) != null) {
				logger.info("Shard " + shard + " can be written again");
			}
		}
		else if (one && LinkDialect.isLocked(refusal)) {
			if (this.locked.put(shard, System.nanoTime()) == null) {
				logger.warn("Shard " + shard + " of '" + this.connector.log().name() + "' cannot be written, because"
						+ " a transaction holds its counter, or a lock of the table, for longer than a second."
						+ " What this node publishes there fails until it ends: " + SqlFailures.cause(refusal));
			}
			group.forEach((pending) -> refuse(pending, refusal));
		}
		else if (group.size() > 1) {
			logger.debug("Envelopes were refused together, and are written in smaller groups", refusal);
			writeGroups(link, one ? group.stream().map(List::of).toList() : byShard(group));
		}
		else {
			refuse(group.get(0), refusal);
			this.refusals++;
			if (this.refusals == MAX_REFUSALS) {
				throw refusal;
			}
		}
	}

	private static int shardOf(JdbcPending pending) {
		return ShardedLog.shardOf(pending.envelope().address());
	}

	private static List<List<JdbcPending>> byShard(List<JdbcPending> envelopes) {
		Map<Integer, List<JdbcPending>> shards = new TreeMap<>();
		envelopes
			.forEach((pending) -> shards.computeIfAbsent(shardOf(pending), (shard) -> new ArrayList<>()).add(pending));
		return List.copyOf(shards.values());
	}

	/**
	 * Write envelopes together.
	 * @param atOnce whether to give up at once if somebody holds the counter, which is
	 * one
	 * @return why the database has refused them, or {@code null} if their outcome is told
	 */
	private @Nullable RuntimeException attempt(JdbcLink link, List<JdbcPending> group, boolean atOnce) {
		if (link.isAborted()) {
			group.forEach((pending) -> pending.unavailable(null));
			return null;
		}
		try {
			append(link, group, atOnce);
			return null;
		}
		catch (UnknownOutcomeException ex) {
			group.forEach(JdbcPending::unconfirmed);
			throw ex;
		}
		catch (RuntimeException ex) {
			if (link.isLost(ex)) {
				group.forEach((pending) -> pending.unavailable(ex));
				throw ex;
			}
			return ex;
		}
		catch (Error ex) {
			group.forEach(JdbcPending::unconfirmed);
			throw ex;
		}
	}

	private void refuse(JdbcPending pending, RuntimeException ex) {
		logger.debug("The database has refused an envelope", ex);
		pending.refused(ex);
	}

	private void append(JdbcLink link, List<JdbcPending> batch, boolean atOnce) {
		this.connector.probe().writing(batch);
		List<AppendResult> results = append(link,
				batch.stream().map((pending) -> new EncodedEnvelope(pending.envelope(), pending.encoded())).toList(),
				atOnce ? shardOf(batch.get(0)) : null);
		// Also for what is in no hurry: it has waited already, and a node that reads its
		// own heartbeat knows that it is heard
		this.connector.committed();
		if (batch.stream().anyMatch((pending) -> pending.hurry() == Hurry.EVERYWHERE)) {
			this.notifier.markDue();
		}
		for (int i = 0; i < results.size(); i++) {
			JdbcPending pending = batch.get(i);
			AppendResult result = results.get(i);
			boolean recorded = pending.envelope().log() != null;
			pending.future()
				.complete(new Receipt(result.messageId(), result.duplicate() ? Outcome.DUPLICATE : Outcome.RELAYED,
						recorded ? result.position() : null));
		}
	}

	private List<AppendResult> append(JdbcLink link, List<EncodedEnvelope> envelopes, @Nullable Integer locked) {
		ShardedLog log = this.connector.log();
		boolean oneStatement = log.appendsAtOnce(envelopes);
		if (oneStatement && locked == null && log.dialect() == DatabaseDialect.H2) {
			return appendOnH2(link, log, envelopes);
		}
		if (!oneStatement || locked != null || link.isPooled()) {
			return link.inTransaction(() -> {
				LinkDialect.limitTransaction(link);
				if (locked != null) {
					log.lockAtOnce(link.jdbc(), locked);
				}
				return (oneStatement && link.isPooled()) ? log.appendAtOnce(link.jdbc(), envelopes)
						: log.appendEncoded(link.jdbc(), envelopes, true);
			});
		}
		try {
			return log.appendAtOnce(link.jdbc(), envelopes);
		}
		catch (RuntimeException ex) {
			if (link.isLost(ex)) {
				link.abort();
				throw new UnknownOutcomeException(ex);
			}
			throw ex;
		}
	}

	private List<AppendResult> appendOnH2(JdbcLink link, ShardedLog log, List<EncodedEnvelope> envelopes) {
		try {
			return link.inTransaction(() -> log.appendAtOnce(link.jdbc(), envelopes));
		}
		catch (DuplicateKeyException ex) {
			logger.warn("H2 has refused numbers of new rows of '" + log.name() + "', which are written once more", ex);
			return link.inTransaction(() -> log.appendEncoded(link.jdbc(), envelopes, true));
		}
	}

}
