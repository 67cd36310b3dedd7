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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * Logs the state of the connection for operators: each kind of failure once, and then
 * once a minute while the failure lasts. Used by the connector's worker thread only.
 */
final class KafkaReporter {

	private static final Log logger = LogFactory.getLog(KafkaRelay.class);

	/** How often a lasting failure is logged. */
	private static final Duration INTERVAL = Duration.ofMinutes(1);

	private static final int MAX_KINDS = 10;

	private final KafkaRelaySettings settings;

	private final LongSupplier nanoTime;

	/** The kinds of failures that were logged since the last connection. */
	private final Set<Class<?>> failures = new HashSet<>();

	private boolean connectedBefore;

	private long failingSince;

	private long nextReport;

	private int partitions;

	KafkaReporter(KafkaRelaySettings settings) {
		this(settings, System::nanoTime);
	}

	KafkaReporter(KafkaRelaySettings settings, LongSupplier nanoTime) {
		this.settings = settings;
		this.nanoTime = nanoTime;
		this.partitions = settings.partitions();
	}

	void connected() {
		String message = "The kafka relay is connected to topic '" + this.settings.topic() + "'";
		if (!this.connectedBefore) {
			logger.info(message);
		}
		else if (!this.failures.isEmpty()) {
			logger.info(message + " again, after " + failingFor());
		}
		else {
			logger.debug(message + " again");
		}
		this.connectedBefore = true;
		this.failures.clear();
	}

	void disconnected() {
		logger.debug("The kafka relay is not connected to topic '" + this.settings.topic() + "'");
	}

	void failed(Throwable failure) {
		logger.debug("The kafka relay could not connect", failure);
		long now = this.nanoTime.getAsLong();
		if (this.failures.isEmpty()) {
			this.failingSince = now;
		}
		String what = "The kafka relay cannot use topic '" + this.settings.topic()
				+ "', so messages do not reach other nodes. It keeps trying";
		if (this.failures.size() < MAX_KINDS && this.failures.add(failure.getClass())) {
			String message = failure.toString();
			if (failure instanceof AuthorizationException) {
				message += ". Grant this application the rights to describe, read and write the topic, and also the"
						+ " right to create it unless you create it yourself";
			}
			logger.warn(what + ": " + message);
		}
		else if (now - this.nextReport >= 0) {
			logger.warn(what + ", for " + failingFor() + " now: " + failure);
		}
		else {
			return;
		}
		this.nextReport = now + INTERVAL.toNanos();
	}

	private String failingFor() {
		return TimeUnit.NANOSECONDS.toSeconds(this.nanoTime.getAsLong() - this.failingSince) + " s";
	}

	void consumerEnded(@Nullable Throwable failure) {
		logger
			.warn("The consumer of topic '" + this.settings.topic() + "' has ended. The relay replaces it and continues"
					+ " from the last offset" + ((failure != null) ? ": " + failure : ""));
	}

	void lost(int partitions) {
		logger.warn("This node may have missed messages: topic '" + this.settings.topic()
				+ "' no longer has all records that were published while it was not connected, in " + partitions
				+ " of its partitions. The outage was longer than the topic's retention, or the topic was created again"
				+ " or has lost records");
	}

	void found(KafkaTopic.Description topic) {
		if (topic.partitions() == this.partitions) {
			return;
		}
		this.partitions = topic.partitions();
		if (topic.partitions() == this.settings.partitions()) {
			logger.info("Topic '" + this.settings.topic() + "' now has as many partitions as configured");
			return;
		}
		logger.warn("Topic '" + this.settings.topic() + "' has " + topic.partitions()
				+ " partitions, but 'atmosphere.relay.kafka.partitions' is " + this.settings.partitions()
				+ ". This node reads all of them, and from its next connection on writes to "
				+ topic.usable(this.settings.partitions()) + ". Set the same number on all nodes");
	}

}
