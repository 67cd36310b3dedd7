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

import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.converter.Converter;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;

/**
 * Checks tokens that clients send in the same way as the resource server checks those of
 * the {@code Authorization} header: with the application's decoder, and its converter to
 * principals. Blocks if the decoder does.
 */
public final class JwtTokenAuthenticator implements TokenAuthenticator {

	private final JwtDecoder decoder;

	private final Converter<Jwt, ? extends AbstractAuthenticationToken> converter;

	/**
	 * Create an authenticator.
	 * @param decoder checks and reads tokens; may block
	 * @param converter creates the principal
	 */
	public JwtTokenAuthenticator(JwtDecoder decoder, Converter<Jwt, ? extends AbstractAuthenticationToken> converter) {
		this.decoder = decoder;
		this.converter = converter;
	}

	@Override
	public Authenticated authenticate(String token) {
		Jwt jwt;
		try {
			jwt = this.decoder.decode(token);
		}
		catch (BadJwtException ex) {
			throw new InvalidTokenException("The JwtDecoder has rejected the token", ex);
		}
		AbstractAuthenticationToken principal = convert(jwt);
		if (principal == null || isUnnamed(principal.getName())) {
			throw new InvalidTokenException("The token has no subject, so the client would have no name", null);
		}
		return new Authenticated(principal, jwt.getExpiresAt());
	}

	private @Nullable AbstractAuthenticationToken convert(Jwt jwt) {
		try {
			return this.converter.convert(jwt);
		}
		catch (AuthenticationServiceException ex) {
			throw ex;
		}
		catch (AuthenticationException ex) {
			throw new InvalidTokenException("The converter of the JWT to a principal has rejected the token", ex);
		}
	}

	private static boolean isUnnamed(@Nullable String name) {
		return name == null || name.isEmpty();
	}

}
