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

import java.util.Locale;

/**
 * At what a record, or one view of it, was set aside.
 */
public enum SetAsideReason {

	/** The record has no key, or one that is not text. */
	KEY,

	/**
	 * The record is in a partition where the reducer's partitioner would not put its key.
	 */
	PARTITION,

	/**
	 * Partitions were added, and newer records of the key were folded first that are in
	 * another partition.
	 */
	OVERTAKEN,

	/** The value could not be read. */
	VALUE,

	/** The fold has thrown. */
	FOLD,

	/** The stored state could not be read, or the new one not be written as JSON. */
	STATE,

	/** A query has thrown. */
	QUERY,

	/** The view has thrown, or could not be written as JSON. */
	VIEW;

	/**
	 * Return the reason as a tag of meters.
	 * @return the tag
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
