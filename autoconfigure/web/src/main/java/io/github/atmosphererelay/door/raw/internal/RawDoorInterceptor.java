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

import io.github.atmosphererelay.door.internal.AdmissionChecker;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.DoorInterceptor;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.RefusalResponder;
import io.github.atmosphererelay.door.internal.TokenChecker;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * Decides at the handshake who comes in at the raw door. A refusal is an HTTP status with
 * the reason in its body, before any WebSocket exists.
 */
final class RawDoorInterceptor extends DoorInterceptor {

	static final String REQUEST = RawDoorRequest.class.getName();

	/** The attribute with the principal of a handshake whose token follows. */
	static final String HANDSHAKE_PRINCIPAL = RawDoorInterceptor.class.getName() + ".PRINCIPAL";

	private final RawDoorAdmission admission;

	private final TokenChecker tokens;

	RawDoorInterceptor(AdmissionChecker checks, RefusalResponder refusals, RawDoorAdmission admission,
			TokenChecker tokens) {
		super(checks, refusals);
		this.admission = admission;
		this.tokens = tokens;
	}

	@Override
	protected ClientProof admit(HttpServletRequest request, Map<String, Object> attributes) {
		String channel = this.admission.read(request, attributes);
		checks().checkAddress(request);
		if (RawDoorAdmission.request(attributes).tokenFollows()) {
			return awaitToken(request, attributes);
		}
		ClientProof proof = authenticate(request);
		this.admission.authorize(proof, channel);
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

	/**
	 * Begin a durable session: not earlier, because it may end the client's former
	 * connection.
	 */
	@Override
	protected void admitted(HttpServletRequest request, HttpServletResponse response, ClientProof proof,
			Map<String, Object> attributes) {
		this.admission.begin(request, response, proof, attributes);
	}

}
