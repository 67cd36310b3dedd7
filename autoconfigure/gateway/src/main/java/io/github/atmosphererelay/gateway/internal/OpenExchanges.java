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

package io.github.atmosphererelay.gateway.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Counts the requests and WebSockets that are open at each node through this gateway.
 * Safe for use by many threads.
 */
public final class OpenExchanges {

	private final Map<String, Integer> open = new ConcurrentHashMap<>();

	static String key(ServiceInstance instance) {
		return instance.getHost() + ":" + instance.getPort();
	}

	void opened(String key) {
		this.open.merge(key, 1, Integer::sum);
	}

	void closed(String key) {
		this.open.computeIfPresent(key, (same, count) -> (count > 1) ? count - 1 : null);
	}

	/**
	 * Return how many are open at a node.
	 * @param key the node's host and port
	 * @return the number
	 */
	public int at(String key) {
		return this.open.getOrDefault(key, 0);
	}

	/**
	 * Return the instance with the fewest open, and one of these if there are several.
	 */
	@Nullable ServiceInstance fewest(Collection<ServiceInstance> instances) {
		List<ServiceInstance> best = new ArrayList<>();
		int fewest = Integer.MAX_VALUE;
		for (ServiceInstance instance : instances) {
			int count = at(key(instance));
			if (count < fewest) {
				fewest = count;
				best.clear();
			}
			if (count == fewest) {
				best.add(instance);
			}
		}
		return best.isEmpty() ? null : best.get(ThreadLocalRandom.current().nextInt(best.size()));
	}

}
