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

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

import javax.crypto.spec.SecretKeySpec;

import io.github.atmosphererelay.autoconfigure.AtmosphereAutoConfiguration;
import io.github.atmosphererelay.autoconfigure.AtmosphereSecurityAutoConfiguration;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.converter.Converter;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationConverter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link JwtTokenAuthenticator}.
 */
class JwtTokenAuthenticatorTests {

	private static final Instant EXPIRY = Instant.now().plusSeconds(60);

	private final ApplicationContextRunner context = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(AtmosphereAutoConfiguration.class, AtmosphereSecurityAutoConfiguration.class))
		.withPropertyValues("atmosphere.relay.type=local", "atmosphere.channels[0].pattern=chat/**")
		.withBean(JwtDecoder.class, () -> JwtTokenAuthenticatorTests::decode);

	private static Jwt decode(String token) {
		return switch (token) {
			case "bad" -> throw new BadJwtException("bad");
			case "unreachable" -> throw new JwtException("no keys");
			default -> Jwt.withTokenValue(token)
				.header("alg", "none")
				.subject("42")
				.claim("name", token)
				.expiresAt(EXPIRY)
				.build();
		};
	}

	@Test
	void withoutAConverterTheSubjectIsTheUser() {
		this.context.run((context) -> {
			Authenticated client = context.getBean(TokenAuthenticator.class).authenticate("ann");
			assertThat(client.principal().getName()).isEqualTo("42");
			assertThat(client.expiresAt()).isEqualTo(EXPIRY);
			assertThat(client.isExpired()).isFalse();
			assertThat(new OAuth2TokenExpiry().expiresAt(client.principal())).isEqualTo(EXPIRY);
			assertThat(new OAuth2TokenExpiry().expiresAt(() -> "ann")).isNull();
		});
	}

	@Test
	void theDecoderMayBeThatOfSpringBoot() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class,
					AtmosphereSecurityAutoConfiguration.class, OAuth2ResourceServerAutoConfiguration.class))
			.withPropertyValues("atmosphere.relay.type=local", "atmosphere.channels[0].pattern=chat/**",
					"spring.security.oauth2.resourceserver.jwt.jwk-set-uri=http://localhost:1/keys")
			.run((context) -> assertThat(context).hasSingleBean(JwtDecoder.class)
				.hasSingleBean(JwtTokenAuthenticator.class));
	}

	@Test
	void theApplicationsConverterMakesThePrincipal() {
		this.context.withBean(JwtAuthenticationConverter.class, () -> {
			JwtAuthenticationConverter converter = new JwtAuthenticationConverter();
			converter.setPrincipalClaimName("name");
			return converter;
		})
			.run((context) -> assertThat(
					context.getBean(TokenAuthenticator.class).authenticate("ann").principal().getName())
				.isEqualTo("ann"));
		this.context.withUserConfiguration(OwnConverter.class)
			.run((context) -> assertThat(
					context.getBean(TokenAuthenticator.class).authenticate("ann").principal().getName())
				.isEqualTo("user ann"));
	}

	@Test
	void rejectedTokensAreInvalidButFailuresOfTheDecoderAreNot() {
		this.context.withUserConfiguration(OwnConverter.class).run((context) -> {
			TokenAuthenticator authenticator = context.getBean(TokenAuthenticator.class);
			for (String token : new String[] { "bad", "locked", "nobody" }) {
				assertThatExceptionOfType(InvalidTokenException.class).as(token)
					.isThrownBy(() -> authenticator.authenticate(token));
			}
			assertThatExceptionOfType(JwtException.class).isThrownBy(() -> authenticator.authenticate("unreachable"));
			assertThatExceptionOfType(AuthenticationServiceException.class)
				.isThrownBy(() -> authenticator.authenticate("down"));
		});
	}

	@ParameterizedTest
	@ValueSource(ints = { 600, 10_000 })
	void aTokenOfUnusualJsonIsInvalidAndNoFault(int size) {
		JwtTokenAuthenticator authenticator = new JwtTokenAuthenticator(
				NimbusJwtDecoder.withSecretKey(new SecretKeySpec(new byte[32], "HmacSHA256")).build(),
				new JwtAuthenticationConverter());
		String deep = "{\"alg\":\"HS256\",\"x\":" + "[".repeat(size) + "]".repeat(size) + "}";
		String named = "{\"alg\":\"HS256\",\"" + "n".repeat(100 * size) + "\":1}";
		for (String json : List.of(deep, named)) {
			String part = Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
			for (String token : List.of(part + ".e30.AAAA", "eyJhbGciOiJIUzI1NiJ9." + part + ".AAAA")) {
				assertThatExceptionOfType(InvalidTokenException.class)
					.isThrownBy(() -> authenticator.authenticate(token));
			}
		}
	}

	/**
	 * An application that looks its users up.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnConverter {

		@Bean
		Converter<Jwt, AbstractAuthenticationToken> userConverter() {
			return (jwt) -> switch (jwt.getTokenValue()) {
				case "locked" -> throw new BadCredentialsException("locked");
				case "down" -> throw new AuthenticationServiceException("no database");
				case "nobody" -> null;
				default -> new TestingAuthenticationToken("user " + jwt.getTokenValue(), null);
			};
		}

	}

}
