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

package io.github.atmosphererelay.subscription.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.event.ChannelSubscribed;
import io.github.atmosphererelay.event.ChannelUnsubscribed;
import io.github.atmosphererelay.event.SessionConnected;
import io.github.atmosphererelay.event.SessionDisconnected;
import io.github.atmosphererelay.event.internal.EventDispatcher;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.ChannelLimitException;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.subscription.InitialChannels;
import io.github.atmosphererelay.subscription.log.internal.LogFollower;
import io.github.atmosphererelay.subscription.log.internal.LogFollowerRegistry;
import io.github.atmosphererelay.subscription.log.internal.LogSubscription;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Connects, subscribes and disconnects sessions for the doors. Keeps the registry, the
 * subscriptions at the relay and the application events consistent with each other. No
 * method blocks, except {@link #initialChannels}.
 */
public final class Subscriptions {

	private static final Log logger = LogFactory.getLog(Subscriptions.class);

	private static final Duration READY_TIMEOUT = Duration.ofSeconds(2);

	private static final Runnable NOTHING = () -> {
	};

	private final SessionRegistry registry;

	private final ChannelCatalog catalog;

	private final Interest interest;

	private final LogFollowerRegistry followers;

	private final ClusterRelay relay;

	private final RelayMonitor monitor;

	private final EventDispatcher events;

	private final ClientContext context;

	private final int channelsPerSession;

	private final PageLimit recoveryLimit;

	private final ReplayReader replays;

	private final RateLimitedLog initialLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final Supplier<@Nullable InitialChannels> initialSource;

	private volatile InitialChannels initialChannels = (session) -> List.of();

	public Subscriptions(SessionRegistry registry, ChannelCatalog catalog, Interest interest,
			LogFollowerRegistry followers, ClusterRelay relay, RelayMonitor monitor, EventDispatcher events,
			int channelsPerSession, PageLimit recoveryLimit, ClientContext context, ReplayReader replays,
			Supplier<@Nullable InitialChannels> initialChannels) {
		this.initialSource = initialChannels;
		this.context = context;
		this.registry = registry;
		this.catalog = catalog;
		this.interest = interest;
		this.followers = followers;
		this.relay = relay;
		this.monitor = monitor;
		this.events = events;
		this.channelsPerSession = channelsPerSession;
		this.recoveryLimit = recoveryLimit;
		this.replays = replays;
	}

	/**
	 * Look up the application's {@link InitialChannels}, so that an error in its bean
	 * fails the start and not the first connection.
	 */
	public void start() {
		InitialChannels found = this.initialSource.get();
		if (found != null) {
			this.initialChannels = found;
		}
	}

	/**
	 * Let sessions in from now on, because the relay has been started.
	 */
	public void open() {
		this.stopped = false;
	}

	/**
	 * Disconnect all remaining sessions, and those that connect before the next start.
	 * The counts of followed addresses are forgotten when the node stops. A session that
	 * ended after the next start would decrement counts that belong to other sessions by
	 * then.
	 */
	public void stop() {
		// First: a session is found below, or finds it itself when it is let in.
		this.stopped = true;
		Guard guard = this.monitor.guards().of(Part.SHUTDOWN);
		this.registry.forEach((session) -> guard.run(() -> seeOut(session)));
	}

	private volatile boolean stopped;

	private static void seeOut(LocalSession session) {
		session.terminate(CloseReason.GOING_AWAY);
		session.ended(CloseReason.GOING_AWAY.code(), CloseReason.GOING_AWAY.text());
	}

	/**
	 * Return the channels to which a session is subscribed when it connects, before its
	 * client receives anything. Blocks as long as the application's
	 * {@link InitialChannels} does.
	 * @param session the session
	 * @return the names of channels that exist, each once
	 * @throws RequestRefusedException if the application has failed, or refuses the
	 * client
	 */
	public List<String> initialChannels(LocalSession session) {
		Collection<String> wanted;
		try {
			InitialChannels channels = this.initialChannels;
			wanted = this.context.call(session.principal(), () -> List.copyOf(channels.channels(session)));
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
	 * Register a session that has connected. While the node is stopped the session is
	 * ended instead.
	 * @param session the session
	 */
	public void connected(LocalSession session) {
		if (this.stopped) {
			seeOut(session);
			return;
		}
		Address user = userOf(session);
		if (user != null) {
			this.interest.acquire(user);
		}
		// In one step, so that SessionDisconnected is never published before
		// SessionConnected
		synchronized (session) {
			this.registry.add(session);
			this.events.publish(new SessionConnected(session));
		}
		if (this.stopped) {
			seeOut(session);
		}
		this.registry.closeIfDisconnected(session);
		DisconnectReason end = session.end();
		if (end != null) {
			// It ended while it was being registered, and may not have been found then
			disconnected(session, end);
		}
	}

	/**
	 * Remove a session that has ended. Further calls for the same session do nothing.
	 * @param session the session
	 * @param reason why it ended
	 */
	public void disconnected(LocalSession session, DisconnectReason reason) {
		List<Subscription> ended = remove(session);
		if (ended == null) {
			return;
		}
		ended.forEach(this::left);
		Address user = userOf(session);
		if (user != null) {
			this.interest.release(user);
		}
		this.events.publish(new SessionDisconnected(session, reason));
	}

	private @Nullable List<Subscription> remove(LocalSession session) {
		synchronized (session) {
			return session.<@Nullable List<Subscription>>whileUnchanged(() -> {
				List<Subscription> ended = this.registry.remove(session);
				if (ended != null) {
					ended.forEach(this::publishEnd);
				}
				return ended;
			});
		}
	}

	/**
	 * Subscribe a session to a channel, although its client has not asked for it. The
	 * session's door may have its own way to do so, see
	 * {@link LocalSession#subscriber()}. Usually the session receives messages of this
	 * node from now on, and messages of other nodes after the relay has confirmed.
	 * @param session the session
	 * @param channel the channel's name
	 * @return completes when the relay has confirmed, or after 2 seconds as degraded
	 * @throws UnknownChannelException if no pattern covers the name
	 * @throws RequestRefusedException if the session is already subscribed to the maximum
	 * number of channels
	 */
	public CompletableFuture<SubscriptionState> subscribe(LocalSession session, String channel) {
		this.catalog.get(channel);
		CompletableFuture<SubscriptionState> own = session.subscriber().subscribe(channel);
		return (own != null) ? own : subscribe(session, channel, session.subscriber().listener(channel));
	}

	/**
	 * Subscribe a session to a channel in the usual way, without asking its
	 * {@linkplain LocalSession#subscriber() subscriber}. For doors, which know what their
	 * clients are told. Does nothing if the session is already subscribed.
	 * @param session the session
	 * @param channel the channel's name
	 * @param listener is notified of this subscription alone, and may throw
	 * {@link RequestRefusedException} to prevent it
	 * @return completes when the relay has confirmed, or after 2 seconds as degraded
	 * @throws UnknownChannelException if no pattern covers the name
	 * @throws RequestRefusedException if the session is already subscribed to the maximum
	 * number of channels, or the listener refuses
	 */
	public CompletableFuture<SubscriptionState> subscribe(LocalSession session, String channel,
			SubscriptionListener listener) {
		ChannelOptions options = this.catalog.get(channel);
		CompletableFuture<SubscriptionState> ready = follow(channel, options);
		Subscription subscription = new Subscription(session, channel, listener, null);
		if (!add(subscription, options)) {
			return ready;
		}
		// While held, so that this event is never published after that of the
		// unsubscription
		return ready.whenComplete((state, ex) -> subscription.whileHeld(() -> live(subscription, state)));
	}

	/**
	 * Subscribe a session to a channel at its client's request, and answer the client
	 * before any message of the channel is queued for it. In a recorded channel a client
	 * that recovers gets either all messages that it has missed or none of them. After
	 * that it gets every message once, in the order of the log.
	 * @param session the session
	 * @param channel the channel's name
	 * @param request what the client asks for
	 * @return completes after the answer; fails with {@link RequestRefusedException}, and
	 * then the session is not subscribed: with a temporary code while a recorded channel
	 * cannot be read
	 * @throws UnknownChannelException if no pattern covers the name
	 * @throws RequestRefusedException if the session is already subscribed to the
	 * channel, or to the maximum number of channels
	 */
	public CompletableFuture<Subscribed> subscribe(LocalSession session, String channel, SubscribeRequest request) {
		ChannelOptions options = this.catalog.get(channel);
		if (session.isIn(channel)) {
			// Checked before the relay is called
			throw alreadySubscribed();
		}
		CompletableFuture<SubscriptionState> ready = follow(channel, options);
		LogFollower follower = options.isRecorded() ? this.followers.find(channel) : null;
		LogSubscription log = (follower != null) ? follower.subscribe(session, request, options) : null;
		Subscription subscription = new Subscription(session, channel, request.subscriber(), log);
		boolean added = false;
		try {
			added = add(subscription, options);
		}
		finally {
			if (!added && follower != null && log != null) {
				follower.unsubscribe(log);
			}
		}
		if (!added) {
			throw alreadySubscribed();
		}
		if (follower == null || log == null) {
			return ready.exceptionally((ex) -> SubscriptionState.DEGRADED)
				.thenApply((state) -> answer(subscription, request, state))
				.whenComplete((result, ex) -> {
					if (ex != null) {
						if (Failures.unwrap(ex) instanceof RequestRefusedException refusal) {
							request.subscriber().refused(refusal);
						}
						withdraw(subscription);
					}
				});
		}
		return recover(follower, subscription, log, ready).handle((result, ex) -> {
			if (result == null) {
				RequestRefusedException refusal = refusal(ex);
				follower.suspect();
				request.subscriber().refused(refusal);
				withdraw(subscription);
				throw refusal;
			}
			subscription.whileHeld(() -> live(subscription, result.state()));
			return result;
		});
	}

	/**
	 * Answer the client of an ephemeral channel, and then let it have the messages that
	 * were held for it.
	 */
	private Subscribed answer(Subscription subscription, SubscribeRequest request, SubscriptionState state) {
		Subscribed result = Subscribed.ephemeral(state, request.recover());
		subscription.whileHeld(() -> {
			request.subscriber().answer(result);
			subscription.told();
			live(subscription, state);
		});
		return result;
	}

	/**
	 * Add a subscription whose channel's address was acquired. If it is not added,
	 * release the address.
	 * @return whether it was added; {@code false} if the session is in the channel
	 */
	private boolean add(Subscription subscription, ChannelOptions options) {
		boolean added = false;
		try {
			// After the address was acquired, so that an end of the session always
			// releases an acquired address
			added = this.registry.add(subscription, this.channelsPerSession);
		}
		catch (ChannelLimitException ex) {
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, String.valueOf(ex.getMessage()));
		}
		finally {
			if (!added) {
				unfollow(subscription.channel(), options);
			}
		}
		if (added && subscription.session().isEnded()) {
			// The session ended while it was being subscribed, and nothing else would
			// remove the subscription
			withdraw(subscription);
		}
		return added;
	}

	private static RequestRefusedException alreadySubscribed() {
		return new RequestRefusedException(ErrorCode.ALREADY_SUBSCRIBED, ErrorCode.ALREADY_SUBSCRIBED.text());
	}

	private CompletableFuture<Subscribed> recover(LogFollower follower, Subscription subscription, LogSubscription log,
			CompletableFuture<SubscriptionState> followed) {
		CompletableFuture<Subscribed> result = new CompletableFuture<>();
		followed.thenCompose((state) -> {
			if (state != SubscriptionState.CONFIRMED) {
				throw new RelayUnavailableException(this.relay.name(), null);
			}
			subscription.recovering();
			return read(subscription.session(), follower.channel(), since(log.request(), follower));
		}).thenCompose((replay) -> withSnapshot(follower, replay)).whenComplete((begin, ex) -> {
			ReplayReader.Replay replay = (begin != null) ? begin.replay() : null;
			try {
				if (begin == null) {
					throw (ex != null) ? ex : hasEnded();
				}
				log.reserved((replay != null) ? replay.reservation() : null);
				result.complete(
						goLive(follower, subscription, log, (replay != null) ? replay.page() : null, begin.snapshot()));
			}
			catch (Throwable failure) {
				result.completeExceptionally(failure);
			}
			finally {
				log.reserved(null);
				if (replay != null) {
					// From now on the messages of the page hold the reservation
					replay.reservation().release();
				}
			}
		});
		return result;
	}

	/**
	 * Read the current value, too, if the client gets nothing that it has missed.
	 */
	private CompletableFuture<Begin> withSnapshot(LogFollower follower, ReplayReader.@Nullable Replay replay) {
		LogPage page = (replay != null) ? replay.page() : null;
		boolean recovered = page != null && page.complete() && !page.more()
				&& page.publications().size() <= this.recoveryLimit.publications();
		CompletableFuture<LogPage> snapshot = recovered ? null : follower.snapshot();
		if (snapshot == null) {
			return CompletableFuture.completedFuture(new Begin(replay, null));
		}
		return snapshot.thenApply((value) -> new Begin(replay, value)).whenComplete((begin, ex) -> {
			if (begin == null && replay != null) {
				replay.reservation().release();
			}
		});
	}

	/**
	 * Answer the client, in order with the end of the subscription. The lock of the
	 * session's subscriptions comes before that of the follower.
	 */
	private Subscribed goLive(LogFollower follower, Subscription subscription, LogSubscription log,
			@Nullable LogPage page, @Nullable LogPage snapshot) {
		Subscribed answer = subscription.session()
			.<@Nullable Subscribed>whileUnchanged(() -> (subscription.phase() != Subscription.Phase.ENDED)
					? follower.goLive(log, page, this.recoveryLimit.publications(), snapshot) : null);
		if (answer == null) {
			throw hasEnded();
		}
		return answer;
	}

	private static RequestRefusedException hasEnded() {
		return new RequestRefusedException(ErrorCode.INTERNAL, "the subscription has ended, try again");
	}

	private static @Nullable Position since(SubscribeRequest request, LogFollower follower) {
		Long offset = request.offset();
		if (offset == null) {
			return request.since();
		}
		Position delivered = follower.delivered();
		if (delivered == null) {
			throw hasEnded();
		}
		return new Position(delivered.epoch(), offset);
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

	private void live(Subscription subscription, @Nullable SubscriptionState state) {
		SubscriptionState known = (state != null) ? state : SubscriptionState.DEGRADED;
		subscription.live();
		this.registry.ready(subscription, known);
		this.events.publish(new ChannelSubscribed(subscription.session(), subscription.channel(),
				known == SubscriptionState.DEGRADED));
	}

	private CompletableFuture<SubscriptionState> follow(String channel, ChannelOptions options) {
		if (options.scope() == ChannelScope.NODE) {
			return CompletableFuture.completedFuture(SubscriptionState.CONFIRMED);
		}
		Address address = new Address.Channel(channel);
		this.interest.acquire(address);
		CompletableFuture<SubscriptionState> followed = this.interest.ready(address, READY_TIMEOUT)
			.thenApply((state) -> unlessDown(state, options.source()));
		LogFollower follower = options.isRecorded() ? this.followers.find(channel) : null;
		return (follower != null)
				? followed.thenCompose((state) -> whenPlaced(follower, state))
					.completeOnTimeout(SubscriptionState.DEGRADED, READY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
				: followed;
	}

	/**
	 * Wait until the node knows the log's end. Until then, a new message could be taken
	 * for one from before the subscription.
	 */
	private static CompletableFuture<SubscriptionState> whenPlaced(LogFollower follower, SubscriptionState state) {
		return (state == SubscriptionState.CONFIRMED)
				? follower.placed(READY_TIMEOUT)
					.thenApply((placed) -> placed ? SubscriptionState.CONFIRMED : SubscriptionState.DEGRADED)
				: CompletableFuture.completedFuture(state);
	}

	private SubscriptionState unlessDown(SubscriptionState state, @Nullable ChannelSource source) {
		// A confirmed subscription receives nothing from other nodes while the broker is
		// unreachable
		boolean down = (source != null) ? !source.isUp() : this.monitor.state() == RelayState.DOWN;
		return down ? SubscriptionState.DEGRADED : state;
	}

	private void unfollow(String channel, ChannelOptions options) {
		if (options.scope() == ChannelScope.CLUSTER) {
			this.interest.release(new Address.Channel(channel));
		}
	}

	/**
	 * End a session's subscription to a channel, also one that has not begun yet.
	 * @param session the session
	 * @param channel the channel's name
	 */
	public void unsubscribe(LocalSession session, String channel) {
		unsubscribe(session, channel, NOTHING, NOTHING);
	}

	/**
	 * End a session's subscription to a channel, and queue what its client is told of the
	 * end in the same step. So the client reads this before anything that tells it of a
	 * later subscription to the channel.
	 * @param session the session
	 * @param channel the channel's name
	 * @param before called before the subscription ends
	 * @param after called after that, also if there is no subscription. Neither may block
	 */
	public void unsubscribe(LocalSession session, String channel, Runnable before, Runnable after) {
		AtomicReference<@Nullable Subscription> ended = new AtomicReference<>();
		try {
			session.whileUnchanged(() -> {
				before.run();
				session.subscriber().giveUp(channel);
				Subscription subscription = session.subscription(channel);
				if (subscription != null && remove(subscription)) {
					ended.set(subscription);
				}
				after.run();
				return true;
			});
		}
		finally {
			Subscription subscription = ended.get();
			if (subscription != null) {
				left(subscription);
			}
		}
	}

	/**
	 * End a subscription if it has not ended yet. A later subscription of the session to
	 * the same channel stays.
	 * @param subscription the subscription
	 */
	public void withdraw(Subscription subscription) {
		if (remove(subscription)) {
			left(subscription);
		}
	}

	/**
	 * Remove a subscription, and publish the event in the same step, so that it comes
	 * before that of a later subscription.
	 */
	private boolean remove(Subscription subscription) {
		return subscription.session().whileUnchanged(() -> {
			boolean removed = this.registry.remove(subscription);
			if (removed) {
				publishEnd(subscription);
			}
			return removed;
		});
	}

	private void publishEnd(Subscription subscription) {
		this.events.publish(new ChannelUnsubscribed(subscription.session(), subscription.channel()));
	}

	private void left(Subscription subscription) {
		this.followers.unsubscribe(subscription);
		String channel = subscription.channel();
		ChannelOptions options = this.catalog.find(channel);
		if (options != null) {
			unfollow(channel, options);
		}
	}

	private static @Nullable Address userOf(LocalSession session) {
		return (session.principal() != null) ? new Address.User(session.principal().getName()) : null;
	}

	/**
	 * What a client gets first.
	 *
	 * @param replay what it has missed, or {@code null} if it does not recover
	 * @param snapshot the current value, or {@code null}
	 */
	private record Begin(ReplayReader.@Nullable Replay replay, @Nullable LogPage snapshot) {
	}

}
