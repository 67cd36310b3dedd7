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

import io.github.atmosphererelay.stream.internal.Matches.Before;
import org.jspecify.annotations.Nullable;

/**
 * What a batch does to one key. For one thread.
 *
 * @param <S> the type of the states
 */
final class KeyUpdate<S> {

	private final String key;

	private final List<StreamMessage> messages = new ArrayList<>();

	/** What subscribers know of the key before the batch. */
	private final Before<S> before;

	/** The states between the first and the last. */
	private final List<S> passed = new ArrayList<>();

	private @Nullable S state;

	private StateVersion version;

	private boolean unreadable;

	private boolean repeated;

	private long firstFolded = -1;

	private long last = -1;

	private int size;

	KeyUpdate(String key, @Nullable S state, StateVersion version, boolean published, int size) {
		this.key = key;
		this.before = Before.of(published, state);
		this.state = state;
		this.version = version;
		this.size = size;
	}

	/**
	 * Return an update that leaves a key alone whose stored state cannot be read.
	 */
	static <S> KeyUpdate<S> unreadable(String key, StateVersion version) {
		KeyUpdate<S> update = new KeyUpdate<>(key, null, version, false, 0);
		update.unreadable = true;
		return update;
	}

	String key() {
		return this.key;
	}

	@Nullable S state() {
		return this.state;
	}

	StateVersion version() {
		return this.version;
	}

	Before<S> before() {
		return this.before;
	}

	/**
	 * Return what subscribers may know who get only the last state of this batch: another
	 * process may have published any of the states between.
	 */
	Before<S> beforeAll() {
		List<S> states = new ArrayList<>(this.before.states());
		states.addAll(this.passed);
		return new Before<>(this.before.known(), states);
	}

	boolean isUnreadable() {
		return this.unreadable;
	}

	/**
	 * Note that a record has led to a new state.
	 */
	void folded(@Nullable S state, StateVersion version) {
		S passed = this.state;
		if (isFolded() && passed != null) {
			this.passed.add(passed);
		}
		this.state = state;
		this.version = version;
		this.repeated = false;
		if (this.firstFolded < 0) {
			this.firstFolded = version.offset();
		}
		this.last = version.offset();
	}

	/**
	 * Note that the last record of the stored state was read again.
	 */
	void repeated() {
		this.repeated = true;
		this.last = this.version.offset();
	}

	boolean isFolded() {
		return this.firstFolded >= 0;
	}

	/**
	 * Return whether the stored state may not have been published, and is to be published
	 * now.
	 */
	boolean isToRepeat() {
		return this.repeated && !this.before.known();
	}

	long firstFolded() {
		return this.firstFolded;
	}

	long last() {
		return this.last;
	}

	List<StreamMessage> messages() {
		return this.messages;
	}

	void size(int size) {
		this.size = size;
	}

	StateCache.CachedState<S> toCached(boolean published) {
		return new StateCache.CachedState<>(this.state, this.version, published, this.size);
	}

}
