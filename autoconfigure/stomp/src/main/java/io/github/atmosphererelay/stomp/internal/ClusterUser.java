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

package io.github.atmosphererelay.stomp.internal;

import java.security.Principal;
import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.simp.user.SimpSession;
import org.springframework.messaging.simp.user.SimpSubscription;
import org.springframework.messaging.simp.user.SimpUser;

/**
 * A user of the cluster, with the sessions of all nodes. Always shows the present state.
 */
final class ClusterUser implements SimpUser {

	private final String name;

	private final @Nullable SimpUser local;

	private final RemoteUsers remote;

	/**
	 * Create a user.
	 * @param name the name
	 * @param local the user on this node, or {@code null} if it has no session here
	 * @param remote the users of other nodes
	 */
	ClusterUser(String name, @Nullable SimpUser local, RemoteUsers remote) {
		this.name = name;
		this.local = local;
		this.remote = remote;
	}

	@Override
	public String getName() {
		return this.name;
	}

	/**
	 * Return the principal of a session of this node. That of another node is not known
	 * here.
	 */
	@Override
	public @Nullable Principal getPrincipal() {
		return (this.local != null) ? this.local.getPrincipal() : null;
	}

	@Override
	public boolean hasSessions() {
		return (this.local != null && this.local.hasSessions())
				|| this.remote.sessions(this.name).stream().anyMatch(RemoteUsers.RemoteSession::isPresent);
	}

	@Override
	public @Nullable SimpSession getSession(@Nullable String sessionId) {
		return getSessions().stream().filter((session) -> session.getId().equals(sessionId)).findFirst().orElse(null);
	}

	@Override
	public Set<SimpSession> getSessions() {
		Set<SimpSession> sessions = new HashSet<>();
		if (this.local != null) {
			this.local.getSessions().forEach((session) -> sessions.add(new LocalSession(this, session)));
		}
		this.remote.sessions(this.name)
			.stream()
			.filter(RemoteUsers.RemoteSession::isPresent)
			.forEach((session) -> sessions.add(new OtherSession(this, session)));
		return sessions;
	}

	/**
	 * Return the subscriptions of the sessions on other nodes.
	 */
	Set<SimpSubscription> remoteSubscriptions() {
		Set<SimpSubscription> subscriptions = new HashSet<>();
		this.remote.sessions(this.name)
			.stream()
			.filter(RemoteUsers.RemoteSession::isPresent)
			.forEach((session) -> subscriptions.addAll(new OtherSession(this, session).getSubscriptions()));
		return subscriptions;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof SimpUser that && this.name.equals(that.getName()));
	}

	@Override
	public int hashCode() {
		return this.name.hashCode();
	}

	@Override
	public String toString() {
		return "name=" + this.name + ", sessions=" + getSessions();
	}

	/**
	 * A session, equal to any other with its id.
	 */
	private abstract static class Session implements SimpSession {

		private final ClusterUser user;

		Session(ClusterUser user) {
			this.user = user;
		}

		@Override
		public SimpUser getUser() {
			return this.user;
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return this == other || (other instanceof SimpSession that && getId().equals(that.getId()));
		}

		@Override
		public int hashCode() {
			return getId().hashCode();
		}

		@Override
		public String toString() {
			return "id=" + getId() + ", subscriptions=" + getSubscriptions();
		}

	}

	/**
	 * A session of this node.
	 */
	private static final class LocalSession extends Session {

		private final SimpSession session;

		LocalSession(ClusterUser user, SimpSession session) {
			super(user);
			this.session = session;
		}

		@Override
		public String getId() {
			return this.session.getId();
		}

		@Override
		public Set<SimpSubscription> getSubscriptions() {
			return this.session.getSubscriptions();
		}

	}

	/**
	 * A session of another node.
	 */
	private static final class OtherSession extends Session {

		private final RemoteUsers.RemoteSession session;

		OtherSession(ClusterUser user, RemoteUsers.RemoteSession session) {
			super(user);
			this.session = session;
		}

		@Override
		public String getId() {
			return this.session.id();
		}

		@Override
		public Set<SimpSubscription> getSubscriptions() {
			Set<SimpSubscription> subscriptions = new HashSet<>();
			this.session.subscriptions()
				.forEach((id, destination) -> subscriptions.add(new Subscription(id, this, destination)));
			return subscriptions;
		}

	}

	/**
	 * A subscription of a session of another node.
	 */
	private record Subscription(String id, SimpSession session, String destination) implements SimpSubscription {

		@Override
		public String getId() {
			return this.id;
		}

		@Override
		public SimpSession getSession() {
			return this.session;
		}

		@Override
		public String getDestination() {
			return this.destination;
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return this == other || (other instanceof SimpSubscription that && this.id.equals(that.getId())
					&& this.session.getId().equals(that.getSession().getId()));
		}

		@Override
		public int hashCode() {
			return this.id.hashCode() * 31 + this.session.getId().hashCode();
		}

	}

}
