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

package io.github.atmosphererelay.websocket.centrifuge;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.EnvelopeFormatException;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.local.LocalRelay;
import org.jspecify.annotations.Nullable;

/**
 * The local relay, but its logs can be made to begin another life, as those of a broker
 * do that was flushed, and be slow to read or not readable at all.
 */
final class ForgetfulRelay implements ClusterRelay {

	private final LocalRelay local = new LocalRelay();

	private volatile int life = 1;

	private volatile CompletableFuture<@Nullable Void> readable = CompletableFuture.completedFuture(null);

	/**
	 * Have whoever reads a log from now on wait for this, and fail if it does.
	 */
	void readWhen(CompletableFuture<@Nullable Void> readable) {
		this.readable = readable;
	}

	void forget() {
		this.life++;
	}

	private Position told(Position position) {
		return new Position(this.life + ":" + position.epoch(), position.offset());
	}

	private Publication told(Publication each) {
		return new Publication(each.id(), each.origin(), each.channel(), each.time(), each.headers(), each.payload(),
				(each.position() != null) ? told(each.position()) : null);
	}

	private @Nullable Position asked(@Nullable Position position) {
		String begin = this.life + ":";
		return (position != null && position.epoch().startsWith(begin))
				? new Position(position.epoch().substring(begin.length()), position.offset()) : position;
	}

	@Override
	public String name() {
		return "forgetful";
	}

	@Override
	public void start(RelayListener listener) {
		this.local.start(new RelayListener() {

			@Override
			public void received(Envelope envelope, @Nullable Position position) {
				listener.received(envelope, (position != null) ? told(position) : null);
			}

			@Override
			public void rejected(EnvelopeFormatException.Reason reason) {
				listener.rejected(reason);
			}

			@Override
			public void gap(Address address) {
				listener.gap(address);
			}

			@Override
			public void connectionChanged(boolean connected) {
				listener.connectionChanged(connected);
			}

		});
	}

	@Override
	public void stop() {
		this.local.stop();
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		return this.local.publish(envelope);
	}

	@Override
	public CompletableFuture<@Nullable Position> subscribe(Address address) {
		return this.local.subscribe(address);
	}

	@Override
	public void unsubscribe(Address address) {
		this.local.unsubscribe(address);
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, int limit,
			ReadDirection direction) {
		return this.readable.thenCompose((now) -> this.local.read(channel, asked(since), limit, direction))
			.thenApply((page) -> new LogPage(page.publications().stream().map(this::told).toList(), told(page.end()),
					page.complete()));
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return this.local.position(channel).thenApply(this::told);
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return this.local.capabilities();
	}

}
