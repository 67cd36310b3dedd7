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

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

import io.github.atmosphererelay.stream.StreamSubscription;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber's selection of keys, and how they are seen.
 *
 * @param reducer the reducer's name
 * @param subscription who asked, and for what
 * @param variant the variant as JSON, as the node found it that has the subscriber: all
 * processes use the same name, also while two releases of the application run
 * @param selection the keys
 * @param begun whether updates are sent
 * @param holder the id of the node that frees the stream when nobody is subscribed to it
 * any more, or {@code null} if it is not known
 * @param since what the subscriber has already, or {@code null} if that is nothing
 */
record StreamDefinition(String reducer, StreamSubscription subscription, String variant, Selection selection,
		boolean begun, @Nullable String holder, @Nullable StreamPositions since) {

	StreamDefinition(String reducer, StreamSubscription subscription, String variant, Selection selection,
			boolean begun) {
		this(reducer, subscription, variant, selection, begun, null, null);
	}

	StreamDefinition with(Selection selection) {
		return new StreamDefinition(this.reducer, this.subscription, this.variant, selection, this.begun, this.holder,
				this.since);
	}

	/**
	 * Return the same stream, begun, with another holder.
	 */
	StreamDefinition with(boolean begun, @Nullable String holder) {
		return new StreamDefinition(this.reducer, this.subscription, this.variant, this.selection, begun, holder,
				this.since);
	}

	/**
	 * Return this stream with a change that another node has made at the same time.
	 * @param base the stream before this change and the other one
	 * @param other the stream with the other change
	 */
	StreamDefinition merge(StreamDefinition base, StreamDefinition other) {
		boolean begun = this.begun || other.begun;
		String holder = Objects.equals(other.holder, base.holder) ? this.holder : other.holder;
		StreamDefinition merged = with(begun, holder);
		if (this.selection instanceof Selection.Keys own && base.selection instanceof Selection.Keys before
				&& other.selection instanceof Selection.Keys after) {
			Set<String> keys = new HashSet<>(own.keys());
			before.keys().stream().filter((key) -> !after.keys().contains(key)).forEach(keys::remove);
			after.keys().stream().filter((key) -> !before.keys().contains(key)).forEach(keys::add);
			return merged.with(new Selection.Keys(keys));
		}
		return merged;
	}

	int size() {
		return (this.selection instanceof Selection.Keys keys) ? keys.keys().size() : 1;
	}

}
