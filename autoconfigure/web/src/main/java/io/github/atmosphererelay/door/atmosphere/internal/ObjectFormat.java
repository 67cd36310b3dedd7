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

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.transport.http.internal.StreamFraming;

/**
 * The lines of an HTTP stream, in answers that end.
 *
 * @param lines writes lines
 */
record ObjectFormat(StreamFraming lines) implements PollFormat {

	@Override
	public byte[] bytes(OutboundMessage message) throws IOException {
		return this.lines.message(message);
	}

	@Override
	public boolean isSeparated() {
		return true;
	}

	@Override
	public byte[] end(CloseReason reason) {
		return this.lines.end(reason);
	}

}
