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

package io.github.atmosphererelay.relay.http.internal;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has sent as an envelope.
 *
 * @param envelope the envelope, or {@code null} if it is none
 * @param fault what is wrong with it, or {@code null}
 */
record Decoded(@Nullable Envelope envelope, WireFormatException.@Nullable Reason fault) {

	static Decoded of(byte[] bytes, EnvelopeCodec codec) {
		try {
			return new Decoded(codec.decode(bytes), null);
		}
		catch (WireFormatException ex) {
			return new Decoded(null, ex.getReason());
		}
	}

}
