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

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.stream.internal.Matches.Before;
import io.github.atmosphererelay.stream.internal.ReducerEngine.PartitionRun;
import io.github.atmosphererelay.stream.internal.ReducerInterest.WantedQuery;
import io.github.atmosphererelay.stream.internal.StateCache.CachedState;
import org.jspecify.annotations.Nullable;

/**
 * Folds the records of one partition. The effects of a batch happen in this order: the
 * states are written, each if it is newer than the stored one; what is newer, or was
 * written already, is published; then the caller may commit, up to the first failure.
 * <p>
 * So a process may die, or be overtaken by another, between any two of these: what it has
 * written and perhaps not published is published by the next, since the version is equal;
 * what it writes late is older, and is neither stored nor published. For one thread at a
 * time, which blocks while the store and the relay work.
 *
 * @param <S> the type of the states
 */
final class PartitionEngine<S> {

	private static final int MAX_KEY_LENGTH = StoredStates.MAX_KEY_LENGTH;

	private final ReducerEngine<S> engine;

	private final ReducerFunctions<S> functions;

	private final PartitionRun run;

	private final Matches<S> matches;

	private final StateCache<S> cache;

	private final StateMark mark;

	/** The mark of complete states; none while they are rebuilt. */
	private @Nullable String attestation;

	/**
	 * The mark that was written when states began to be rebuilt: if it is gone at the
	 * end, some of them are gone, too.
	 */
	private @Nullable String rebuilding;

	private long position;

	private boolean unrecovered;

	PartitionEngine(ReducerEngine<S> engine, PartitionRun run) {
		this.engine = engine;
		this.functions = engine.functions();
		this.run = run;
		this.matches = engine.matches();
		this.cache = new StateCache<>(engine.settings().cacheBytes());
		this.mark = new StateMark(engine.states(), run.marker());
	}

	/**
	 * Find out whether the store has the states of this partition.
	 * @param beginning the offset of the first record that the topic still has
	 * @return the offset of the first record to process: the committed one, or the
	 * beginning if the states have to be rebuilt
	 * @throws RuntimeException if the store does not answer
	 */
	long open(long beginning) {
		String attested = this.run.attested();
		if (attested != null && attested.equals(this.mark.read())) {
			this.attestation = attested;
			this.position = Math.max(beginning, this.run.start());
		}
		else {
			this.engine.statistics().countRebuild();
			this.unrecovered = beginning > 0 && this.run.start() != beginning;
			if (this.unrecovered) {
				this.engine.statistics().countUnrecovered();
			}
			this.rebuilding = this.mark.write();
			passed(beginning);
		}
		return this.position;
	}

	/**
	 * Return whether lost states are rebuilt from a topic that does not have its first
	 * records any more, so that some states may not be what they were.
	 */
	boolean isUnrecovered() {
		return this.unrecovered;
	}

	/**
	 * Return what is to be committed with offsets.
	 * @return the mark of complete states, or {@code null} while states are rebuilt, when
	 * nothing may be committed
	 */
	@Nullable String attestation() {
		return this.attestation;
	}

	/**
	 * Note that the partition was read up to an offset. Records are not always found at
	 * all offsets.
	 * @return {@code false} if the store has lost states while they were rebuilt: open
	 * the partition again
	 * @throws RuntimeException if the states have been rebuilt, and the store does not
	 * answer
	 */
	boolean passed(long next) {
		this.position = next;
		if (this.attestation != null || next < this.run.start()) {
			return true;
		}
		String rebuilding = this.rebuilding;
		if (rebuilding == null || !rebuilding.equals(this.mark.read())) {
			return false;
		}
		this.attestation = rebuilding;
		return true;
	}

	/**
	 * Return up to where the stored states have got, at least.
	 */
	StateVersion position() {
		return new StateVersion(this.run.generation(), this.position - 1);
	}

	PartitionRun run() {
		return this.run;
	}

	/**
	 * Process records.
	 * @param records consecutive records of the partition; not empty
	 * @return up to where they have had all their effects
	 */
	BatchResult process(List<DataRecord> records) {
		BatchResult result = apply(records);
		if (result.status() == BatchResult.Status.FAILED) {
			this.engine.statistics().countRetry();
		}
		else if (result.status() == BatchResult.Status.LOST) {
			this.cache.clear();
		}
		return result;
	}

	private BatchResult apply(List<DataRecord> records) {
		long first = records.get(0).offset();
		Map<String, KeyUpdate<S>> updates;
		try {
			updates = begin(records);
		}
		catch (RuntimeException ex) {
			return BatchResult.failed(first, ex);
		}
		if (updates == null) {
			return BatchResult.lost(first);
		}
		for (DataRecord record : records) {
			this.engine.statistics().countRecord();
			take(record, updates);
		}
		updates.values().forEach(this::complete);
		long next = records.get(records.size() - 1).offset() + 1;
		BatchResult result = new Effects<>(this.engine, this.cache, next).apply(updates.values());
		if (result.status() == BatchResult.Status.DONE) {
			try {
				return passed(next) ? result : BatchResult.lost(first);
			}
			catch (RuntimeException ex) {
				return BatchResult.failed(first, ex);
			}
		}
		return result;
	}

	/**
	 * Load the states of the records' keys.
	 * @return the updates by key, or {@code null} if the store has lost its states
	 */
	private @Nullable Map<String, KeyUpdate<S>> begin(List<DataRecord> records) {
		Map<String, KeyUpdate<S>> updates = new LinkedHashMap<>();
		Set<String> missing = new LinkedHashSet<>();
		for (DataRecord record : records) {
			String key = record.key();
			if (key == null || !isKey(key) || updates.containsKey(key)) {
				continue;
			}
			CachedState<S> cached = this.cache.get(key);
			if (cached != null) {
				updates.put(key, new KeyUpdate<>(key, cached.state(), cached.version(), isKnown(cached.published()),
						cached.size()));
			}
			else {
				missing.add(key);
			}
		}
		if (missing.isEmpty()) {
			return updates;
		}
		Map<String, KeyedState> loaded = this.engine.states().get(missing);
		// Afterwards: a store that loses its data between the two has lost the mark. What
		// it
		// has may also come from another process, which rebuilds states and has got less
		// far
		String expected = (this.attestation != null) ? this.attestation : this.rebuilding;
		if (expected == null || !expected.equals(this.mark.read())) {
			return null;
		}
		this.engine.statistics().countLoaded(missing.size());
		for (String key : missing) {
			updates.put(key, update(key, loaded.get(key)));
		}
		return updates;
	}

	private KeyUpdate<S> update(String key, @Nullable KeyedState stored) {
		if (stored == null) {
			return new KeyUpdate<>(key, null, StateVersion.NONE, isKnown(true), 0);
		}
		if (TopicGenerations.isOfEarlierTopic(stored.version().generation(), this.run.generation())) {
			// The topic was made again, and its records begin anew
			return new KeyUpdate<>(key, null, stored.version(), false, 0);
		}
		try {
			byte[] json = stored.json();
			return new KeyUpdate<>(key, this.functions.read(json), stored.version(),
					isKnown(isCommitted(stored.version())), (json != null) ? json.length : 0);
		}
		catch (SetAsideException ex) {
			this.functions.setAside(ex, "the state of the key '" + key + "'");
			return KeyUpdate.unreadable(key, stored.version());
		}
	}

	/**
	 * Return whether subscribers know a stored state. While states are rebuilt, they may
	 * know a later one.
	 */
	private boolean isKnown(boolean published) {
		return published && this.attestation != null;
	}

	/**
	 * Return whether a version was published for certain: offsets are committed
	 * afterwards.
	 */
	private boolean isCommitted(StateVersion version) {
		return version.generation() == this.run.generation() && version.offset() < this.run.start();
	}

	private static boolean isKey(String key) {
		return !key.isEmpty() && !key.startsWith("\0") && key.length() <= MAX_KEY_LENGTH;
	}

	private void take(DataRecord record, Map<String, KeyUpdate<S>> updates) {
		String key = record.key();
		KeyUpdate<S> update = (key != null && isKey(key)) ? updates.get(key) : null;
		if (update == null) {
			setAside(
					new SetAsideException(SetAsideReason.KEY,
							new IllegalArgumentException("A key has 1 to " + MAX_KEY_LENGTH + " characters")),
					record.offset());
			return;
		}
		long generation = generation(update.key());
		if (generation < 0) {
			setAside(
					new SetAsideException(SetAsideReason.PARTITION,
							new IllegalArgumentException("The partitioner of the reducer does not put the key here:"
									+ " call Reducer.named(..).partitioner(..) with that of the producers")),
					record.offset());
			return;
		}
		StateVersion version = new StateVersion(generation, record.offset());
		int order = compare(version, update.version(), update.key());
		if (order <= 0 || update.isUnreadable()) {
			this.engine.statistics().countRepeated();
			if (order < 0 && generation < update.version().generation()) {
				setAside(
						new SetAsideException(SetAsideReason.OVERTAKEN,
								new IllegalStateException(
										"Partitions were added, and a newer record of the key was faster:"
												+ " a fold that needs each record has not seen this one")),
						record.offset());
			}
			if (order == 0 && !update.isUnreadable()) {
				update.repeated();
			}
			return;
		}
		Before<S> before = update.isFolded() ? Before.of(true, update.state()) : update.before();
		try {
			update.folded(this.functions.fold(update.state(), update.key(), record), version);
		}
		catch (SetAsideException ex) {
			setAside(ex, record.offset());
			return;
		}
		if (!this.functions.reducer().isSkippable()) {
			addMessages(update, before);
		}
	}

	/**
	 * Compare the version of a record with that of the state before. A state from before
	 * partitions were added may be from this partition, too, whose offsets go on.
	 */
	private int compare(StateVersion version, StateVersion before, String key) {
		long generation = before.generation();
		boolean comparable = generation != version.generation() && generation >= 0
				&& !TopicGenerations.isOfEarlierTopic(generation, version.generation())
				&& !TopicGenerations.isOfEarlierTopic(version.generation(), generation) && this.functions.reducer()
					.partition(key, TopicGenerations.partitions(generation)) == this.run.partition();
		return comparable ? Long.compare(version.offset(), before.offset()) : version.compareTo(before);
	}

	private long generation(String key) {
		try {
			return this.run.generation(this.functions.reducer(), key);
		}
		catch (RuntimeException ex) {
			// A partitioner of the application
			return -1;
		}
	}

	/**
	 * Return whether a record looks as if partitions were added since this partition was
	 * opened.
	 */
	boolean isElsewhere(DataRecord record) {
		String key = record.key();
		return key != null && isKey(key) && generation(key) != this.run.generation();
	}

	/**
	 * Add the messages that a key has once for a batch.
	 */
	private void complete(KeyUpdate<S> update) {
		if (update.isToRepeat() || (update.isFolded() && this.functions.reducer().isSkippable())) {
			addMessages(update, update.beforeAll());
		}
	}

	private void addMessages(KeyUpdate<S> update, Before<S> before) {
		StateVersion version = update.version();
		// What is rebuilt was published before
		if (!isCommitted(version)) {
			update.messages()
				.addAll(this.matches.messages(before, update.key(), update.state(), this.run.partition(), version,
						place(version.offset())));
		}
	}

	private void setAside(SetAsideException failure, long offset) {
		this.functions.setAside(failure, place(offset));
	}

	private String place(long offset) {
		return "the record at offset " + offset + " of the partition " + this.run.partition() + " of the topic '"
				+ this.functions.reducer().topic() + "'";
	}

	/**
	 * Return the current states of a stream, as far as this partition has them.
	 * @param selection the stream's keys
	 * @param variant how they are seen
	 * @throws RuntimeException if the store does not answer
	 */
	StreamSnapshot snapshot(Selection selection, Variant variant) {
		WantedQuery query = (selection instanceof Selection.Matching matching)
				? this.engine.interest().query(matching.query()) : null;
		return snapshot(selection, variant, query);
	}

	/**
	 * Return the current states that match a query, which no stream need have.
	 * @param query the query
	 * @param variant how they are seen
	 * @throws RuntimeException if the store does not answer
	 */
	StreamSnapshot snapshot(WantedQuery query, Variant variant) {
		return snapshot(new Selection.Matching(query.query()), variant, query);
	}

	private StreamSnapshot snapshot(Selection selection, Variant variant, @Nullable WantedQuery query) {
		StateVersion asOf = position();
		List<StreamMessage> messages = new SnapshotReader<>(this.engine, this.run, this.matches, query).read(selection,
				variant);
		// Afterwards: what a store has lost meanwhile must not look as if it were removed
		boolean complete = this.attestation != null && this.attestation.equals(this.mark.read());
		return new StreamSnapshot(selection.fingerprint(), this.run.partition(), asOf, complete, messages);
	}

}
