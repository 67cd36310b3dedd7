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

import java.security.Principal;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Tells when the authentication of a handshake expires. Another component has checked it,
 * such as a filter that reads the {@code Authorization} header.
 */
@FunctionalInterface
public interface PrincipalExpiry {

	/**
	 * Return when a principal expires, and with it the client's session. Called by
	 * several threads at a time; must not block.
	 * @param principal the handshake's principal
	 * @return the time, or {@code null} if it does not expire
	 */
	@Nullable Instant expiresAt(Principal principal);

}
