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

package io.github.atmosphererelay.durable.internal;

import java.io.IOException;

import io.github.atmosphererelay.session.internal.ForwardingTransport;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;

/**
 * Reports what is written to a client to the client's {@link DurableSession}, and sends
 * the pings whose answers confirm it.
 */
final class DurableTransport extends ForwardingTransport {

	private final DurableSession session;

	DurableTransport(DurableSession session, SessionTransport transport) {
		super(transport);
		this.session = session;
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		super.write(message);
		this.session.written(message);
	}

	@Override
	public void ping() throws IOException {
		byte[] payload = this.session.nextPing();
		if (payload != null) {
			ping(payload);
		}
		else {
			super.ping();
		}
	}

}
