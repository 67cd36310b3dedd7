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

import java.nio.charset.StandardCharsets;

import io.github.atmosphererelay.message.Address;

/**
 * The lanes into which all recorded channels are divided, and the names of what Redis
 * keeps for them. All keys of a lane are in one slot of a Redis Cluster, and so are all
 * keys of a lane within a group.
 */
final class RedisLanes {

	/**
	 * The number of lanes. It must never change: nodes with another one share nothing.
	 */
	static final int COUNT = 64;

	private static final int HASH_MULTIPLIER = 0x9E3779B9;

	private static final String BUCKETS = "group-lanes";

	private final String prefix;

	RedisLanes(String prefix) {
		this.prefix = prefix;
	}

	/**
	 * Return the lane of a channel, which is the same on all nodes.
	 */
	static int of(String channel) {
		// The upper bits, because names that differ in a number have similar lower ones
		return (channel.hashCode() * HASH_MULTIPLIER) >>> (Integer.SIZE - Integer.numberOfTrailingZeros(COUNT));
	}

	/**
	 * Return the address at which appends to the channels of a lane are announced.
	 */
	static Address address(int lane) {
		return new Address.Bucket(BUCKETS, lane);
	}

	/**
	 * Return the lane of such an address.
	 * @return the lane, or -1 if it is another address
	 */
	static int of(Address address) {
		return (address instanceof Address.Bucket bucket && bucket.name().equals(BUCKETS)) ? bucket.number() : -1;
	}

	/**
	 * Return the Redis channel of {@link #address}.
	 */
	byte[] topic(int lane) {
		return bytes(this.prefix + address(lane).value());
	}

	/**
	 * Return the key of the lane's channels, by the time when they were added to the
	 * index.
	 */
	byte[] recent(int lane) {
		return ofLane(lane, "recent");
	}

	/**
	 * Return the key of the lane's channels, by the time when they can be removed.
	 */
	byte[] expiry(int lane) {
		return ofLane(lane, "expiry");
	}

	/**
	 * Return the key of the channels that were removed last.
	 */
	byte[] removed(int lane) {
		return ofLane(lane, "removed");
	}

	/**
	 * Return the key of the mark of the slot's data.
	 */
	byte[] mark(int lane) {
		return ofLane(lane, "mark");
	}

	private byte[] ofLane(int lane, String part) {
		return bytes(this.prefix + "lane:{lane-" + lane + "}:" + part);
	}

	/**
	 * Return a key of a group.
	 */
	byte[] ofGroup(String group, String part) {
		return bytes(this.prefix + "group:{" + group + "}:" + part);
	}

	/**
	 * Return a key of a lane in a group.
	 */
	byte[] ofGroup(String group, int lane, String part) {
		return bytes(this.prefix + "group:{" + group + ":" + lane + "}:" + part);
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
