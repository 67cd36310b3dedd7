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

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.oauth2.jose.jws.MacAlgorithm;
import org.springframework.security.oauth2.jwt.JwsHeader;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

/**
 * An application with Spring Security: users who log in by a form, and tokens signed with
 * a key of this JVM.
 */
@Configuration(proxyBeanMethods = false)
@EnableWebSecurity
@ImportAutoConfiguration({ SecurityAutoConfiguration.class, ServletWebSecurityAutoConfiguration.class,
		SecurityFilterAutoConfiguration.class })
public class TestSecurity {

	private static final SecretKey KEY = new SecretKeySpec(new SecureRandom().generateSeed(32), "HmacSHA256");

	/**
	 * A token as a client carries it.
	 */
	public static String token(String user, Duration lifetime) {
		return token(KEY, user, lifetime, "");
	}

	/**
	 * A token that somebody else has signed.
	 */
	public static String foreignToken(String user) {
		return token(new SecretKeySpec(new SecureRandom().generateSeed(32), "HmacSHA256"), user, Duration.ofHours(1),
				"");
	}

	/**
	 * A token that gives a right.
	 */
	public static String token(String user, String scope) {
		return token(KEY, user, Duration.ofHours(1), scope);
	}

	private static String token(SecretKey key, String user, Duration lifetime, String scope) {
		Instant now = Instant.now();
		JwtClaimsSet claims = JwtClaimsSet.builder()
			.subject(user)
			.issuedAt(now.minus(Duration.ofHours(1)))
			.expiresAt(now.plus(lifetime))
			.claim("scope", scope)
			.build();
		return NimbusJwtEncoder.withSecretKey(key)
			.build()
			.encode(JwtEncoderParameters.from(JwsHeader.with(MacAlgorithm.HS256).build(), claims))
			.getTokenValue();
	}

	@Bean
	SecurityFilterChain securityFilterChain(HttpSecurity http) throws Exception {
		return http
			.authorizeHttpRequests((requests) -> requests.requestMatchers("/atmosphere/api/**")
				.hasAuthority("SCOPE_publish")
				.anyRequest()
				.permitAll())
			.csrf((csrf) -> csrf.disable())
			.formLogin(Customizer.withDefaults())
			.oauth2ResourceServer((server) -> server.jwt(Customizer.withDefaults()))
			.build();
	}

	@Bean
	InMemoryUserDetailsManager users() {
		return new InMemoryUserDetailsManager(
				User.withUsername("alice").password("{noop}secret").authorities("user").build(),
				User.withUsername("olga").password("{noop}secret").authorities("ROLE_OPS").build());
	}

	@Bean
	SlowDecoder jwtDecoder() {
		return new SlowDecoder(NimbusJwtDecoder.withSecretKey(KEY).macAlgorithm(MacAlgorithm.HS256).build());
	}

	/**
	 * A decoder that can be made to wait, as for keys from somewhere else.
	 */
	public static final class SlowDecoder implements JwtDecoder {

		private final JwtDecoder decoder;

		private final AtomicInteger waiting = new AtomicInteger();

		private volatile CountDownLatch gate = new CountDownLatch(0);

		private volatile boolean broken;

		SlowDecoder(JwtDecoder decoder) {
			this.decoder = decoder;
		}

		void shut() {
			this.gate = new CountDownLatch(1);
		}

		void open() {
			this.gate.countDown();
		}

		void setBroken(boolean broken) {
			this.broken = broken;
		}

		int waiting() {
			return this.waiting.get();
		}

		@Override
		public Jwt decode(String token) throws JwtException {
			this.waiting.incrementAndGet();
			try {
				this.gate.await(30, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			this.waiting.decrementAndGet();
			if (this.broken) {
				throw new JwtException("no keys");
			}
			return this.decoder.decode(token);
		}

	}

}
