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

package io.github.atmosphererelay.group;

import java.nio.file.Path;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.RedisClusterBroker;

/**
 * Groups of processes on a Redis Cluster of three masters, of which one is restarted.
 */
class GroupsOnRedisClusterTests extends AbstractGroupClusterTests {

	private static final String PREFIX = "atmosphere:test:";

	@Override
	Broker startBroker(Path directory) {
		return new RedisClusterBroker(directory);
	}

	@Override
	int lanes() {
		return 64;
	}

	/**
	 * Move slots to other masters: of logs, and of lanes of the index and of the group.
	 */
	@Override
	void disturb(Broker broker) {
		RedisClusterBroker cluster = (RedisClusterBroker) broker;
		IntStream.range(0, 5).forEach((i) -> {
			cluster.moveSlot(PREFIX + "log:{work/" + i + "}:state");
			cluster.moveSlot(PREFIX + "lane:{lane-" + i + "}:recent");
			cluster.moveSlot(PREFIX + "group:{" + GroupApplication.WORK + ":" + i + "}:lease");
		});
	}

}
