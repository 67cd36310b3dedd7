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

package io.github.atmosphererelay.delivery.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.BucketMessages;
import org.jspecify.annotations.Nullable;

/**
 * The taps of this node by channel. For any thread; no method blocks. A tap that fails
 * affects neither the sessions nor other taps.
 */
public final class ChannelTaps {

	private final Map<String, List<ChannelTap>> taps = new ConcurrentHashMap<>();

	private final List<PatternTap> patterns = new CopyOnWriteArrayList<>();

	private final Guard guard;

	/**
	 * Create an empty set of taps.
	 * @param guard counts the failures of taps
	 */
	public ChannelTaps(Guard guard) {
		this.guard = guard;
	}

	/**
	 * Add a tap. It gets what is delivered from now on.
	 * @param channel the channel's name
	 * @param tap the tap
	 */
	public void add(String channel, ChannelTap tap) {
		this.taps.compute(channel, (same, present) -> {
			List<ChannelTap> taps = (present != null) ? new ArrayList<>(present) : new ArrayList<>(1);
			taps.add(tap);
			return List.copyOf(taps);
		});
	}

	/**
	 * Remove a tap. A call that has begun may still be under way.
	 * @param channel the channel's name
	 * @param tap the tap
	 */
	public void remove(String channel, ChannelTap tap) {
		this.taps.computeIfPresent(channel, (same, present) -> {
			List<ChannelTap> taps = new ArrayList<>(present);
			taps.remove(tap);
			return taps.isEmpty() ? null : List.copyOf(taps);
		});
	}

	/**
	 * Add a tap for a pattern. It gets what is published from now on.
	 * @param tap the tap
	 */
	public void add(PatternTap tap) {
		this.patterns.add(tap);
	}

	/**
	 * Remove a tap for a pattern. A call that has begun may still be under way.
	 * @param tap the tap
	 */
	public void remove(PatternTap tap) {
		this.patterns.remove(tap);
	}

	/**
	 * Return the number of channels that have taps.
	 * @return the number of channels
	 */
	public int channels() {
		return this.taps.size();
	}

	void published(Envelope envelope, String channel) {
		List<ChannelTap> taps = of(channel);
		if (!taps.isEmpty()) {
			Publication publication = new Publication(envelope.id(), envelope.origin(), channel, envelope.time(),
					envelope.headers(), envelope.payload(), null, envelope.audience().exceptSession());
			each(taps, (tap) -> tap.published(publication));
		}
	}

	/**
	 * A message of this node to an ephemeral channel is delivered.
	 */
	void publishedHere(Envelope envelope, String channel) {
		if (!this.patterns.isEmpty()) {
			Publication publication = new Publication(envelope.id(), envelope.origin(), channel, envelope.time(),
					envelope.headers(), envelope.payload(), null, envelope.audience().exceptSession());
			eachPattern(channel, (tap) -> tap.published(publication));
		}
	}

	/**
	 * A message of this node is in the log of a recorded channel, or may be.
	 * @param channel the channel's name
	 * @param position its position, or {@code null} if it is not known
	 * @param more whether the log may have later messages that are not announced
	 */
	public void announcedHere(String channel, @Nullable Position position, boolean more) {
		eachPattern(channel, (tap) -> tap.announced(channel, position, more));
	}

	/**
	 * An envelope of another node has arrived in a bucket of channels. One that names no
	 * channel is ignored.
	 * @param envelope the envelope
	 */
	public void bucket(Envelope envelope) {
		String channel = BucketMessages.channel(envelope);
		if (channel == null || !(envelope.address() instanceof Address.Bucket bucket)) {
			return;
		}
		if (bucket.name().equals(BucketMessages.CHANNELS)) {
			eachPattern(channel, (tap) -> tap.published(BucketMessages.publication(envelope, channel)));
		}
		else {
			Position position = BucketMessages.position(envelope);
			boolean more = BucketMessages.hasMore(envelope) || position == null;
			eachPattern(channel, (tap) -> tap.announced(channel, position, more));
		}
	}

	private void eachPattern(String channel, Consumer<PatternTap> call) {
		for (PatternTap tap : this.patterns) {
			this.guard.run(() -> {
				if (tap.covers(channel)) {
					call.accept(tap);
				}
			});
		}
	}

	/**
	 * The node has a connection to the broker again. What was announced meanwhile may
	 * have been missed.
	 */
	public void connected() {
		for (PatternTap tap : this.patterns) {
			this.guard.run(() -> tap.announcementsMissed(null));
		}
	}

	/**
	 * Another node has left the cluster. Perhaps it could not announce what it had
	 * recorded.
	 */
	public void nodeLeft() {
		for (PatternTap tap : this.patterns) {
			this.guard.run(tap::nodeLeft);
		}
	}

	private void missed(Address.Bucket bucket, Consumer<PatternTap> announcements) {
		for (PatternTap tap : this.patterns) {
			this.guard.run(() -> {
				if (bucket.name().equals(BucketMessages.CHANNELS)) {
					tap.missed();
				}
				else if (bucket.name().equals(BucketMessages.LOGS)) {
					announcements.accept(tap);
				}
			});
		}
	}

	void published(Publication publication) {
		each(of(publication.channel()), (tap) -> tap.published(publication));
	}

	/**
	 * Tell that envelopes have not arrived in their sequence.
	 * @param envelope the envelope that has arrived instead
	 * @param number the number of missing envelopes
	 * @param since how long ago the last envelope before them arrived
	 */
	public void missed(Envelope envelope, long number, Duration since) {
		if (envelope.audience() instanceof Audience.Channel channel) {
			each(of(channel.channel()), (tap) -> tap.missed(number));
		}
		else if (envelope.address() instanceof Address.Bucket bucket) {
			missed(bucket, (tap) -> tap.announcementsMissed(bucket, envelope.origin(), since));
		}
	}

	/**
	 * Tell that envelopes to an address may not have arrived.
	 * @param address the address
	 */
	public void gap(Address address) {
		if (address instanceof Address.Channel channel) {
			each(of(channel.channel()), (tap) -> tap.missed(Discontinuity.UNKNOWN));
		}
		else if (address instanceof Address.Bucket bucket) {
			missed(bucket, (tap) -> tap.announcementsMissed(bucket));
		}
	}

	void moved(String channel) {
		each(of(channel), ChannelTap::moved);
	}

	void lost(String channel) {
		each(of(channel), ChannelTap::lost);
	}

	private List<ChannelTap> of(String channel) {
		return this.taps.getOrDefault(channel, List.of());
	}

	private void each(List<ChannelTap> taps, Consumer<ChannelTap> call) {
		for (ChannelTap tap : taps) {
			this.guard.run(() -> call.accept(tap));
		}
	}

}
