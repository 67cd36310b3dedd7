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

import java.util.ArrayDeque;
import java.util.Deque;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * How far a subscriber has got a log, and how far the log goes, as far as this node
 * knows. Guarded by the lock of its source.
 */
final class LogProgress {

	private static final int MAX_FORMER_EPOCHS = 4;

	/**
	 * The position after which the next publication is added to the buffer; {@code null}
	 * if it is not known yet, or if that is the first one of the log.
	 */
	private @Nullable Position last;

	/** The newest publication that was delivered or announced on this node. */
	private @Nullable Position newest;

	/** The value of {@link #newest} when the present read began. */
	private @Nullable Position newestBefore;

	/**
	 * The greatest offset that was delivered in the epoch of {@link #last}, even if the
	 * log has another epoch by now.
	 */
	private @Nullable Position reached;

	/**
	 * The last epochs that the log had before, if the source hears of publications by
	 * announcements: announcements of them can come late.
	 */
	private final Deque<String> formerEpochs = new ArrayDeque<>(0);

	/**
	 * The first publication that was announced in another epoch than that of
	 * {@link #last}.
	 */
	private @Nullable Position firstOfNextEpoch;

	LogProgress(@Nullable Position last) {
		this.last = last;
	}

	@Nullable Position last() {
		return this.last;
	}

	void goOnAfter(@Nullable Position position) {
		this.last = position;
	}

	/**
	 * Return whether a position is in the epoch of the last one.
	 */
	private boolean isInSameEpoch(Position position) {
		Position last = this.last;
		return last != null && last.epoch().equals(position.epoch());
	}

	/**
	 * Return whether the subscriber has got the publication with a position, or will
	 * without another read.
	 */
	boolean has(Position position) {
		Position last = this.last;
		return last != null && isInSameEpoch(position) && position.offset() <= last.offset();
	}

	/**
	 * Return whether nothing is between the last position and another one.
	 * @param consecutive whether the log's offsets have no gaps
	 */
	boolean isFollowedBy(Position position, boolean consecutive) {
		Position last = this.last;
		return last != null && isInSameEpoch(position) && (position.offset() == last.offset() + 1 || !consecutive);
	}

	/**
	 * Return whether the subscriber has everything that was delivered or announced.
	 */
	boolean isAtNewest() {
		return isAt(this.newest);
	}

	/**
	 * Return whether the subscriber has everything that was delivered or announced before
	 * the present read began.
	 */
	boolean isAtNewestBeforeRead() {
		return isAt(this.newestBefore);
	}

	private boolean isAt(@Nullable Position newest) {
		return newest == null || has(newest);
	}

	void delivered(Position position) {
		this.newest = position;
		noteReached(position);
	}

	/**
	 * Note that the log has a publication.
	 * @return whether that is news
	 */
	boolean announced(Position position) {
		if (has(position) || this.formerEpochs.contains(position.epoch())) {
			return false;
		}
		Position newest = this.newest;
		if (newest == null || !newest.epoch().equals(position.epoch()) || newest.offset() < position.offset()) {
			this.newest = position;
		}
		noteReached(position);
		if (!isInSameEpoch(position)) {
			noteNextEpoch(position);
		}
		return true;
	}

	private void noteNextEpoch(Position position) {
		Position first = this.firstOfNextEpoch;
		if (first == null || !first.epoch().equals(position.epoch()) || position.offset() < first.offset()) {
			this.firstOfNextEpoch = position;
		}
	}

	void noteReached(Position position) {
		Position reached = this.reached;
		if (reached != null && reached.epoch().equals(position.epoch())) {
			this.reached = (position.offset() > reached.offset()) ? position : reached;
		}
		else if (reached == null || !isInSameEpoch(reached)) {
			this.reached = position;
		}
	}

	/**
	 * Forget what was delivered or announced, because the log has another epoch, or does
	 * not have it.
	 */
	void forgetNewest() {
		this.newest = null;
	}

	/**
	 * Begin a read after the last position.
	 * @return the greatest offset that is known in the last position's epoch
	 */
	long beginRead() {
		this.newestBefore = this.newest;
		Position last = this.last;
		Position reached = this.reached;
		if (last == null) {
			return 0;
		}
		return (reached != null && isInSameEpoch(reached)) ? Math.max(last.offset(), reached.offset()) : last.offset();
	}

	/**
	 * Leave the last position's epoch for good, whose announcements can still come.
	 */
	void leaveEpoch() {
		Position last = this.last;
		if (last == null) {
			return;
		}
		if (this.formerEpochs.size() >= MAX_FORMER_EPOCHS) {
			this.formerEpochs.removeFirst();
		}
		this.formerEpochs.add(last.epoch());
		Position newest = this.newest;
		if (newest != null && isInSameEpoch(newest)) {
			this.newest = null;
		}
	}

	/**
	 * Return the position in a new epoch after which the first announced publication of
	 * it comes.
	 * @param end the end of the log
	 * @return the end if none was announced
	 */
	Position beforeAnnounced(Position end) {
		Position first = this.firstOfNextEpoch;
		return (first != null && first.epoch().equals(end.epoch()) && first.offset() <= end.offset())
				? new Position(first.epoch(), Math.max(0, first.offset() - 1)) : end;
	}

}
