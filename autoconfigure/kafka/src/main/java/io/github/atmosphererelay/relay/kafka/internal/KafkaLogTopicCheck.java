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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/**
 * Checks that the topic of the logs keeps records as promised. Somebody else may have
 * created the topic, or changed it since. Problems are logged as warnings and do not
 * prevent the start, because they may be intended.
 */
final class KafkaLogTopicCheck {

	private static final Log logger = LogFactory.getLog(KafkaLogTopicCheck.class);

	private static final int TIMEOUT_MILLIS = 4000;

	private final String topic;

	private final Duration retention;

	KafkaLogTopicCheck(KafkaRelaySettings settings) {
		this.topic = settings.logTopic();
		this.retention = settings.logRetention();
	}

	/**
	 * Check the topic. Blocks for a few seconds at most.
	 * @param admin the client that asks the broker
	 * @throws InterruptedException if the wait is interrupted
	 */
	void run(Admin admin) throws InterruptedException {
		ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, this.topic);
		try {
			Map<ConfigResource, KafkaFuture<Config>> described = admin
				.describeConfigs(List.of(resource), new DescribeConfigsOptions().timeoutMs(TIMEOUT_MILLIS))
				.values();
			Config config = Objects.requireNonNull(described.get(resource)).get();
			List<String> faults = faults(config);
			if (!faults.isEmpty()) {
				logger.warn("Topic '" + this.topic + "' has settings with which recorded channels can lose messages: "
						+ String.join("; ", faults));
			}
		}
		catch (ExecutionException ex) {
			// An account that may read and write a topic is not necessarily allowed to
			// see its settings
			logger.debug("The settings of topic '" + this.topic + "' could not be read", ex.getCause());
		}
	}

	private List<String> faults(Config config) {
		List<String> faults = new ArrayList<>();
		if (value(config, TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE)
			.contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
			faults.add("cleanup.policy contains 'compact', so each channel keeps only its last message; set it to"
					+ " 'delete'");
		}
		if (!value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime").equals("LogAppendTime")) {
			faults.add(
					"message.timestamp.type is not 'LogAppendTime', so the nodes' clocks instead of the broker's decide"
							+ " on duplicates and on the age of messages; set it to 'LogAppendTime'");
		}
		long millis = Long.parseLong(value(config, TopicConfig.RETENTION_MS_CONFIG, "-1"));
		if (millis >= 0 && millis < this.retention.toMillis()) {
			faults.add("retention.ms is " + millis + ", so messages are removed before the " + this.retention.toMillis()
					+ " ms of 'atmosphere.relay.kafka.log-retention' are over; raise it");
		}
		if (value(config, TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false").equals("true")) {
			faults.add("unclean.leader.election.enable is 'true', so a broker that lacks confirmed messages can become"
					+ " the leader, and these are lost; set it to 'false'");
		}
		return faults;
	}

	private static String value(Config config, String name, String otherwise) {
		ConfigEntry entry = config.get(name);
		return (entry != null && entry.value() != null) ? entry.value() : otherwise;
	}

}
