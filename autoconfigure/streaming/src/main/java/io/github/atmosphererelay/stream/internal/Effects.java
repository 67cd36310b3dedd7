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
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

/**
 * The effects of one batch: first the states are written, then what is not older is
 * published. Both as one pipeline, in which each entry may fail by itself. For one
 * thread, once.
 *
 * @param <S> the type of the states
 */
final class Effects<S> {

	private final ReducerEngine<S> engine;

	private final StateCache<S> cache;

	private final List<KeyUpdate<S>> published = new ArrayList<>();

	private long next;

	private @Nullable Throwable failure;

	Effects(ReducerEngine<S> engine, StateCache<S> cache, long next) {
		this.engine = engine;
		this.cache = cache;
		this.next = next;
	}

	/**
	 * Write and publish.
	 * @return up to where all records have had all their effects
	 */
	BatchResult apply(Collection<KeyUpdate<S>> updates) {
		List<KeyUpdate<S>> folded = new ArrayList<>();
		List<KeyedState> states = new ArrayList<>();
		for (KeyUpdate<S> update : updates) {
			if (update.isFolded()) {
				encode(update, folded, states);
			}
			else if (!update.isUnreadable()) {
				this.cache.put(update.key(), update.toCached(update.before().known()));
				if (update.isToRepeat()) {
					this.published.add(update);
				}
			}
		}
		if (!folded.isEmpty()) {
			write(folded, states);
		}
		publish();
		Throwable failure = this.failure;
		return (failure != null) ? BatchResult.failed(this.next, failure) : BatchResult.done(this.next);
	}

	private void encode(KeyUpdate<S> update, List<KeyUpdate<S>> folded, List<KeyedState> states) {
		try {
			byte[] json = this.engine.functions().write(update.state());
			update.size((json != null) ? json.length : 0);
			states.add(new KeyedState(update.key(), update.version(), json));
			folded.add(update);
		}
		catch (SetAsideException ex) {
			this.cache.remove(update.key());
			this.engine.functions().setAside(ex, "the state of the key '" + update.key() + "'");
		}
	}

	private void write(List<KeyUpdate<S>> folded, List<KeyedState> states) {
		List<WriteOutcome> outcomes;
		Throwable cause = null;
		try {
			outcomes = this.engine.states().putIfNewer(states);
			if (outcomes.size() != states.size()) {
				throw new IllegalStateException(outcomes.size() + " answers to " + states.size() + " states");
			}
		}
		catch (RuntimeException ex) {
			cause = ex;
			outcomes = Collections.nCopies(states.size(), WriteOutcome.FAILED);
		}
		for (int i = 0; i < folded.size(); i++) {
			KeyUpdate<S> update = folded.get(i);
			WriteOutcome outcome = outcomes.get(i);
			this.engine.statistics().countWritten(outcome);
			switch (outcome) {
				case NEWER, EQUAL -> {
					this.cache.put(update.key(), update.toCached(false));
					this.published.add(update);
				}
				// Another process is ahead. The next record of the key starts from what
				// it has written
				case OLDER -> this.cache.remove(update.key());
				case FAILED -> {
					this.cache.remove(update.key());
					failed(update.firstFolded(), (cause != null) ? cause
							: new IllegalStateException("The state of a key could not be written"));
				}
			}
		}
	}

	private void publish() {
		List<List<CompletableFuture<?>>> sent = new ArrayList<>(this.published.size());
		for (KeyUpdate<S> update : this.published) {
			List<CompletableFuture<?>> futures = new ArrayList<>(update.messages().size());
			for (StreamMessage message : update.messages()) {
				futures.add(send(message));
			}
			sent.add(futures);
		}
		long deadline = System.nanoTime() + this.engine.settings().publishTimeout().toNanos();
		for (int i = 0; i < sent.size(); i++) {
			KeyUpdate<S> update = this.published.get(i);
			boolean success = true;
			for (CompletableFuture<?> future : sent.get(i)) {
				success &= await(future, deadline, update);
			}
			if (success) {
				this.cache.put(update.key(), update.toCached(true));
			}
		}
	}

	private CompletableFuture<?> send(StreamMessage message) {
		try {
			return this.engine.publisher().publish(message);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private boolean await(CompletableFuture<?> future, long deadline, KeyUpdate<S> update) {
		Throwable cause;
		try {
			future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
			this.engine.statistics().countPublished(true);
			return true;
		}
		catch (ExecutionException ex) {
			cause = ex.getCause();
		}
		catch (TimeoutException | RuntimeException ex) {
			cause = ex;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			cause = ex;
		}
		this.engine.statistics().countPublished(false);
		// The state is stored: when the record is read again, its version is equal
		failed(update.last(), (cause != null) ? cause : new IllegalStateException("Not published"));
		return false;
	}

	private void failed(long offset, Throwable cause) {
		if (this.failure == null || offset < this.next) {
			this.failure = cause;
		}
		this.next = Math.min(this.next, offset);
	}

}
