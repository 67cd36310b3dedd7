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

package io.github.atmosphererelay.door.internal;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionTransport;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a door has accepted, until it becomes a session or is gone. Safe for
 * use by many threads; nothing blocks.
 */
public final class Arrival {

	private final Reception reception;

	private final SessionTransport transport;

	private final Admission admission;

	private @Nullable ClientProof proof;

	private final @Nullable InetSocketAddress remoteAddress;

	private final Map<String, Object> attributes;

	/**
	 * Create an arrival.
	 * @param reception creates the session
	 * @param transport writes to the connection
	 * @param admission the connection's share of the limits, which is released when the
	 * connection ends
	 * @param proof the proof of the client's identity that the request contained
	 * @param remoteAddress the client's address, or {@code null} if it is not known
	 * @param attributes attributes that the door has stored during the handshake
	 */
	public Arrival(Reception reception, SessionTransport transport, Admission admission, ClientProof proof,
			@Nullable InetSocketAddress remoteAddress, Map<String, Object> attributes) {
		this.reception = reception;
		this.transport = transport;
		this.admission = admission;
		this.proof = proof;
		this.remoteAddress = remoteAddress;
		this.attributes = attributes;
	}

	/**
	 * Return the transport that writes to the connection.
	 * @return the connection's one transport
	 */
	public SessionTransport transport() {
		return this.transport;
	}

	/**
	 * Return the connection's share of the limits.
	 * @return the share, which {@link #refuse}, {@link #gone} or the session's end
	 * releases
	 */
	public Admission admission() {
		return this.admission;
	}

	/**
	 * Return the proof that the request contained, and forget it: most connections keep
	 * nothing else of the request. May be called once.
	 * @return the proof, which is empty if the client has yet to authenticate
	 */
	public synchronized ClientProof takeProof() {
		ClientProof proof = Objects.requireNonNull(this.proof, "The proof was taken already");
		this.proof = null;
		return proof;
	}

	/**
	 * Return the principal that the request contained, until its proof is taken.
	 * @return the principal, or {@code null} if it contained none
	 */
	public synchronized @Nullable Principal handshakePrincipal() {
		return (this.proof != null) ? this.proof.principal() : null;
	}

	/**
	 * Return the attributes that the door has stored during the handshake.
	 * @return the attributes
	 */
	public Map<String, Object> attributes() {
		return this.attributes;
	}

	/**
	 * Set the connection's user. Called once, before the connection becomes a session.
	 * @param principal the user, or {@code null} if the client is anonymous
	 * @return whether the user may have one more session
	 */
	public boolean identify(@Nullable Principal principal) {
		return this.admission.identify(principal);
	}

	/**
	 * Create a session with a new id for the client. The session is not visible to others
	 * until it is connected. Its share of the limits is released when it ends, for
	 * whatever reason.
	 * @param proof the proof of the client's identity
	 * @param transport writes to the client: the connection's transport, or one that
	 * wraps it
	 * @param end is told of the session's end
	 * @return the session
	 */
	public LocalSession open(ClientProof proof, SessionTransport transport, SessionEnd end) {
		return open(this.reception.newSessionId(), proof, transport, end);
	}

	/**
	 * Create a session for the client. The session is not visible to others until it is
	 * connected. Its share of the limits is released when it ends, for whatever reason.
	 * @param id the session's id
	 * @param proof the proof of the client's identity
	 * @param transport writes to the client: the connection's transport, or one that
	 * wraps it
	 * @param end is told of the session's end
	 * @return the session
	 */
	public LocalSession open(String id, ClientProof proof, SessionTransport transport, SessionEnd end) {
		return this.reception.open(id, proof, this.remoteAddress, transport, this.admission, end);
	}

	/**
	 * Close a connection that is no session yet, because of a message of its client or
	 * because the client is not allowed to connect. Does not wait for the client: so
	 * little was written to the connection that the close frame fits into the socket's
	 * buffer.
	 * @param code the code that is counted
	 * @param reason the close reason for the client
	 */
	public void refuse(ErrorCode code, CloseReason reason) {
		// Nothing else will close the connection, so each step is done even if the one
		// before fails
		try {
			this.reception.countRefused(code);
		}
		finally {
			try {
				this.admission.end();
			}
			finally {
				this.transport.close(reason);
			}
		}
	}

	/**
	 * Note that the connection is gone and has been no session.
	 */
	public void gone() {
		this.admission.end();
	}

	/**
	 * What a door does when a session ends. Called once, on any thread; must not block.
	 */
	public interface SessionEnd {

		/** Does nothing besides what all doors do. */
		SessionEnd NOTHING = new SessionEnd() {

		};

		/**
		 * Called when the session ends, while it is still in its channels.
		 * @param session the session
		 * @param reason the reason of its end
		 */
		default void ending(LocalSession session, DisconnectReason reason) {
		}

		/**
		 * Called when the session has ended and is in no channel any more.
		 * @param session the session
		 */
		default void ended(LocalSession session) {
		}

	}

}
