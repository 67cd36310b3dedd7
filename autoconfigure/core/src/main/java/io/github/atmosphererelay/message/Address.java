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

package io.github.atmosphererelay.message;

import java.util.Objects;
import java.util.UUID;

/**
 * The destination of an envelope, and what nodes subscribe to at the relay. A node
 * follows an address as long as it has a session that should receive the envelopes to
 * that address. Every node follows the control address at all times. Immutable, usable as
 * a map key.
 */
public sealed interface Address {

	/**
	 * The address that every node follows. It is used for messages to all sessions, and
	 * for messages between nodes.
	 */
	Address CONTROL = new Control();

	/**
	 * Return the address as a string, unique over all kinds of addresses. Relays use it,
	 * with a prefix of their own, as the broker's channel or as the key of records.
	 * @return the string form, for example {@code channel:chat/lobby}
	 */
	String value();

	/**
	 * The address of a channel. Nodes follow it that have a session in the channel.
	 *
	 * @param channel the channel's name
	 */
	record Channel(String channel) implements Address {

		public Channel {
			Objects.requireNonNull(channel, "'channel' must not be null");
		}

		@Override
		public String value() {
			return "channel:" + this.channel;
		}

	}

	/**
	 * The address of a user. Nodes follow it that have a session of the user.
	 *
	 * @param user the name of the user's principal
	 */
	record User(String user) implements Address {

		public User {
			Objects.requireNonNull(user, "'user' must not be null");
		}

		@Override
		public String value() {
			return "user:" + this.user;
		}

	}

	/**
	 * One of a fixed number of buckets, over which the names of some kind are
	 * distributed. Buckets are for subscribers by pattern. An address is exact, and a
	 * node with a pattern cannot know in advance which names will match it. So messages
	 * to a name go to the bucket that the name is hashed to, and every node with a
	 * pattern follows all buckets. For example, with 16 buckets {@code destinations}, a
	 * message to {@code /topic/orders.7} may go to {@code bucket:destinations/3}.
	 *
	 * @param name what the buckets are for; not empty, and without a slash
	 * @param number the number of the bucket, 0 or more
	 */
	record Bucket(String name, int number) implements Address {

		public Bucket {
			Objects.requireNonNull(name, "'name' must not be null");
			if (name.isEmpty() || name.indexOf('/') >= 0) {
				throw new IllegalArgumentException("The name of a bucket must not be empty or have a slash");
			}
			if (number < 0) {
				throw new IllegalArgumentException("The number of a bucket must not be negative");
			}
		}

		@Override
		public String value() {
			return "bucket:" + this.name + "/" + this.number;
		}

	}

	/**
	 * The address of one node, which only that node follows.
	 *
	 * @param node the node's id
	 */
	record Node(UUID node) implements Address {

		public Node {
			Objects.requireNonNull(node, "'node' must not be null");
		}

		@Override
		public String value() {
			return "node:" + this.node;
		}

	}

	/**
	 * The address that every node follows.
	 */
	record Control() implements Address {

		@Override
		public String value() {
			return "control";
		}

	}

}
