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

package io.github.atmosphererelay.broadcast;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Failures;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelNames;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayMonitor;
import io.github.atmosphererelay.relay.RelayState;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.session.ChannelLimitException;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.SessionRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What doors do with sessions: let them in, subscribe them, see them out. Keeps registry,
 * relay and application events in step. No method blocks.
 */
public final class Subscriptions {

	private static final Log logger = LogFactory.getLog(Subscriptions.class);

	private static final Duration READY_TIMEOUT = Duration.ofSeconds(2);

	private final SessionRegistry registry;

	private final ChannelCatalog catalog;

	private final Interest interest;

	private final LogFollowers followers;

	private final ClusterRelay relay;

	private final RelayMonitor monitor;

	private final EventDispatcher events;

	private final ClientContext context;

	private final int channelsPerSession;

	private final PageLimit recoveryLimit;

	private final ReplayReader replays;

	private final List<SubscriptionReadyListener> readyListeners = new CopyOnWriteArrayList<>();

	private final List<DoorSubscriber> doors = new CopyOnWriteArrayList<>();

	private final RateLimitedLog initialLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private volatile InitialChannels initialChannels = (session) -> List.of();

	Subscriptions(SessionRegistry registry, ChannelCatalog catalog, Interest interest, LogFollowers followers,
			ClusterRelay relay, RelayMonitor monitor, EventDispatcher events, MessagingSettings settings,
			ClientContext context, ReplayReader replays) {
		this.context = context;
		this.registry = registry;
		this.catalog = catalog;
		this.interest = interest;
		this.followers = followers;
		this.relay = relay;
		this.monitor = monitor;
		this.events = events;
		this.channelsPerSession = settings.channelsPerSession();
		this.recoveryLimit = new PageLimit(settings.recoveryLimit(), settings.recoveryBytes());
		this.replays = replays;
	}

	/**
	 * Add a listener. Called before the node starts.
	 * @param listener hears of every subscription that is confirmed
	 */
	public void addReadyListener(SubscriptionReadyListener listener) {
		this.readyListeners.add(listener);
	}

	/**
	 * Add a door that makes the subscriptions of its sessions itself. Called before the
	 * node starts.
	 * @param door the door
	 */
	public void addDoor(DoorSubscriber door) {
		this.doors.add(door);
	}

	/**
	 * Set who says what clients are subscribed to when they connect. Called before the
	 * node starts.
	 * @param channels says that from now on
	 */
	public void setInitialChannels(InitialChannels channels) {
		this.initialChannels = this.context.wrap(channels);
	}

	/**
	 * Return the channels that a session is to be subscribed to before its client hears
	 * anything. Blocks as long as the application's {@link InitialChannels} does.
	 * @param session the session
	 * @return the names of channels that exist, each once
	 * @throws RequestRefusedException if the application has failed, or refuses the
	 * client
	 */
	public List<String> initialChannels(LocalSession session) {
		Collection<String> wanted;
		try {
			wanted = List.copyOf(this.initialChannels.channels(session));
		}
		catch (RuntimeException ex) {
			RequestRefusedException refusal = this.context.refusal(ex, session.principal());
			if (refusal != null) {
				throw refusal;
			}
			this.initialLog.error("The InitialChannels failed, and a client was sent away", ex);
			throw new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		}
		List<String> channels = new ArrayList<>(wanted.size());
		for (String channel : new LinkedHashSet<>(wanted)) {
			if (ChannelNames.findFault(channel) == null && this.catalog.find(channel) != null) {
				channels.add(channel);
			}
			else {
				this.initialLog.error(
						"The InitialChannels have named a channel that no pattern of "
								+ "'atmosphere.channels' covers, and clients were not subscribed to it",
						new UnknownChannelException(channel));
			}
		}
		return channels;
	}

	/**
	 * Let a session in.
	 * @param session the session
	 */
	public void connected(LocalSession session) {
		Address user = userOf(session);
		if (user != null) {
			this.interest.acquire(user);
		}
		// In one step, so that its end is never told before its beginning.
		synchronized (session) {
			this.registry.add(session);
			this.events.publish(new SessionConnected(session));
		}
		this.registry.closeIfDisconnected(session);
		DisconnectReason end = session.end();
		if (end != null) {
			// It ended while it was being let in, and perhaps was not found then.
			disconnected(session, end);
		}
	}

	/**
	 * See a session out that has ended. Does so once, however often it is called.
	 * @param session the session
	 * @param reason why it ended
	 */
	public void disconnected(LocalSession session, DisconnectReason reason) {
		List<String> channels;
		synchronized (session) {
			channels = this.registry.remove(session);
		}
		if (channels == null) {
			return;
		}
		for (String channel : channels) {
			left(session, channel);
		}
		Address user = userOf(session);
		if (user != null) {
			this.interest.release(user);
		}
		this.events.publish(new SessionDisconnected(session, reason));
	}

	/**
	 * Subscribe a session to a channel. From now on it gets what is published on this
	 * node; what is published on others comes once the relay has confirmed.
	 * @param session the session
	 * @param channel the channel's name
	 * @return completes when the relay has confirmed, or after 2 seconds without
	 * @throws UnknownChannelException if no pattern covers the name
	 * @throws RequestRefusedException if the session is in too many channels already
	 */
	public CompletableFuture<SubscriptionState> subscribe(LocalSession session, String channel) {
		ChannelOptions options = this.catalog.get(channel);
		for (DoorSubscriber door : this.doors) {
			CompletableFuture<SubscriptionState> ready = door.subscribe(session, channel);
			if (ready != null) {
				return ready;
			}
		}
		// Before the registry, so that whoever sees the session out releases what was
		// acquired, never earlier.
		CompletableFuture<SubscriptionState> ready = follow(channel, options);
		try {
			if (!this.registry.subscribe(session, channel, this.channelsPerSession)) {
				unfollow(channel, options);
				return ready;
			}
		}
		catch (ChannelLimitException ex) {
			unfollow(channel, options);
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, String.valueOf(ex.getMessage()));
		}
		if (session.isEnded()) {
			// It ended while it was being subscribed, and nobody else would see it out.
			withdraw(session, channel);
		}
		// Never after the event that it has left again.
		return ready.whenComplete((state, ex) -> this.registry.whileSubscribed(session, channel,
				() -> confirmed(session, channel, state)));
	}

	/**
	 * Subscribe a session to a channel, and answer its client before anything of the
	 * channel is queued for it. Of a recorded channel the client gets what it has missed,
	 * all of it or nothing, and then everything once and in the log's order.
	 * @param session the session
	 * @param channel the channel's name
	 * @param request what the client asks for
	 * @return completes after the answer; fails with {@link RequestRefusedException}, and
	 * then the session is not subscribed: with a temporary code while a recorded channel
	 * cannot be read
	 * @throws UnknownChannelException if no pattern covers the name
	 * @throws RequestRefusedException if the session is subscribed already, or is in too
	 * many channels
	 */
	public CompletableFuture<Subscribed> subscribe(LocalSession session, String channel, SubscribeRequest request) {
		ChannelOptions options = this.catalog.get(channel);
		if (session.isIn(channel)) {
			// Before the follower: it would keep from the first subscription what comes.
			throw new RequestRefusedException(ErrorCode.ALREADY_SUBSCRIBED, ErrorCode.ALREADY_SUBSCRIBED.text());
		}
		CompletableFuture<SubscriptionState> ready = follow(channel, options);
		LogFollower follower = options.isRecorded() ? this.followers.find(channel) : null;
		LogSubscription subscription = (follower != null) ? follower.subscribe(session, request, options) : null;
		try {
			if ((follower != null && subscription == null)
					|| !this.registry.subscribe(session, channel, this.channelsPerSession)) {
				throw new RequestRefusedException(ErrorCode.ALREADY_SUBSCRIBED, ErrorCode.ALREADY_SUBSCRIBED.text());
			}
		}
		catch (ChannelLimitException | RequestRefusedException ex) {
			if (follower != null && subscription != null) {
				follower.unsubscribe(session);
			}
			unfollow(channel, options);
			throw (ex instanceof RequestRefusedException refusal) ? refusal
					: new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, String.valueOf(ex.getMessage()));
		}
		if (session.isEnded()) {
			withdraw(session, channel);
		}
		if (follower == null || subscription == null) {
			return ready.handle((state, ex) -> {
				Subscribed result = Subscribed.ephemeral((state != null) ? state : SubscriptionState.DEGRADED,
						request.recover());
				this.registry.whileSubscribed(session, channel, () -> {
					request.reply().accept(result);
					confirmed(session, channel, result.state());
				});
				return result;
			});
		}
		return recover(follower, subscription, ready).handle((result, ex) -> {
			if (result == null) {
				follower.suspect();
				// Unless the session has left meanwhile, and perhaps subscribed anew.
				this.registry.whileSubscribed(session, channel, () -> {
					if (follower.isCurrent(subscription)) {
						withdraw(session, channel);
					}
				});
				throw refusal(ex);
			}
			this.registry.whileSubscribed(session, channel, () -> confirmed(session, channel, result.state()));
			return result;
		});
	}

	private CompletableFuture<Subscribed> recover(LogFollower follower, LogSubscription subscription,
			CompletableFuture<SubscriptionState> followed) {
		CompletableFuture<Subscribed> result = new CompletableFuture<>();
		Position since = subscription.request().since();
		followed.thenCompose((state) -> {
			if (state != SubscriptionState.CONFIRMED) {
				throw new RelayUnavailableException(this.relay.name(), null);
			}
			return read(subscription.session(), follower.channel(), since);
		}).whenComplete((replay, ex) -> {
			try {
				if (ex != null) {
					throw ex;
				}
				subscription.reserved((replay != null) ? replay.reservation() : null);
				result.complete(follower.goLive(subscription, (replay != null) ? replay.page() : null,
						this.recoveryLimit.publications()));
			}
			catch (Throwable failure) {
				result.completeExceptionally(failure);
			}
			finally {
				subscription.reserved(null);
				if (replay != null) {
					// From now on the messages hold it that were made of the page.
					replay.reservation().release();
				}
			}
		});
		return result;
	}

	private CompletableFuture<ReplayReader.@Nullable Replay> read(LocalSession session, String channel,
			@Nullable Position since) {
		return (since != null)
				? this.replays.readAll(session, channel, since, this.recoveryLimit).thenApply((replay) -> replay)
				: CompletableFuture.completedFuture(null);
	}

	private static RequestRefusedException refusal(@Nullable Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		return (cause instanceof RequestRefusedException refusal) ? refusal
				: new RequestRefusedException(ErrorCode.INTERNAL, "the channel's log cannot be reached, try again");
	}

	private void confirmed(LocalSession session, String channel, @Nullable SubscriptionState state) {
		SubscriptionState known = (state != null) ? state : SubscriptionState.DEGRADED;
		this.readyListeners.forEach((listener) -> listener.ready(session, channel, known));
		this.events.publish(new ChannelSubscribed(session, channel, known == SubscriptionState.DEGRADED));
	}

	private CompletableFuture<SubscriptionState> follow(String channel, ChannelOptions options) {
		if (options.scope() == ChannelScope.NODE) {
			return CompletableFuture.completedFuture(SubscriptionState.CONFIRMED);
		}
		Address address = new Address.Channel(channel);
		this.interest.acquire(address);
		CompletableFuture<SubscriptionState> followed = this.interest.ready(address, READY_TIMEOUT)
			.thenApply(this::unlessDown);
		LogFollower follower = options.isRecorded() ? this.followers.find(channel) : null;
		return (follower != null)
				? followed.thenCompose((state) -> whenPlaced(follower, state))
					.completeOnTimeout(SubscriptionState.DEGRADED, READY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
				: followed;
	}

	/**
	 * Until it is known where a log is, what comes may be taken for what came before.
	 */
	private static CompletableFuture<SubscriptionState> whenPlaced(LogFollower follower, SubscriptionState state) {
		return (state == SubscriptionState.CONFIRMED)
				? follower.placed(READY_TIMEOUT)
					.thenApply((placed) -> placed ? SubscriptionState.CONFIRMED : SubscriptionState.DEGRADED)
				: CompletableFuture.completedFuture(state);
	}

	private SubscriptionState unlessDown(SubscriptionState state) {
		// What was confirmed before the broker went away is not heard now.
		return (this.monitor.state() != RelayState.DOWN) ? state : SubscriptionState.DEGRADED;
	}

	private void unfollow(String channel, ChannelOptions options) {
		if (options.scope() == ChannelScope.CLUSTER) {
			this.interest.release(new Address.Channel(channel));
		}
	}

	/**
	 * End a session's subscription to a channel, or one that its door is still to make.
	 * @param session the session
	 * @param channel the channel's name
	 */
	public void unsubscribe(LocalSession session, String channel) {
		this.doors.forEach((door) -> door.unsubscribing(session, channel));
		withdraw(session, channel);
	}

	/**
	 * End a session's subscription to a channel for a door that is to make it anew.
	 * @param session the session
	 * @param channel the channel's name
	 */
	public void withdraw(LocalSession session, String channel) {
		if (this.registry.unsubscribe(session, channel)) {
			left(session, channel);
		}
	}

	private void left(LocalSession session, String channel) {
		this.followers.unsubscribe(channel, session);
		ChannelOptions options = this.catalog.find(channel);
		if (options != null) {
			unfollow(channel, options);
		}
		this.events.publish(new ChannelUnsubscribed(session, channel));
	}

	private static @Nullable Address userOf(LocalSession session) {
		return (session.principal() != null) ? new Address.User(session.principal().getName()) : null;
	}

}
