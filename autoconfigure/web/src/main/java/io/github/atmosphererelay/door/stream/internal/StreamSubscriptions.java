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

package io.github.atmosphererelay.door.stream.internal;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionSubscriber;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions that one stream has asked for. A channel that both the client and the
 * application ask for is subscribed to once, in the client's way. Only subscriptions that
 * have not begun are kept here; the session knows the others. For any thread.
 */
final class StreamSubscriptions implements SessionSubscriber {

	private final StreamDoor door;

	private final LocalSession session;

	private final DoorFraming framing;

	/** The channels whose members the client may see, and wants to. */
	private final Set<String> watched;

	private final Map<String, StreamSubscription> pending = new ConcurrentHashMap<>(2);

	StreamSubscriptions(StreamDoor door, LocalSession session, StreamRequest request, DoorFraming framing,
			Set<String> watched) {
		this.door = door;
		this.session = session;
		this.framing = framing;
		this.watched = watched;
		// A channel without a position in an id that has others has missed nothing
		boolean everywhere = request.recovering() && request.since().isEmpty();
		for (String channel : request.channels()) {
			Position since = request.since().get(channel);
			boolean recovering = everywhere || (request.recovering() && since != null);
			this.pending.put(channel, new StreamSubscription(this, channel, recovering, since));
		}
	}

	/**
	 * Subscribe the session to the channels that its client has asked for. Called once,
	 * after the session was registered.
	 */
	void begin() {
		for (StreamSubscription each : List.copyOf(this.pending.values())) {
			if (this.session.isOpen()) {
				each.begin();
			}
		}
	}

	StreamDoor door() {
		return this.door;
	}

	LocalSession session() {
		return this.session;
	}

	DoorFraming framing() {
		return this.framing;
	}

	void remove(StreamSubscription subscription) {
		this.pending.remove(subscription.channel(), subscription);
	}

	void watchPresence(String channel) {
		if (this.watched.contains(channel)) {
			this.door.presence().watch(this.session, channel);
		}
	}

	@Override
	public @Nullable CompletableFuture<SubscriptionState> subscribe(String channel) {
		StreamSubscription pending = this.pending.get(channel);
		return (pending != null) ? pending.first() : null;
	}

	@Override
	public void giveUp(String channel) {
		StreamSubscription pending = this.pending.remove(channel);
		if (pending != null) {
			pending.giveUp();
		}
	}

}
