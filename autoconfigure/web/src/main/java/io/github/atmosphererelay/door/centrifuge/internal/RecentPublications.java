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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * Messages of logs in the form that they were last written in: after a cut, many clients
 * ask for the same ones. A message takes the place of whatever was at it before, so there
 * is no more than a few megabytes, and nobody waits for anybody. Safe for use by many
 * threads.
 */
final class RecentPublications {

	private static final int PLACES = 2048;

	private static final int MAX_LENGTH = 2048;

	private final AtomicReferenceArray<@Nullable Entry> places = new AtomicReferenceArray<>(PLACES);

	/**
	 * Return a message in its form.
	 * @param publication the message
	 * @param format makes the form if it is not known
	 * @return the form
	 */
	String get(Publication publication, Function<Publication, String> format) {
		Position position = publication.position();
		if (position == null) {
			return format.apply(publication);
		}
		// One after the other, so that those of one channel do not stand in each other's
		// way.
		int place = (publication.channel().hashCode() * 31 + position.epoch().hashCode() + (int) position.offset())
				& (PLACES - 1);
		Entry entry = this.places.get(place);
		if (entry != null && entry.position.equals(position) && entry.channel.equals(publication.channel())) {
			return entry.form;
		}
		String form = format.apply(publication);
		if (form.length() <= MAX_LENGTH) {
			this.places.set(place, new Entry(publication.channel(), position, form));
		}
		return form;
	}

	/**
	 * A message that stands at a place.
	 */
	private record Entry(String channel, Position position, String form) {
	}

}
