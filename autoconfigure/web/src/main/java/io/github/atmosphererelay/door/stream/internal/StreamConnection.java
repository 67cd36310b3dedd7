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

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;

import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.Arrival.SessionEnd;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.transport.internal.Inbound;
import org.jspecify.annotations.Nullable;

/**
 * A stream. Nothing is received over it, so that a client that has vanished is found only
 * when writing fails, which may take a quarter of an hour. Therefore each stream ends
 * after some time, and a client that is still there asks for the next one.
 */
final class StreamConnection implements Inbound, SessionEnd {

	static final String REQUEST = StreamRequest.class.getName();

	static final String FRAMING = DoorFraming.class.getName();

	private final StreamDoor door;

	private final Arrival arrival;

	private volatile @Nullable LocalSession session;

	private @Nullable ScheduledFuture<?> age;

	private boolean ended;

	StreamConnection(StreamDoor door, Arrival arrival) {
		this.door = door;
		this.arrival = arrival;
	}

	@Override
	public void opened() {
		ClientProof proof = this.arrival.takeProof();
		StreamRequest request = (StreamRequest) Objects.requireNonNull(this.arrival.attributes().remove(REQUEST));
		DoorFraming framing = (DoorFraming) Objects.requireNonNull(this.arrival.attributes().remove(FRAMING));
		if (!this.arrival.identify(proof.principal())) {
			this.arrival.refuse(ErrorCode.LIMIT_EXCEEDED, CloseReason.CONNECTION_LIMIT);
			return;
		}
		LocalSession session = this.arrival.open(proof, this.arrival.transport(), this);
		this.session = session;
		try {
			enter(session, request, framing);
		}
		catch (RuntimeException | Error ex) {
			session.terminate(CloseReason.INTERNAL_ERROR);
			throw ex;
		}
	}

	private void enter(LocalSession session, StreamRequest request, DoorFraming framing) {
		session.expectNoPongs();
		StreamSubscriptions subscriptions = new StreamSubscriptions(this.door, session, request, framing,
				watched(session, request));
		session.subscribeBy(subscriptions);
		this.door.subscriptions().connected(session);
		subscriptions.begin();
		endLater(session);
	}

	/**
	 * Return the channels whose members the client may see, and wants to.
	 */
	private Set<String> watched(LocalSession session, StreamRequest request) {
		if (!request.presence()) {
			return Set.of();
		}
		Set<String> watched = new HashSet<>(4);
		for (String channel : request.channels()) {
			try {
				this.door.presence().requireWatch(session, channel);
				watched.add(channel);
			}
			catch (RequestRefusedException ex) {
				this.door.statistics().countRefused(ex.code());
			}
		}
		return watched;
	}

	private synchronized void endLater(LocalSession session) {
		if (!this.ended) {
			this.age = this.door.timers()
				.later(Part.CLIENT_TIMERS, () -> session.close(CloseReason.STREAM_AGE), this.door.settings().nextAge());
		}
	}

	@Override
	public synchronized void ended(LocalSession session) {
		this.ended = true;
		if (this.age != null) {
			this.age.cancel(false);
			this.age = null;
		}
	}

	@Override
	public void closed(int code, @Nullable String reason) {
		LocalSession session = this.session;
		if (session != null) {
			session.ended(code, reason);
		}
		else {
			this.arrival.gone();
		}
	}

	@Override
	public void text(String part, boolean last) {
	}

	@Override
	public void binary(ByteBuffer part, boolean last) {
	}

	@Override
	public void ping() {
	}

	@Override
	public void pong(ByteBuffer payload) {
	}

	@Override
	public String toString() {
		return String.valueOf(this.session);
	}

}
