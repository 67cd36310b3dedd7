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

package io.github.atmosphererelay.security.spring.internal;

import java.security.Principal;
import java.time.Instant;

import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.server.resource.authentication.AbstractOAuth2TokenAuthenticationToken;

/**
 * Returns the expiry of principals that a resource server has made from bearer tokens.
 */
public final class OAuth2TokenExpiry implements PrincipalExpiry {

	/**
	 * Create an instance.
	 */
	public OAuth2TokenExpiry() {
	}

	@Override
	public @Nullable Instant expiresAt(Principal principal) {
		return (principal instanceof AbstractOAuth2TokenAuthenticationToken<?> token) ? token.getToken().getExpiresAt()
				: null;
	}

}
