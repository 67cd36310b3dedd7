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

package io.github.atmosphererelay.listening.internal;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.subscription.log.internal.LogFollower;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log of a channel for one subscriber, and finds out why the log does not
 * continue from a position. One read at a time; does not block.
 */
final class LogReads {

	private final String channel;

	private final PageLimit limit;

	private final ListeningContext context;

	private final Receiver receiver;

	LogReads(String channel, PageLimit limit, ListeningContext context, Receiver receiver) {
		this.channel = channel;
		this.limit = limit;
		this.context = context;
		this.receiver = receiver;
	}

	private ChannelLog log() {
		return this.context.logs().of(this.channel);
	}

	boolean hasConsecutiveOffsets() {
		return log().hasConsecutiveOffsets();
	}

	/**
	 * Read a page. One method of the receiver is called with the result.
	 * @param since the position to start after, or {@code null} for the log's beginning
	 * @param reached the greatest offset in that position's epoch of which the subscriber
	 * knows that there was a publication
	 */
	void read(@Nullable Position since, long reached) {
		guarded(() -> log().read(this.channel, since, this.limit, ReadDirection.FORWARD)
			.whenComplete((page, ex) -> guarded(() -> arrived(since, reached, page))));
	}

	private void arrived(@Nullable Position since, long reached, @Nullable LogPage page) {
		if (page != null && since != null) {
			this.receiver.checked(since, log().hasLostSince(this.channel, since));
		}
		if (page == null) {
			this.receiver.failed();
		}
		else if (since == null || page.complete()) {
			this.receiver.page(since, page);
		}
		else if (since.epoch().equals(page.end().epoch()) && since.offset() <= page.end().offset()) {
			this.receiver.trimmed(since);
		}
		else {
			guarded(() -> log().resume(this.channel, since, Math.max(reached(since), reached))
				.whenComplete((continuation, ex) -> guarded(() -> resumed(continuation))));
		}
	}

	/**
	 * Return the greatest offset in the epoch of a position that this node has seen.
	 */
	private long reached(Position since) {
		LogFollower follower = this.context.followers().find(this.channel);
		return (follower != null) ? follower.reached(since) : since.offset();
	}

	private void resumed(@Nullable LogContinuation continuation) {
		if (continuation != null) {
			this.receiver.changed(continuation);
		}
		else {
			this.receiver.failed();
		}
	}

	private void guarded(Runnable step) {
		if (!this.context.guard().run(step)) {
			this.receiver.failed();
		}
	}

	/**
	 * Receives the result of a read, on any thread; does not block.
	 */
	interface Receiver {

		/**
		 * Called before the result, if the read began after a position.
		 * @param lost whether the log is known to have lost publications after it
		 */
		void checked(Position since, boolean lost);

		/**
		 * A page after a position.
		 */
		void page(@Nullable Position since, LogPage page);

		/**
		 * The log has the position's epoch, and no longer what follows the position.
		 */
		void trimmed(Position since);

		/**
		 * The log has another epoch, or does not reach to the position.
		 */
		void changed(LogContinuation continuation);

		/**
		 * The log cannot be read now.
		 */
		void failed();

	}

}
