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

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.guard.internal.StripedLock;
import io.github.atmosphererelay.presence.internal.SharedEntries;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationEvent;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.user.DestinationUserNameProvider;
import org.springframework.messaging.simp.user.SimpSubscription;
import org.springframework.messaging.simp.user.SimpSubscriptionMatcher;
import org.springframework.messaging.simp.user.SimpUser;
import org.springframework.messaging.simp.user.SimpUserRegistry;
import org.springframework.web.socket.messaging.AbstractSubProtocolEvent;
import org.springframework.web.socket.messaging.DefaultSimpUserRegistry;
import org.springframework.web.socket.messaging.SessionConnectedEvent;
import org.springframework.web.socket.messaging.SessionDisconnectEvent;
import org.springframework.web.socket.messaging.SessionSubscribeEvent;
import org.springframework.web.socket.messaging.SessionUnsubscribeEvent;

/**
 * Spring's registry of users, which shows the application those of all nodes. What Spring
 * itself resolves destinations with is {@link #local()}, which knows the sessions of this
 * node only: with the others a message would be delivered twice. Until it is activated,
 * this registry is what Spring's own is. For any thread; does not block.
 */
public final class ClusterUserRegistry extends DefaultSimpUserRegistry {

	private final SimpUserRegistry local = new LocalView();

	/** The ids of the subscriptions that other nodes know, by session. */
	private final ConcurrentHashMap<String, Set<String>> shared = new ConcurrentHashMap<>();

	/** Held for a session, whose events may come on several threads. */
	private final StripedLock locks = new StripedLock();

	private volatile @Nullable RemoteUsers remote;

	private volatile @Nullable SharedEntries entries;

	/**
	 * Create a registry in the place of Spring's own.
	 * @param order the order of Spring's own among the listeners of events
	 */
	ClusterUserRegistry(int order) {
		setOrder(order);
	}

	/**
	 * Begin to share the users of this node, and to show those of others.
	 */
	void activate(SharedEntries entries, RemoteUsers remote) {
		this.remote = remote;
		this.entries = entries;
	}

	/**
	 * Return the registry of this node's sessions.
	 * @return the registry that destinations of users are resolved with
	 */
	SimpUserRegistry local() {
		return this.local;
	}

	@Override
	public void onApplicationEvent(ApplicationEvent event) {
		super.onApplicationEvent(event);
		SharedEntries entries = this.entries;
		if (entries != null && event instanceof AbstractSubProtocolEvent change) {
			String session = SimpMessageHeaderAccessor.getSessionId(change.getMessage().getHeaders());
			if (session != null) {
				this.locks.run(session, () -> share(entries, session, change));
			}
		}
	}

	private void share(SharedEntries entries, String session, AbstractSubProtocolEvent event) {
		MessageHeaders headers = event.getMessage().getHeaders();
		String user = nameOf(event);
		if (event instanceof SessionDisconnectEvent) {
			Set<String> names = this.shared.remove(session);
			if (names != null) {
				names.forEach((name) -> entries.remove(session, name));
			}
		}
		else if (event instanceof SessionConnectedEvent && user != null
				&& entries.put(RemoteUsers.session(session, user))) {
			names(session).add(RemoteUsers.SESSION);
		}
		else if (event instanceof SessionSubscribeEvent && user != null && this.shared.containsKey(session)) {
			String id = SimpMessageHeaderAccessor.getSubscriptionId(headers);
			String destination = SimpMessageHeaderAccessor.getDestination(headers);
			if (id != null && destination != null
					&& entries.put(RemoteUsers.subscription(session, user, id, destination))) {
				names(session).add(RemoteUsers.subscriptionName(id));
			}
		}
		else if (event instanceof SessionUnsubscribeEvent && this.shared.containsKey(session)) {
			String id = SimpMessageHeaderAccessor.getSubscriptionId(headers);
			if (id != null && names(session).remove(RemoteUsers.subscriptionName(id))) {
				entries.remove(session, RemoteUsers.subscriptionName(id));
			}
		}
	}

	private Set<String> names(String session) {
		return this.shared.computeIfAbsent(session, (id) -> new HashSet<>(4));
	}

	private static @Nullable String nameOf(AbstractSubProtocolEvent event) {
		if (event.getUser() instanceof DestinationUserNameProvider provider) {
			return provider.getDestinationUserName();
		}
		return (event.getUser() != null) ? event.getUser().getName() : null;
	}

	@Override
	public @Nullable SimpUser getUser(String userName) {
		SimpUser here = super.getUser(userName);
		RemoteUsers remote = this.remote;
		if (remote == null) {
			return here;
		}
		ClusterUser user = new ClusterUser(userName, here, remote);
		return user.hasSessions() ? user : null;
	}

	@Override
	public Set<SimpUser> getUsers() {
		RemoteUsers remote = this.remote;
		if (remote == null) {
			return super.getUsers();
		}
		Set<SimpUser> users = new HashSet<>();
		super.getUsers().forEach((here) -> users.add(new ClusterUser(here.getName(), here, remote)));
		for (String name : remote.names()) {
			ClusterUser user = new ClusterUser(name, null, remote);
			if (user.hasSessions()) {
				users.add(user);
			}
		}
		return users;
	}

	@Override
	public int getUserCount() {
		return (this.remote != null) ? getUsers().size() : super.getUserCount();
	}

	@Override
	public Set<SimpSubscription> findSubscriptions(SimpSubscriptionMatcher matcher) {
		Set<SimpSubscription> found = super.findSubscriptions(matcher);
		RemoteUsers remote = this.remote;
		if (remote != null) {
			for (String name : remote.names()) {
				new ClusterUser(name, super.getUser(name), remote).remoteSubscriptions()
					.stream()
					.filter(matcher::match)
					.forEach(found::add);
			}
		}
		return found;
	}

	private @Nullable SimpUser localUser(String name) {
		return super.getUser(name);
	}

	private Set<SimpUser> localUsers() {
		return super.getUsers();
	}

	private int localUserCount() {
		return super.getUserCount();
	}

	private Set<SimpSubscription> localSubscriptions(SimpSubscriptionMatcher matcher) {
		return super.findSubscriptions(matcher);
	}

	/**
	 * The users of this node.
	 */
	private final class LocalView implements SimpUserRegistry {

		@Override
		public @Nullable SimpUser getUser(String userName) {
			return localUser(userName);
		}

		@Override
		public Set<SimpUser> getUsers() {
			return localUsers();
		}

		@Override
		public int getUserCount() {
			return localUserCount();
		}

		@Override
		public Set<SimpSubscription> findSubscriptions(SimpSubscriptionMatcher matcher) {
			return localSubscriptions(matcher);
		}

	}

}
