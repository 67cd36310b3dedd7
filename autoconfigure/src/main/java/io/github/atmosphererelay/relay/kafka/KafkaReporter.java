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

package io.github.atmosphererelay.relay.kafka;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * Tells people in the log what they should know of the connection: each thing once, until
 * it changes. Used by the link's worker thread only.
 */
final class KafkaReporter {

	private static final Log logger = LogFactory.getLog(KafkaRelay.class);

	private final KafkaRelaySettings settings;

	private @Nullable String failure;

	private int partitions;

	KafkaReporter(KafkaRelaySettings settings) {
		this.settings = settings;
		this.partitions = settings.partitions();
	}

	void connected() {
		this.failure = null;
		logger.info("The kafka relay is connected to topic '" + this.settings.topic() + "'");
	}

	void disconnected() {
		logger.info("The kafka relay is not connected to topic '" + this.settings.topic() + "'");
	}

	void failed(Throwable failure) {
		String message = failure.toString();
		if (message.equals(this.failure)) {
			logger.debug("Still no connection", failure);
			return;
		}
		this.failure = message;
		if (failure instanceof AuthorizationException) {
			message += ". Grant this application the rights to describe, read and write the topic, and either the"
					+ " right to create it or create it yourself";
		}
		logger.warn("The kafka relay cannot use topic '" + this.settings.topic() + "' and keeps trying: " + message);
		logger.debug("Cause of the failure", failure);
	}

	void consumerEnded(@Nullable Throwable failure) {
		logger.warn("The consumer of topic '" + this.settings.topic() + "' has ended and is replaced"
				+ ((failure != null) ? ": " + failure : ""));
	}

	void lost(int partitions) {
		logger.warn("Topic '" + this.settings.topic() + "' no longer holds all that was published meanwhile in "
				+ partitions + " of its partitions");
	}

	void found(KafkaTopic.Description topic) {
		if (topic.partitions() == this.partitions) {
			return;
		}
		this.partitions = topic.partitions();
		if (topic.partitions() == this.settings.partitions()) {
			logger.info("Topic '" + this.settings.topic() + "' has now as many partitions as configured");
			return;
		}
		logger.warn("Topic '" + this.settings.topic() + "' has " + topic.partitions() + " partitions, and "
				+ this.settings.partitions() + " are configured. All are read; this node writes to "
				+ topic.usable(this.settings.partitions())
				+ " from its next connection on. Configure the same number on all nodes");
	}

}
