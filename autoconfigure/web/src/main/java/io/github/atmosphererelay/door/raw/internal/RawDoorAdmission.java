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

package io.github.atmosphererelay.door.raw.internal;

import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.DurableHandshaker;
import io.github.atmosphererelay.door.internal.DurableHandshaker.Wish;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Decides which requests become connections of the raw door, whatever carries them. Runs
 * on threads that serve requests, and may block them.
 */
public final class RawDoorAdmission {

	private final String path;

	private final ChannelCatalog catalog;

	private final ClientMessageReceiver messages;

	private final DurableHandshaker durable;

	RawDoorAdmission(String path, ChannelCatalog catalog, ClientMessageReceiver messages, DurableHandshaker durable) {
		this.path = path;
		this.catalog = catalog;
		this.messages = messages;
		this.durable = durable;
	}

	/**
	 * Read what a request asks for.
	 * @param request the request
	 * @param attributes receives what the door needs for its connection
	 * @return the channel, which exists
	 * @throws RequestRefusedException if the request makes no sense, or there is no such
	 * channel
	 */
	public String read(HttpServletRequest request, Map<String, Object> attributes) {
		RawDoorRequest asked = asked(request);
		if (this.catalog.find(asked.channel()) == null) {
			throw new HandshakeRefusedException(Refusal.UNKNOWN_CHANNEL, "there is no such channel");
		}
		attributes.put(RawDoorInterceptor.REQUEST, asked);
		return asked.channel();
	}

	private RawDoorRequest asked(HttpServletRequest request) {
		try {
			return RawDoorRequest.of(request, this.path);
		}
		catch (IllegalArgumentException ex) {
			throw new HandshakeRefusedException(Refusal.MALFORMED, String.valueOf(ex.getMessage()));
		}
	}

	static RawDoorRequest request(Map<String, Object> attributes) {
		return (RawDoorRequest) Objects.requireNonNull(attributes.get(RawDoorInterceptor.REQUEST));
	}

	/**
	 * Check that a client may subscribe to a channel. Blocks as long as the authorizer
	 * does.
	 * @param proof the proof of the client's identity
	 * @param channel the channel's name
	 * @throws RequestRefusedException if it may not
	 */
	public void authorize(ClientProof proof, String channel) {
		try {
			this.messages.authorizeSubscribe(proof.principal(), null, channel).require();
		}
		catch (RequestRefusedException ex) {
			throw HandshakeRefusedException.ofSubscription(ex);
		}
	}

	/**
	 * Begin the durable session that a request asks for: as the last step, because that
	 * may end the client's former connection. Blocks for the store.
	 * @param request the request
	 * @param response the response to it
	 * @param proof the proof of the client's identity
	 * @param attributes receives the outcome
	 * @throws RequestRefusedException if the session belongs to another user
	 */
	public void begin(HttpServletRequest request, HttpServletResponse response, ClientProof proof,
			Map<String, Object> attributes) {
		RawDoorRequest asked = request(attributes);
		if (asked.durable()) {
			Wish wish = new Wish(asked.channel(), asked.session(), asked.tokenFollows());
			this.durable.begin(request, response, wish, proof.principal(), attributes);
		}
	}

	/**
	 * Begin or continue a durable session for a client that does not ask for it, and is
	 * not told. Blocks for the store.
	 * @param token the session's token, or {@code null} for a new one
	 * @param proof the proof of the client's identity
	 * @param attributes those that {@link #read} has filled; receives the outcome
	 * @return the session's token, or {@code null} if there is no such session
	 */
	public @Nullable String beginQuietly(@Nullable String token, ClientProof proof, Map<String, Object> attributes) {
		return this.durable.beginQuietly(token, proof.principal(), request(attributes).channel(), attributes);
	}

	/**
	 * Have a connection begin after a position of its channel.
	 * @param attributes those that {@link #read} has filled
	 * @param position the position
	 */
	public void resume(Map<String, Object> attributes, Position position) {
		attributes.put(RawDoorInterceptor.REQUEST, request(attributes).after(position));
	}

	/**
	 * Return whether a channel has a log, so that subscriptions begin at positions.
	 * @param channel the channel's name
	 * @return whether it exists and is recorded
	 */
	public boolean isRecorded(String channel) {
		ChannelOptions options = this.catalog.find(channel);
		return options != null && options.isRecorded();
	}

	/**
	 * Return what the client says of itself.
	 * @param attributes those that {@link #read} has filled
	 * @return what it says
	 */
	public AtmosphereParameters parameters(Map<String, Object> attributes) {
		return request(attributes).atmosphere();
	}

}
