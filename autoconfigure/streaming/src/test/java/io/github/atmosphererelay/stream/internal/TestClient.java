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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A subscriber of one stream. Fails as soon as the version of a key goes back, or comes
 * twice.
 */
final class TestClient {

	private InterestFilter filter;

	private final StreamStates states;

	private final Map<String, StateVersion> versions = new HashMap<>();

	private final Map<String, String> views = new TreeMap<>();

	/** Keys that come again in the same version if the stream gets them again. */
	private final Set<String> deselected = new HashSet<>();

	TestClient(Selection selection, Variant variant, int maxRemoved) {
		this.filter = new InterestFilter(selection, variant);
		this.states = new StreamStates(maxRemoved, Tally.reducer(false)::partition);
	}

	void received(StreamMessage message) {
		if (this.filter.wants(message) && this.states.accept(message)) {
			changed(message.key(), message.version(), message.view());
		}
	}

	void received(StreamSnapshot snapshot) {
		// As NodeStream does
		boolean same = snapshot.selection() == this.filter.selection.fingerprint();
		List<StreamMessage> own = snapshot.messages().stream().filter(this.filter::wants).toList();
		StreamSnapshot taken = new StreamSnapshot(snapshot.selection(), snapshot.partition(), snapshot.asOf(),
				snapshot.complete() && same, own);
		this.states.accept(taken).forEach((change) -> changed(change.key(), change.version(), change.view()));
	}

	/**
	 * Take other keys than before.
	 */
	void select(Selection selection) {
		this.filter = new InterestFilter(selection, this.filter.variant);
		for (String key : Set.copyOf(this.versions.keySet())) {
			if (selection instanceof Selection.Keys named && !named.keys().contains(key) && this.states.deselect(key)) {
				this.views.remove(key);
				this.deselected.add(key);
			}
		}
	}

	private void changed(String key, StateVersion version, byte @Nullable [] view) {
		StateVersion before = this.versions.put(key, version);
		if (before != null) {
			if (this.deselected.remove(key)) {
				assertThat(version).as("version of %s", key).isGreaterThanOrEqualTo(before);
			}
			else {
				assertThat(version).as("version of %s", key).isGreaterThan(before);
			}
		}
		if (view != null) {
			this.views.put(key, new String(view, StandardCharsets.UTF_8));
		}
		else {
			this.views.remove(key);
		}
	}

	/**
	 * Return the partitions that the subscriber has to ask for again.
	 */
	Iterable<Integer> doubtful() {
		return this.states.doubtful();
	}

	Map<String, String> views() {
		return this.views;
	}

	private record InterestFilter(Selection selection, Variant variant) {

		boolean wants(StreamMessage message) {
			String reducer = message.interest().reducer();
			InterestId wanted = (this.selection instanceof Selection.Matching matching)
					? InterestId.ofQuery(reducer, matching.query(), this.variant)
					: InterestId.ofKey(reducer, message.key(), this.variant);
			boolean selected = !(this.selection instanceof Selection.Keys named)
					|| named.keys().contains(message.key());
			return selected && wanted.channel().equals(message.interest().channel());
		}

	}

}
