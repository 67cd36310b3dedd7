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

package io.github.atmosphererelay.session.internal;

import java.security.Principal;
import java.time.Duration;
import java.util.AbstractCollection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.SubscriptionState;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of this node by id, channel and user. Safe for use by many threads. No
 * lock is shared by all channels, and a channel or user without sessions uses no memory.
 */
public final class SessionRegistry {

	private static final Log logger = LogFactory.getLog(SessionRegistry.class);

	private final Map<String, LocalSession> byId = new ConcurrentHashMap<>();

	private final Map<String, Set<Subscription>> byChannel = new ConcurrentHashMap<>();

	private final Map<String, Set<LocalSession>> byUser = new ConcurrentHashMap<>();

	private final RecentDisconnects disconnects = new RecentDisconnects();

	private volatile List<SubscriptionListener> listeners = List.of();

	private final RateLimitedLog listenerLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	/**
	 * Start to notify listeners of subscriptions. Called by the node when it starts.
	 * @param listeners are notified of every subscription, in this order
	 */
	public void start(List<SubscriptionListener> listeners) {
		this.listeners = List.copyOf(listeners);
	}

	/**
	 * Add a session.
	 * @param session the session
	 */
	public void add(LocalSession session) {
		this.byId.put(session.id(), session);
		Principal principal = session.principal();
		if (principal != null) {
			add(this.byUser, principal.getName(), session);
		}
	}

	/**
	 * End all sessions of a user, also those of clients that are authenticated and whose
	 * session does not exist yet.
	 * @param user the name of the user's principal
	 * @param reason the reason that the user's clients receive
	 * @return how many sessions were open
	 */
	public int disconnectUser(String user, CloseReason reason) {
		// First, so that a session that is added meanwhile is either found below or finds
		// this entry
		this.disconnects.add(user, reason, System.nanoTime());
		int open = 0;
		for (LocalSession session : ofUser(user)) {
			if (session.isOpen()) {
				open++;
			}
			session.close(reason);
		}
		return open;
	}

	/**
	 * Return whether a user was disconnected since a time, as by a log-out.
	 * @param user the name of the user's principal
	 * @param since a time of {@link System#nanoTime()}
	 * @return whether the user was disconnected since then
	 */
	public boolean wasDisconnected(String user, long since) {
		return this.disconnects.find(user, since) != null;
	}

	/**
	 * Close a session that was added if its user was disconnected after the client was
	 * authenticated.
	 * @param session the session
	 */
	public void closeIfDisconnected(LocalSession session) {
		Principal principal = session.principal();
		CloseReason reason = (principal != null) ? this.disconnects.find(principal.getName(), session.authenticatedAt())
				: null;
		if (reason != null) {
			session.close(reason);
		}
	}

	/**
	 * Remove a session and all its subscriptions.
	 * @param session the session
	 * @return its subscriptions, which have ended, or {@code null} if the registry does
	 * not have the session
	 */
	public @Nullable List<Subscription> remove(LocalSession session) {
		if (!this.byId.remove(session.id(), session)) {
			return null;
		}
		Principal principal = session.principal();
		if (principal != null) {
			remove(this.byUser, principal.getName(), session);
		}
		List<Subscription> ended = new ArrayList<>();
		for (Subscription subscription : session.subscriptions().values()) {
			if (remove(subscription)) {
				ended.add(subscription);
			}
		}
		return ended;
	}

	/**
	 * Add a subscription, unless its session is already subscribed to the channel, or to
	 * the maximum number of channels.
	 * @param subscription the subscription
	 * @param limit the maximum number of channels of the session
	 * @return whether it was added; {@code false} if the session is already subscribed to
	 * the channel
	 * @throws ChannelLimitException if the session has reached the limit. The
	 * subscription is not added either if a listener throws an exception
	 */
	public boolean add(Subscription subscription, int limit) {
		Map<String, Subscription> own = subscription.session().subscriptions();
		String channel = subscription.channel();
		// Both indexes change in one step. Otherwise the session could end in between,
		// and its subscription would stay in the channel's index for ever.
		synchronized (own) {
			if (own.containsKey(channel)) {
				return false;
			}
			if (own.size() >= limit) {
				throw new ChannelLimitException(limit);
			}
			own.put(channel, subscription);
			add(this.byChannel, channel, subscription);
			List<SubscriptionListener> listeners = this.listeners;
			int told = 0;
			try {
				while (told < listeners.size()) {
					listeners.get(told).subscribed(subscription);
					told++;
				}
				// Last, so that the client is not told of a subscription that fails
				subscription.listener().subscribed(subscription);
			}
			catch (RuntimeException | Error ex) {
				// The caller undoes what it has done so far
				end(subscription, listeners.subList(0, told));
				throw ex;
			}
			return true;
		}
	}

	/**
	 * End a subscription.
	 * @param subscription the subscription
	 * @return {@code false} if it had ended before
	 */
	public boolean remove(Subscription subscription) {
		Map<String, Subscription> own = subscription.session().subscriptions();
		String channel = subscription.channel();
		synchronized (own) {
			if (own.get(channel) != subscription) {
				return false;
			}
			end(subscription, this.listeners);
			tellEnd(subscription, subscription.listener());
			return true;
		}
	}

	private void end(Subscription subscription, List<SubscriptionListener> listeners) {
		String channel = subscription.channel();
		subscription.session().subscriptions().remove(channel, subscription);
		subscription.end();
		remove(this.byChannel, channel, subscription);
		listeners.forEach((listener) -> tellEnd(subscription, listener));
	}

	private void tellEnd(Subscription subscription, SubscriptionListener listener) {
		try {
			listener.unsubscribed(subscription);
		}
		catch (RuntimeException | Error ex) {
			// The subscription has ended all the same, and the other listeners are
			// notified
			this.listenerLog.error("A SubscriptionListener failed at the end of a subscription", ex);
		}
	}

	/**
	 * Notify the listeners that a subscription is ready, if it has not ended.
	 * @param subscription the subscription
	 * @param state whether messages of other nodes are received
	 */
	public void ready(Subscription subscription, SubscriptionState state) {
		subscription.whileHeld(() -> {
			this.listeners.forEach((listener) -> listener.ready(subscription, state));
			subscription.listener().ready(subscription, state);
		});
	}

	/**
	 * Run an action while a session is subscribed to a channel. If it is not subscribed,
	 * the action does not run. The subscription cannot end while it runs.
	 * @param session the session
	 * @param channel the channel's name
	 * @param action the action; must not block
	 */
	public void whileSubscribed(LocalSession session, String channel, Runnable action) {
		Subscription subscription = session.subscription(channel);
		if (subscription != null) {
			subscription.whileHeld(action);
		}
	}

	private static <T> void add(Map<String, Set<T>> index, String key, T value) {
		// Within compute, so that nothing is added to a set that is being removed
		index.compute(key, (same, present) -> {
			Set<T> values = (present != null) ? present : ConcurrentHashMap.newKeySet(1);
			values.add(value);
			return values;
		});
	}

	private static <T> void remove(Map<String, Set<T>> index, String key, T value) {
		index.computeIfPresent(key, (same, values) -> {
			values.remove(value);
			return values.isEmpty() ? null : values;
		});
	}

	/**
	 * Find a session.
	 * @param id the session's id
	 * @return the session, or {@code null} if it is not on this node
	 */
	public @Nullable LocalSession find(String id) {
		return this.byId.get(id);
	}

	/**
	 * Call for each session of this node.
	 * @param action receives the sessions; must not block
	 */
	public void forEach(Consumer<LocalSession> action) {
		this.byId.values().forEach(action);
	}

	/**
	 * Return the sessions that are subscribed to a channel.
	 * @param channel the channel's name
	 * @return the sessions, a live view that tolerates changes
	 */
	public Collection<LocalSession> inChannel(String channel) {
		return new SessionsOf(subscriptions(channel));
	}

	/**
	 * Return the subscriptions to a channel.
	 * @param channel the channel's name
	 * @return the subscriptions, a live view that tolerates changes
	 */
	public Collection<Subscription> subscriptions(String channel) {
		return Collections.unmodifiableCollection(this.byChannel.getOrDefault(channel, Set.of()));
	}

	/**
	 * Return the sessions of a user.
	 * @param user the name of the user's principal
	 * @return the sessions, a live view that tolerates changes
	 */
	public Collection<LocalSession> ofUser(String user) {
		return Collections.unmodifiableCollection(this.byUser.getOrDefault(user, Set.of()));
	}

	/**
	 * Return the sessions of this node.
	 * @return the sessions, a live view that tolerates changes
	 */
	public Collection<LocalSession> sessions() {
		return Collections.unmodifiableCollection(this.byId.values());
	}

	/**
	 * Return the names of the channels that have sessions on this node.
	 * @return the names, a live view that tolerates changes
	 */
	public Collection<String> channels() {
		return Collections.unmodifiableCollection(this.byChannel.keySet());
	}

	/**
	 * Return how many sessions are in a channel.
	 * @param channel the channel's name
	 * @return the number of sessions on this node
	 */
	public int countInChannel(String channel) {
		return this.byChannel.getOrDefault(channel, Set.of()).size();
	}

	/**
	 * Return the number of sessions of this node.
	 * @return the number of sessions
	 */
	public int sessionCount() {
		return this.byId.size();
	}

	/**
	 * Return the number of channels that have sessions on this node.
	 * @return the number of channels
	 */
	public int channelCount() {
		return this.byChannel.size();
	}

	/**
	 * Return the number of users that have sessions on this node.
	 * @return the number of users
	 */
	public int userCount() {
		return this.byUser.size();
	}

	/**
	 * Return the number of subscriptions of all sessions of this node.
	 * @return the number of subscriptions
	 */
	public long subscriptionCount() {
		long count = 0;
		for (Set<Subscription> subscriptions : this.byChannel.values()) {
			count += subscriptions.size();
		}
		return count;
	}

	/**
	 * A view of the sessions of subscriptions.
	 */
	private static final class SessionsOf extends AbstractCollection<LocalSession> {

		private final Collection<Subscription> subscriptions;

		private SessionsOf(Collection<Subscription> subscriptions) {
			this.subscriptions = subscriptions;
		}

		@Override
		public Iterator<LocalSession> iterator() {
			Iterator<Subscription> all = this.subscriptions.iterator();
			return new Iterator<>() {

				@Override
				public boolean hasNext() {
					return all.hasNext();
				}

				@Override
				public LocalSession next() {
					return all.next().session();
				}

			};
		}

		@Override
		public int size() {
			return this.subscriptions.size();
		}

	}

}
