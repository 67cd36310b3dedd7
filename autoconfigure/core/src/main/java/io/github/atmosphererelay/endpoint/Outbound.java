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

package io.github.atmosphererelay.endpoint;

import java.util.Objects;

/**
 * A message and its receivers, to be returned by a method of an endpoint. Immutable.
 *
 * <pre class="code">
 * return Outbound.reply(new Accepted(order.id()));
 * return Outbound.broadcast(message).exceptSender();
 * return Outbound.toUser("alice", message);
 * </pre>
 */
public abstract sealed class Outbound {

	private final Object payload;

	private Outbound(Object payload) {
		this.payload = Objects.requireNonNull(payload, "'payload' must not be null");
	}

	/**
	 * Send only to the session whose message is being handled.
	 * @param payload the message: a {@code String}, {@code byte[]} or any object
	 * @return what to return
	 */
	public static Outbound reply(Object payload) {
		return new Reply(payload);
	}

	/**
	 * Send to all sessions that are subscribed to the channel, on every node.
	 * @param payload the message: a {@code String}, {@code byte[]} or any object
	 * @return what to return
	 */
	public static Broadcast broadcast(Object payload) {
		return new Broadcast(payload, false);
	}

	/**
	 * Send to all sessions of a user, on every node.
	 * @param user the name of the user's principal
	 * @param payload the message: a {@code String}, {@code byte[]} or any object
	 * @return what to return
	 */
	public static Outbound toUser(String user, Object payload) {
		return new ToUser(user, payload);
	}

	/**
	 * Return the message.
	 * @return the message
	 */
	public Object payload() {
		return this.payload;
	}

	/**
	 * A message for all sessions that are subscribed to the channel.
	 */
	public static final class Broadcast extends Outbound {

		private final boolean exceptSender;

		private Broadcast(Object payload, boolean exceptSender) {
			super(payload);
			this.exceptSender = exceptSender;
		}

		/**
		 * Leave out the session whose message is being handled.
		 * @return what to return
		 */
		public Broadcast exceptSender() {
			return new Broadcast(payload(), true);
		}

		/**
		 * Return whether the session whose message is being handled is left out.
		 * @return whether the sender gets nothing
		 */
		public boolean isExceptSender() {
			return this.exceptSender;
		}

	}

	/**
	 * A message for the sender.
	 */
	public static final class Reply extends Outbound {

		private Reply(Object payload) {
			super(payload);
		}

	}

	/**
	 * A message for a user.
	 */
	public static final class ToUser extends Outbound {

		private final String user;

		private ToUser(String user, Object payload) {
			super(payload);
			this.user = Objects.requireNonNull(user, "'user' must not be null");
		}

		/**
		 * Return who gets the message.
		 * @return the name of the user's principal
		 */
		public String user() {
			return this.user;
		}

	}

}
