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
import java.util.List;

import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.ClientSecurity.Scope;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.access.AuthorizationServiceException;
import org.springframework.security.access.hierarchicalroles.NullRoleHierarchy;
import org.springframework.security.access.hierarchicalroles.RoleHierarchyImpl;
import org.springframework.security.authentication.AuthenticationCredentialsNotFoundException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContextHolder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SpringClientSecurity}.
 */
class SpringClientSecurityTests {

	private static final Authentication OPERATOR = user("olga", "ROLE_OPS");

	private final SpringClientSecurity security = new SpringClientSecurity(
			SecurityContextHolder.getContextHolderStrategy(), new NullRoleHierarchy());

	@AfterEach
	void clear() {
		SecurityContextHolder.clearContext();
	}

	private static Authentication user(String name, String... authorities) {
		return UsernamePasswordAuthenticationToken.authenticated(name, null,
				AuthorityUtils.createAuthorityList(authorities));
	}

	private static @Nullable Authentication present() {
		return SecurityContextHolder.getContext().getAuthentication();
	}

	@Test
	void aThreadKnowsTheClientAndNobodyAfterwards() {
		Scope scope = this.security.enter(OPERATOR);
		assertThat(present()).isSameAs(OPERATOR);
		scope.close();
		assertThat(present()).isNull();
	}

	@Test
	void aThreadKnowsAgainWhomItKnewBefore() {
		Authentication request = user("rita");
		SecurityContextHolder.getContext().setAuthentication(request);
		Scope outer = this.security.enter(OPERATOR);
		Scope inner = this.security.enter(null);
		assertThat(present()).satisfies((anonymous) -> assertThat(anonymous.getName()).isEqualTo("anonymousUser"));
		inner.close();
		assertThat(present()).isSameAs(OPERATOR);
		outer.close();
		assertThat(present()).isSameAs(request);
	}

	@Test
	void codeThatChangesTheContextChangesItForItselfOnly() {
		Scope scope = this.security.enter(OPERATOR);
		SecurityContextHolder.getContext().setAuthentication(user("mallory"));
		scope.close();
		assertThat(present()).isNull();
	}

	@Test
	void aPrincipalOfAnotherKindIsAuthenticatedAndHasNoAuthority() {
		Principal principal = () -> "karl";
		Scope scope = this.security.enter(principal);
		assertThat(present()).satisfies((authentication) -> {
			assertThat(authentication.getName()).isEqualTo("karl");
			assertThat(authentication.isAuthenticated()).isTrue();
			assertThat(authentication.getAuthorities()).isEmpty();
		});
		scope.close();
		assertThat(this.security.hasAuthority(principal, "ROLE_OPS")).isFalse();
	}

	@Test
	void authoritiesAreThoseOfTheAuthenticationAndOfTheHierarchy() {
		assertThat(this.security.hasAuthority(OPERATOR, "ROLE_OPS")).isTrue();
		assertThat(this.security.hasAuthority(OPERATOR, "ROLE_USER")).isFalse();
		SpringClientSecurity hierarchical = new SpringClientSecurity(SecurityContextHolder.getContextHolderStrategy(),
				RoleHierarchyImpl.fromHierarchy("ROLE_OPS > ROLE_USER"));
		assertThat(hierarchical.hasAuthority(OPERATOR, "ROLE_USER")).isTrue();
		Authentication unverified = UsernamePasswordAuthenticationToken.unauthenticated("olga", "password");
		assertThat(this.security.hasAuthority(unverified, "ROLE_OPS")).isFalse();
	}

	@Test
	void exceptionsOfTheFrameworkAreTheClientsUnlessTheNodeHasFailed() {
		assertThat(this.security.refusal(new AccessDeniedException("no"), OPERATOR)).isEqualTo(Authorization.DENIED);
		assertThat(this.security.refusal(new AccessDeniedException("no"), null))
			.isEqualTo(Authorization.UNAUTHENTICATED);
		for (RuntimeException each : List.of(new BadCredentialsException("no"),
				new AuthenticationCredentialsNotFoundException("no"))) {
			Authorization refusal = this.security.refusal(each, OPERATOR);
			assertThat(refusal).isNotNull();
			assertThat(refusal.refusal()).isEqualTo(ErrorCode.UNAUTHORIZED);
		}
		for (RuntimeException each : List.of(new AuthenticationServiceException("directory away"),
				new AuthorizationServiceException("directory away"), new IllegalStateException("broken"))) {
			assertThat(this.security.refusal(each, OPERATOR)).isNull();
		}
	}

}
