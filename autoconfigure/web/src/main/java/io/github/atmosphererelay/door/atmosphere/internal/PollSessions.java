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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.DurableHandshaker;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.PositionListener;
import io.github.atmosphererelay.door.raw.internal.RawDoor;
import io.github.atmosphererelay.door.raw.internal.RawDoorConnection;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.transport.internal.Inbound;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of this node whose clients poll. Each is bounded by the limits of
 * connections, and ends some time after the last request. Safe for use by many threads.
 */
final class PollSessions {

	private static final SecureRandom RANDOM = new SecureRandom();

	private static final int KEY_BYTES = 16;

	private final RawDoor door;

	private final StreamRequests requests;

	private final Timers timers;

	private final PollSettings settings;

	private final PollStatistics statistics;

	private final UUID node;

	private final Map<String, PollSession> sessions = new ConcurrentHashMap<>();

	PollSessions(RawDoor door, StreamRequests requests, Timers timers, PollSettings settings, PollStatistics statistics,
			UUID node) {
		this.door = door;
		this.requests = requests;
		this.timers = timers;
		this.settings = settings;
		this.statistics = statistics;
		this.node = node;
	}

	/**
	 * Open a session, or continue one whose node has gone: its client is sent what it has
	 * missed, or told that this is not possible. Blocks for the store of durable
	 * sessions, and as long as the authorizer does.
	 * @param attributes what the request asks for
	 * @param channel the channel
	 * @param proof the proof of the client's identity
	 * @param address the client's address
	 * @param former what the client shows of its former session, or {@code null}
	 * @param waiter the request
	 * @throws RequestRefusedException if the client is refused
	 */
	void open(Map<String, Object> attributes, String channel, ClientProof proof, InetSocketAddress address,
			@Nullable PollToken former, PollWaiter waiter) {
		this.door.admission().authorize(proof, channel);
		String durable = this.door.admission().beginQuietly((former != null) ? former.key() : null, proof, attributes);
		boolean restored = former != null && former.key().equals(durable);
		if (former != null && former.position() != null) {
			this.door.admission().resume(attributes, former.position());
		}
		PollIdentity identity = new PollIdentity(this.node, (durable != null) ? durable : randomKey(),
				UUID.randomUUID().toString(), (proof.principal() != null) ? proof.principal().getName() : null,
				channel);
		AtmosphereParameters parameters = this.door.admission().parameters(attributes);
		PollSession session = new PollSession(this::remove, this.timers, this.settings, identity, parameters,
				AtmosphereFormat.text(parameters), this.statistics, DurableHandshaker.session(attributes),
				(former != null) ? former.number() : 0, (former != null) ? former.position() : null, System::nanoTime);
		attributes.put(PositionListener.ATTRIBUTE, session);
		RawDoorConnection connection;
		try {
			connection = this.requests.open(address, session, proof, attributes, this.door::take,
					(opening) -> add(session, opening));
		}
		catch (RuntimeException | Error ex) {
			session.abort(CloseReason.INTERNAL_ERROR);
			throw ex;
		}
		if (former != null && !restored && former.position() == null) {
			connection.tell(new RequestRefusedException(ErrorCode.UNRECOVERABLE_POSITION,
					"the node of the session has gone, and messages may be missing"));
		}
		if (former != null) {
			this.statistics.continued();
		}
		session.begin(waiter, former != null, this.door.admission().isRecorded(channel));
	}

	/**
	 * Create a session of a client that is no {@code atmosphere.js}. It is not found
	 * until it is added.
	 * @param user the name of the principal of the client's requests, or {@code null}
	 * @param channel what the client names with each request
	 * @param format encodes messages
	 * @return the session
	 */
	PollSession newSession(@Nullable String user, String channel, PollFormat format) {
		PollIdentity identity = new PollIdentity(this.node, randomKey(), "", user, channel);
		return new PollSession(this::remove, this.timers, this.settings, identity, AtmosphereParameters.NONE, format,
				this.statistics, null, 0, null, System::nanoTime);
	}

	void add(PollSession session, Inbound connection) {
		session.connect(connection);
		this.sessions.put(session.identity().key(), session);
	}

	boolean contains(String key) {
		return this.sessions.containsKey(key);
	}

	int count() {
		return this.sessions.size();
	}

	private static String randomKey() {
		byte[] random = new byte[KEY_BYTES];
		RANDOM.nextBytes(random);
		return HexFormat.of().formatHex(random);
	}

	/**
	 * Hand a request to its session. Does not block.
	 */
	PollResult poll(PollQuestion asked, PollWaiter waiter) {
		PollSession session = this.sessions.get(asked.key());
		if (session == null) {
			return PollResult.UNKNOWN;
		}
		PollIdentity identity = session.identity();
		if (!Objects.equals(identity.user(), asked.user()) || !identity.channel().equals(asked.channel())) {
			return PollResult.FOREIGN;
		}
		return session.poll(asked, waiter) ? PollResult.TAKEN : PollResult.UNKNOWN;
	}

	private void remove(PollSession session) {
		this.sessions.remove(session.identity().key(), session);
	}

}
