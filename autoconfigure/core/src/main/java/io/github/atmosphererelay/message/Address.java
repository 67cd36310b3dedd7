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
 * Where a relay delivers an envelope: the unit of interest between nodes. A node follows
 * an address while it has somebody who should hear it; the control address is followed by
 * every node at all times. Immutable, usable as a map key.
 */
public sealed interface Address {

	/**
	 * The address that every node follows: messages to everyone and the cluster's own
	 * traffic.
	 */
	Address CONTROL = new Control();

	/**
	 * Return the address as one string, unique over all kinds. Relays use it, behind
	 * their own prefix, as broker channel or record key.
	 * @return the string form, for example {@code channel:chat/lobby}
	 */
	String value();

	/**
	 * The address of a channel, followed by nodes with a session in it.
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
	 * The address of a user, followed by nodes with a session of that user.
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
	 * One of a fixed number of parts of everything that has a name of some kind. Who
	 * follows by pattern cannot tell which names there are going to be, and an address is
	 * exact: so a name's messages go to the bucket that the name is hashed to, and each
	 * node that follows patterns follows all buckets. For example, with 16 buckets
	 * {@code destinations}, what is sent to {@code /topic/orders.7} may go to
	 * {@code bucket:destinations/3}.
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
	 * The address of one node, followed by that node alone.
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
