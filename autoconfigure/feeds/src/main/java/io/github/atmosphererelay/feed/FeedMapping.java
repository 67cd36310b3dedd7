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

package io.github.atmosphererelay.feed;

import org.jspecify.annotations.Nullable;

/**
 * Maps the records of a feed to channels. A feed uses the bean that
 * {@code atmosphere.feeds[n].mapping} names in place of its template and its kind of
 * value. Its channels are ephemeral, because the channel does not tell which partition
 * its records are in.
 * <p>
 * Threads: called by the thread that reads the feed, one record at a time for each
 * partition, in the order of the partition. A mapping that blocks delays its feed on this
 * node and nothing else, and one that hangs stops it: nothing interrupts a mapping before
 * the node stops.
 * <p>
 * Errors: a record for which an exception is thrown is counted and skipped.
 */
@FunctionalInterface
public interface FeedMapping {

	/**
	 * Map a record.
	 * @param record the record
	 * @return the publication, or {@code null} to leave the record out
	 */
	@Nullable FeedMessage map(FeedRecord record);

}
