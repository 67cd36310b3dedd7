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

package io.github.atmosphererelay.relay.local.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * The epochs of logs in memory. Each log has another epoch than the former log of the
 * same channel. A channel without a log already has the epoch of its next log, so that
 * reading need not create a log. The latest {@value #MAX_ENDED} channels whose logs have
 * ended are remembered by name. When some of them are forgotten, all channels that are
 * not remembered get a new epoch. Thread-safe.
 */
final class MemoryEpochs {

	static final int MAX_ENDED = 10_000;

	/** The number of channels that are forgotten at once, so that this happens seldom. */
	private static final int FORGOTTEN = MAX_ENDED / 2;

	/** The channels whose logs have ended, in the order in which they ended. */
	private final Map<String, Ended> ended = new LinkedHashMap<>();

	private String mark = newMark();

	private long count;

	/** The number in the epochs of channels that are not remembered. */
	private long others;

	private static String newMark() {
		return UUID.randomUUID().toString().substring(0, 13);
	}

	/**
	 * Return the epoch of a channel's next log.
	 * @param channel the channel's name
	 * @return the epoch
	 */
	synchronized String next(String channel) {
		Ended ended = this.ended.get(channel);
		return this.mark + "." + ((ended != null) ? ended.count() : this.others);
	}

	/**
	 * Return the end of a channel's former log.
	 * @param channel the channel's name
	 * @return the position of its last publication, or {@code null} if it is not
	 * remembered, or there was no such log
	 */
	synchronized @Nullable Position formerEnd(String channel) {
		Ended ended = this.ended.get(channel);
		return (ended != null) ? ended.end() : null;
	}

	/**
	 * Note that a channel's log has ended.
	 * @param channel the channel's name
	 * @param end the position of its last publication
	 */
	synchronized void end(String channel, Position end) {
		this.count++;
		this.ended.remove(channel);
		this.ended.put(channel, new Ended(this.count, end));
		if (this.ended.size() > MAX_ENDED) {
			this.ended.keySet().stream().limit(FORGOTTEN).toList().forEach(this.ended::remove);
			this.others = this.count;
		}
	}

	/**
	 * Note that all logs have ended.
	 */
	synchronized void endAll() {
		this.ended.clear();
		this.mark = newMark();
	}

	/**
	 * A log that has ended.
	 *
	 * @param count the number in the epoch of the next log
	 * @param end the position of the last publication
	 */
	private record Ended(long count, Position end) {
	}

}
