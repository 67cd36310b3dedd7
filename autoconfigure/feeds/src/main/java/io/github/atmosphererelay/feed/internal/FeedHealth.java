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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Tells operators how a feed is doing, in the application log and for the health of the
 * application. For any thread.
 */
final class FeedHealth {

	private static final Log logger = LogFactory.getLog(FeedHealth.class);

	private final FeedSettings settings;

	private final RateLimitedLog skips = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private volatile @Nullable String problem = "it has not begun to read yet";

	FeedHealth(FeedSettings settings) {
		this.settings = settings;
	}

	/**
	 * Return what is wrong.
	 * @return the problem, or {@code null} if the feed works
	 */
	@Nullable String problem() {
		return this.problem;
	}

	/**
	 * Tell whether clients can recover.
	 */
	void begins() {
		if (!this.settings.isRecorded()) {
			logger.info("The channels of the feed '" + this.settings.name()
					+ "' are ephemeral, so that clients get what is written while they are connected: "
					+ (this.settings.recovery().isZero() ? "'" + this.settings.property() + ".recovery' is 0"
							: "the key of a record does not name its channel, and no partition has all records of one"));
		}
	}

	void works(String how) {
		if (this.problem != null) {
			this.problem = null;
			logger.info("The feed '" + this.settings.name() + "' " + how);
		}
	}

	/**
	 * Note that the topic has another epoch.
	 */
	void changed(TopicInfo topic) {
		logger.warn("The topic '" + this.settings.topic() + "' of the feed '" + this.settings.name()
				+ "' was made again, or has got partitions: it has " + topic.partitions()
				+ " now. Clients are told that they have not recovered");
	}

	/**
	 * Note that the broker has lost the last records of a partition.
	 * @param partition the partition
	 * @param end the offset where it ends now
	 */
	void shortened(int partition, long end) {
		logger.warn("The partition " + partition + " of the topic '" + this.settings.topic() + "' of the feed '"
				+ this.settings.name() + "' ends at the offset " + end + ", before records that this node has had."
				+ " Was a leader elected that did not have them? Clients that have had them are told that they have"
				+ " not recovered");
	}

	/**
	 * Note that the feed cannot be read. Logged if the reason has changed.
	 */
	void failed(Throwable failure, String servers) {
		failed(describe(failure, servers), failure);
	}

	private void failed(String problem, @Nullable Throwable failure) {
		if (!Objects.equals(problem, this.problem)) {
			this.problem = problem;
			logger.warn("The feed '" + this.settings.name() + "' does not work: " + problem);
			logger.debug("The reason", failure);
		}
	}

	private String describe(Throwable failure, String servers) {
		String topic = "the topic '" + this.settings.topic() + "'";
		if (failure instanceof UnknownTopicOrPartitionException) {
			return topic + " does not exist at " + servers + ". Create it, or correct '" + this.settings.property()
					+ ".topic'";
		}
		if (failure instanceof AuthorizationException) {
			return "this application may not read " + topic
					+ ". Grant it READ and DESCRIBE on the topic; no right to a group is needed ("
					+ failure.getMessage() + ")";
		}
		return topic + " cannot be read from " + servers + ": " + failure.getMessage();
	}

	/**
	 * Note that no redistributor sends this node what it wants.
	 * @param receives whether what is sent to this node arrives
	 * @param partitions the partitions of which nothing is heard
	 */
	void silent(boolean receives, List<Integer> partitions) {
		failed(receives
				? "no redistributor sends the partitions " + partitions + " of the topic '" + this.settings.topic()
						+ "'. Is there a process with 'atmosphere.redistribution.redistribute' true, and can it read"
						+ " the topic?"
				: "this node has not begun to receive what redistributors send. Can it create and read the topics of"
						+ " 'atmosphere.redistribution', or be reached by the others?",
				null);
	}

	/**
	 * Note that there is no room for the current values.
	 */
	void stateIsFull() {
		this.skips.warn(() -> "The feed '" + this.settings.name() + "' has more current values than '"
				+ this.settings.property() + ".snapshot-bytes' has room for, so that subscribers begin without one."
				+ " Raise it, or set 'snapshot' to false");
	}

	/**
	 * Note that a record was skipped.
	 */
	void skipped(ConsumerRecord<?, ?> record, Mapped.Skipped skipped) {
		if (skipped.reason() == SkipReason.LEFT_OUT) {
			return;
		}
		this.skips.warn(() -> "The feed '" + this.settings.name() + "' has skipped the record at offset "
				+ record.offset() + " of partition " + record.partition() + " of the topic '" + record.topic() + "': "
				+ explain(skipped.reason()) + ((skipped.detail() != null) ? " (" + skipped.detail() + ")" : ""));
	}

	private String explain(SkipReason reason) {
		String property = this.settings.property();
		return switch (reason) {
			case NO_KEY -> "it has no key, and '" + property + ".channel' is made from the key";
			case NO_CHANNEL -> "it lacks what '" + property + ".channel' is made from";
			case INVALID_CHANNEL -> "'" + property + ".channel' makes no name of a channel from it";
			case INVALID_VALUE ->
				"its value is not " + this.settings.format() + ", which is set by '" + property + ".value'";
			case TOO_LARGE -> "it is too large";
			case MAPPING_FAILED -> "the application's bean has failed";
			case LEFT_OUT -> "the application's mapping has left it out";
			case MISPLACED -> "it is in another partition than its key belongs to. Do its producers use another"
					+ " partitioner than Kafka's Java clients? Then set '" + property + ".partitioner', or set '"
					+ property + ".recovery' to 0";
		};
	}

}
