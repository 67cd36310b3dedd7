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

import java.io.IOException;

import io.github.atmosphererelay.door.internal.PositionFormat;
import io.github.atmosphererelay.session.internal.ForwardingTransport;
import io.github.atmosphererelay.session.internal.MessageFormat;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;

/**
 * Writes messages in another form than they came in.
 */
final class FormattedTransport extends ForwardingTransport {

	private final MessageFormat format;

	private final boolean lengths;

	private FormattedTransport(SessionTransport transport, MessageFormat format, boolean lengths) {
		super(transport);
		this.format = format;
		this.lengths = lengths;
	}

	/**
	 * Return a transport that writes messages as a request asks for it.
	 */
	static SessionTransport of(SessionTransport transport, RawDoorRequest request) {
		if (request.lengths()) {
			return new FormattedTransport(transport,
					request.positions() ? LengthFormat.WITH_POSITION : LengthFormat.PLAIN, true);
		}
		return request.positions() ? new FormattedTransport(transport, PositionFormat.INSTANCE, false) : transport;
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		if (!message.isFrame()) {
			super.write(OutboundMessage.frame(message.encoded(this.format)));
		}
		else {
			super.write(this.lengths ? OutboundMessage.frame(LengthFormat.prefix(message.payload())) : message);
		}
	}

}
