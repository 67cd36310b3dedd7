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

import org.jspecify.annotations.Nullable;

/**
 * The receivers of a message. Every kind of sending has its audience in this closed set,
 * so that all kinds use the same way through the cluster. Immutable.
 */
public sealed interface Audience {

	/**
	 * Return the relay address to which messages for this audience are sent.
	 * @return the address
	 */
	Address address();

	/**
	 * Return the id of a session that belongs to the audience but does not receive the
	 * message.
	 * @return the session's id, or {@code null} if all sessions receive it
	 */
	default @Nullable String exceptSession() {
		return null;
	}

	/**
	 * All sessions that are subscribed to a channel.
	 *
	 * @param channel the channel's name
	 * @param exceptSession the id of a session to leave out, or {@code null}
	 */
	record Channel(String channel, @Nullable String exceptSession) implements Audience {

		public Channel {
			Objects.requireNonNull(channel, "'channel' must not be null");
		}

		@Override
		public Address address() {
			return new Address.Channel(this.channel);
		}

	}

	/**
	 * All sessions of one user.
	 *
	 * @param user the name of the user's principal
	 * @param exceptSession the id of a session to leave out, or {@code null}
	 */
	record User(String user, @Nullable String exceptSession) implements Audience {

		public User {
			Objects.requireNonNull(user, "'user' must not be null");
		}

		@Override
		public Address address() {
			return new Address.User(this.user);
		}

	}

	/**
	 * One session, on any node.
	 *
	 * @param node the node that the session lives on
	 * @param session the session's id
	 */
	record Session(UUID node, String session) implements Audience {

		public Session {
			Objects.requireNonNull(node, "'node' must not be null");
			Objects.requireNonNull(session, "'session' must not be null");
		}

		@Override
		public Address address() {
			return new Address.Node(this.node);
		}

	}

	/**
	 * One node itself, not a session of it. Used for probes and other messages between
	 * nodes.
	 *
	 * @param node the node's id
	 */
	record Node(UUID node) implements Audience {

		public Node {
			Objects.requireNonNull(node, "'node' must not be null");
		}

		@Override
		public Address address() {
			return new Address.Node(this.node);
		}

	}

	/**
	 * All nodes that follow a bucket. Each of these nodes reads in the message which of
	 * its subscribers are to receive it.
	 *
	 * @param name the kind of names in the buckets, such as {@code destinations}
	 * @param number the number of the bucket
	 * @see Address.Bucket
	 */
	record Bucket(String name, int number) implements Audience {

		public Bucket {
			// Check the arguments now, rather than when the address is needed.
			new Address.Bucket(name, number);
		}

		@Override
		public Address address() {
			return new Address.Bucket(this.name, this.number);
		}

	}

	/**
	 * All sessions of all nodes.
	 *
	 * @param exceptSession the id of a session to leave out, or {@code null}
	 */
	record Everyone(@Nullable String exceptSession) implements Audience {

		@Override
		public Address address() {
			return Address.CONTROL;
		}

	}

}
