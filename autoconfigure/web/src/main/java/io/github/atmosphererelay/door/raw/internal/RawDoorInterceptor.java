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

import java.security.Principal;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.door.internal.AdmissionChecker;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.DoorInterceptor;
import io.github.atmosphererelay.door.internal.DurableHandshaker;
import io.github.atmosphererelay.door.internal.DurableHandshaker.Wish;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.RefusalResponder;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Decides at the handshake who comes in at the raw door. A refusal is an HTTP status with
 * the reason in its body, before any WebSocket exists.
 */
final class RawDoorInterceptor extends DoorInterceptor {

	static final String REQUEST = RawDoorRequest.class.getName();

	/** The attribute with the principal of a handshake whose token follows. */
	static final String HANDSHAKE_PRINCIPAL = RawDoorInterceptor.class.getName() + ".PRINCIPAL";

	private final String path;

	private final ChannelCatalog catalog;

	private final ClientMessageReceiver messages;

	private final TokenChecker tokens;

	private final DurableHandshaker durable;

	RawDoorInterceptor(AdmissionChecker checks, RefusalResponder refusals, String path, ChannelCatalog catalog,
			ClientMessageReceiver messages, TokenChecker tokens, DurableHandshaker durable) {
		super(checks, refusals);
		this.path = path;
		this.catalog = catalog;
		this.messages = messages;
		this.tokens = tokens;
		this.durable = durable;
	}

	@Override
	protected ClientProof admit(HttpServletRequest request, Map<String, Object> attributes) {
		RawDoorRequest asked = asked(request);
		if (this.catalog.find(asked.channel()) == null) {
			throw new HandshakeRefusedException(Refusal.UNKNOWN_CHANNEL, "there is no such channel");
		}
		checks().checkAddress(request);
		attributes.put(REQUEST, asked);
		if (asked.tokenFollows()) {
			return awaitToken(request, attributes);
		}
		ClientProof proof = authenticate(request);
		authorize(proof.principal(), asked.channel());
		return proof;
	}

	/**
	 * Let a client in whose first frame will say who it is. The rest is decided then.
	 */
	private ClientProof awaitToken(HttpServletRequest request, Map<String, Object> attributes) {
		if (!this.tokens.isEnabled()) {
			throw new HandshakeRefusedException(Refusal.MALFORMED, "this node takes no tokens");
		}
		checks().checkName(request);
		Principal principal = request.getUserPrincipal();
		if (principal != null) {
			attributes.put(HANDSHAKE_PRINCIPAL, principal);
		}
		return ClientProof.nothing();
	}

	private void authorize(@Nullable Principal principal, String channel) {
		try {
			this.messages.authorizeSubscribe(principal, null, channel).require();
		}
		catch (RequestRefusedException ex) {
			throw HandshakeRefusedException.ofSubscription(ex);
		}
	}

	/**
	 * Begin a durable session: not earlier, because it may end the client's former
	 * connection.
	 */
	@Override
	protected void admitted(HttpServletRequest request, HttpServletResponse response, ClientProof proof,
			Map<String, Object> attributes) {
		RawDoorRequest asked = (RawDoorRequest) Objects.requireNonNull(attributes.get(REQUEST));
		if (asked.durable()) {
			Wish wish = new Wish(asked.channel(), asked.session(), asked.tokenFollows());
			this.durable.begin(request, response, wish, proof.principal(), attributes);
		}
	}

	private RawDoorRequest asked(HttpServletRequest request) {
		try {
			return RawDoorRequest.of(request, this.path);
		}
		catch (IllegalArgumentException ex) {
			throw new HandshakeRefusedException(Refusal.MALFORMED, String.valueOf(ex.getMessage()));
		}
	}

}
