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
 * Looks whether a topic that holds logs keeps what is promised of them: somebody else may
 * have created it, or changed it since. Says what is wrong; nothing stops for it, because
 * the broker may know better.
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
	 * Look at the topic. Waits for the broker, a few seconds at most.
	 * @param admin asks the broker
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
				logger.warn("Topic '" + this.topic + "' does not keep logs of recorded channels as promised: "
						+ String.join("; ", faults));
			}
		}
		catch (ExecutionException ex) {
			// Whoever may read and write a topic need not be allowed to see its settings
			logger.debug("The settings of topic '" + this.topic + "' are not known", ex.getCause());
		}
	}

	private List<String> faults(Config config) {
		List<String> faults = new ArrayList<>();
		if (value(config, TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE)
			.contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
			faults.add("with a cleanup.policy of 'compact' a channel loses all messages but its last; set 'delete'");
		}
		if (!value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime").equals("LogAppendTime")) {
			faults.add("idempotency keys and the age of messages go by the clocks of nodes instead of the broker's; set"
					+ " message.timestamp.type to 'LogAppendTime'");
		}
		long millis = Long.parseLong(value(config, TopicConfig.RETENTION_MS_CONFIG, "-1"));
		if (millis >= 0 && millis < this.retention.toMillis()) {
			faults.add("retention.ms is " + millis + ", and 'atmosphere.relay.kafka.log-retention' promises "
					+ this.retention.toMillis());
		}
		if (value(config, TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false").equals("true")) {
			faults
				.add("with unclean.leader.election.enable a broker that lacks messages may become the leader: they are"
						+ " lost although they were confirmed, and their clients are only told so; set it to 'false'");
		}
		return faults;
	}

	private static String value(Config config, String name, String otherwise) {
		ConfigEntry entry = config.get(name);
		return (entry != null && entry.value() != null) ? entry.value() : otherwise;
	}

}
