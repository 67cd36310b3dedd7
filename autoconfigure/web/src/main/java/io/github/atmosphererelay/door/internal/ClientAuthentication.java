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

import java.time.Duration;
import java.util.concurrent.Executor;

import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import org.jspecify.annotations.Nullable;

/**
 * How doors authenticate clients, in addition to the principal of the handshake.
 *
 * @param tokens checks the tokens that clients send, or {@code null} if the node accepts
 * no tokens
 * @param expiry returns when principals of handshakes expire
 * @param timeout the time within which a client has to send its token in its first frame
 * @param executor runs the checks of tokens, which may block; may reject them
 */
public record ClientAuthentication(@Nullable TokenAuthenticator tokens, PrincipalExpiry expiry, Duration timeout,
		Executor executor) {
}
