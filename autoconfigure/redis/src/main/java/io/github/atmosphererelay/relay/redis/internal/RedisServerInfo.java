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

package io.github.atmosphererelay.relay.redis.internal;

import org.jspecify.annotations.Nullable;

/**
 * Information about a link's server.
 *
 * @param cluster whether the server is part of a Redis Cluster, so that other keys may be
 * on other servers
 * @param evictionPolicy the {@code maxmemory-policy} if Redis may evict keys that have
 * logs; {@code null} if not, or if the account may not ask
 */
record RedisServerInfo(boolean cluster, @Nullable String evictionPolicy) {

	/**
	 * Parse Redis's answer to INFO.
	 * @param info the answer
	 * @param cluster whether the server is part of a Redis Cluster
	 * @return the information
	 */
	static RedisServerInfo parse(String info, boolean cluster) {
		String policy = value(info, "maxmemory_policy");
		boolean evicts = !policy.isEmpty() && !policy.equals("noeviction") && !value(info, "maxmemory").equals("0");
		return new RedisServerInfo(cluster, evicts ? policy : null);
	}

	static String value(String info, String name) {
		return info.lines()
			.filter((line) -> line.startsWith(name + ":"))
			.map((line) -> line.substring(name.length() + 1).trim())
			.findFirst()
			.orElse("");
	}

}
