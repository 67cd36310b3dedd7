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

package io.github.atmosphererelay.transport.http.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;

/**
 * Writes a session to an HTTP response. Never blocks on the client.
 */
public final class StreamTransport implements SessionTransport {

	private final ResponseOutput output;

	private final StreamFraming framing;

	private final Timers timers;

	private final Duration endTimeout;

	/**
	 * Create a transport, and write what the response begins with.
	 * @param output the response
	 * @param framing encodes what is written
	 * @param timers break off a response that does not end
	 * @param endTimeout the time that a client has for reading the end of the response
	 */
	public StreamTransport(ResponseOutput output, StreamFraming framing, Timers timers, Duration endTimeout) {
		this.output = output;
		this.framing = framing;
		this.timers = timers;
		this.endTimeout = endTimeout;
		output.begin(framing.begin());
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		this.output.write(this.framing.message(message));
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		return this.output.flush(whenFlushed);
	}

	@Override
	public void ping() throws IOException {
		this.output.write(this.framing.ping());
	}

	@Override
	public void close(CloseReason reason) {
		if (this.output.close(this.framing.end(reason))) {
			return;
		}
		try {
			this.timers.later(Part.CLIENT_TIMERS, this.output::breakOff, this.endTimeout);
		}
		catch (RejectedExecutionException ex) {
			// The node has stopped
			this.output.breakOff();
		}
	}

	@Override
	public void abort(CloseReason reason) {
		if (!this.output.closeNow(this.framing.end(reason))) {
			this.output.breakOff();
		}
	}

}
