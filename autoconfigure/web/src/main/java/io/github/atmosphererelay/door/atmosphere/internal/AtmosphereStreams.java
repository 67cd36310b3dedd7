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

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;

import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.DurableHandshaker;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.RawDoor;
import io.github.atmosphererelay.door.raw.internal.RawDoorConnection;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * Opens responses that stay open, or refuses them. A client that is refused for now, or
 * whose node stops, gets a response that ends: the client gives up for good if a further
 * attempt is answered with another status. Runs on threads that serve requests, and may
 * block them.
 */
final class AtmosphereStreams {

	/** By which part of it the age of a response differs at most from the average. */
	private static final int JITTER = 5;

	private static final byte[] NOTHING = {};

	private final RawDoor door;

	private final StreamRequests requests;

	private final Timers timers;

	private final Duration maxAge;

	AtmosphereStreams(RawDoor door, StreamRequests requests, Timers timers, Duration maxAge) {
		this.door = door;
		this.requests = requests;
		this.timers = timers;
		this.maxAge = maxAge;
	}

	void handle(HttpServletRequest request, HttpServletResponse response, AtmosphereParameters parameters)
			throws IOException {
		AtmosphereFraming framing = AtmosphereFraming.of(parameters);
		try {
			this.requests.guarded(request, () -> open(request, response, framing));
		}
		catch (RequestRefusedException ex) {
			this.requests.refuseStream(request, response, ex, framing.contentType(), NOTHING);
		}
	}

	private void open(HttpServletRequest original, HttpServletResponse response, AtmosphereFraming framing)
			throws IOException {
		HttpServletRequest request = this.requests.connecting(original);
		Map<String, Object> attributes = new HashMap<>(4);
		String channel = this.door.admission().read(request, attributes);
		this.requests.checks().checkAddress(request);
		ClientProof proof = this.requests.checks().authenticate(request, this.requests.token(request));
		this.door.admission().authorize(proof, channel);
		this.door.admission().begin(request, response, proof, attributes);
		boolean durable = DurableHandshaker.session(attributes) != null;
		endLater((RawDoorConnection) this.requests.open(request, response,
				durable ? new ResumableFraming(framing, channel) : framing, proof, attributes, this.door));
	}

	/**
	 * End the response after some time, and with it a client that has vanished: nothing
	 * is received from it.
	 */
	private void endLater(RawDoorConnection connection) {
		// One that has ended before is not kept until then
		WeakReference<RawDoorConnection> reference = new WeakReference<>(connection);
		long nanos = this.maxAge.toNanos();
		long jitter = nanos / JITTER;
		Duration age = Duration.ofNanos(nanos - jitter + ThreadLocalRandom.current().nextLong(2 * jitter + 1));
		try {
			this.timers.later(Part.CLIENT_TIMERS, () -> {
				RawDoorConnection present = reference.get();
				if (present != null) {
					present.close(CloseReason.STREAM_AGE);
				}
			}, age);
		}
		catch (RejectedExecutionException ex) {
			connection.close(CloseReason.STREAM_AGE);
		}
	}

}
