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
 * A connection that was let in at a door, until it is a session or gone. Safe for use by
 * many threads; nothing blocks.
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
	 * @param reception makes it a session
	 * @param transport how to write to the connection
	 * @param admission the connection's part of the limits, which is ended with it
	 * @param proof what the client has shown by its request
	 * @param remoteAddress the client's address, or {@code null} if it is not known
	 * @param attributes what the door has noted of the request
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
	 * Return how to write to the connection.
	 * @return the connection's one transport
	 */
	public SessionTransport transport() {
		return this.transport;
	}

	/**
	 * Return the connection's part of the limits.
	 * @return the part, which {@link #refuse}, {@link #gone} or the session's end ends
	 */
	public Admission admission() {
		return this.admission;
	}

	/**
	 * Return what the client has shown by its request, which is then forgotten: most
	 * connections have nothing else that would be kept of it. To be called once.
	 * @return the proof, of nothing if the client has yet to say who it is
	 */
	public synchronized ClientProof takeProof() {
		ClientProof proof = Objects.requireNonNull(this.proof, "The proof was taken already");
		this.proof = null;
		return proof;
	}

	/**
	 * Return what the door has noted of the request.
	 * @return the attributes
	 */
	public Map<String, Object> attributes() {
		return this.attributes;
	}

	/**
	 * Say whose connection it is. To be called once, before it becomes a session.
	 * @param principal the user, or {@code null} if the client is anonymous
	 * @return whether the user may have one more
	 */
	public boolean identify(@Nullable Principal principal) {
		return this.admission.identify(principal);
	}

	/**
	 * Make the client a session with a new id, which nobody knows of until it is
	 * connected. Whoever ends it, what it has is given back.
	 * @param proof what the client has shown
	 * @param transport how to write to it: the connection's transport, or one before it
	 * @param end hears of the session's end
	 * @return the session
	 */
	public LocalSession open(ClientProof proof, SessionTransport transport, SessionEnd end) {
		return open(this.reception.newSessionId(), proof, transport, end);
	}

	/**
	 * Make the client a session, which nobody knows of until it is connected. Whoever
	 * ends it, what it has is given back.
	 * @param id the session's id
	 * @param proof what the client has shown
	 * @param transport how to write to it: the connection's transport, or one before it
	 * @param end hears of the session's end
	 * @return the session
	 */
	public LocalSession open(String id, ClientProof proof, SessionTransport transport, SessionEnd end) {
		return this.reception.open(id, proof, this.remoteAddress, transport, this.admission, end);
	}

	/**
	 * Close a connection that is no session, because of what its client has sent or may
	 * not have. Hardly anything was written to it: the close frame finds room, and so
	 * nobody waits for the client.
	 * @param code what is counted
	 * @param reason what the client is told
	 */
	public void refuse(ErrorCode code, CloseReason reason) {
		// Nobody comes back to it: what fails keeps nothing of the rest from being done.
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
	 * The connection is gone, and was no session.
	 */
	public void gone() {
		this.admission.end();
	}

	/**
	 * What a door does at the end of a session. Called once, on any thread; must not
	 * block.
	 */
	public interface SessionEnd {

		/** Nothing beside what is done at every door. */
		SessionEnd NOTHING = new SessionEnd() {

		};

		/**
		 * The session ends, and still has its channels.
		 * @param session the session
		 * @param reason why it ends
		 */
		default void ending(LocalSession session, DisconnectReason reason) {
		}

		/**
		 * The session has ended, and is in no channel any more.
		 * @param session the session
		 */
		default void ended(LocalSession session) {
		}

	}

}
