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

package io.github.atmosphererelay.session.internal;

import java.io.IOException;

import io.github.atmosphererelay.session.CloseReason;

/**
 * A transport that delegates to another one. Subclasses override the methods that they
 * change.
 */
public abstract class ForwardingTransport implements SessionTransport {

	private final SessionTransport transport;

	/**
	 * Create a transport.
	 * @param transport the transport to delegate to
	 */
	protected ForwardingTransport(SessionTransport transport) {
		this.transport = transport;
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		this.transport.write(message);
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		return this.transport.flush(whenFlushed);
	}

	@Override
	public boolean limitsWait() {
		return this.transport.limitsWait();
	}

	@Override
	public void ping() throws IOException {
		this.transport.ping();
	}

	@Override
	public void ping(byte[] payload) throws IOException {
		this.transport.ping(payload);
	}

	@Override
	public void close(CloseReason reason) {
		this.transport.close(reason);
	}

	@Override
	public void abort(CloseReason reason) {
		this.transport.abort(reason);
	}

}
