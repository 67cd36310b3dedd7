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
import io.github.atmosphererelay.security.ClientSecurity;
import org.jspecify.annotations.Nullable;

import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.access.AuthorizationServiceException;
import org.springframework.security.access.hierarchicalroles.RoleHierarchy;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolderStrategy;

/**
 * Sets Spring Security's context while code runs for a client, for method security and
 * all other code that reads the {@code SecurityContextHolder}. The authentication is the
 * client's principal. If the principal is no {@link Authentication}, it is wrapped in one
 * without authorities. An anonymous client has Spring Security's anonymous
 * authentication.
 */
public final class SpringClientSecurity implements ClientSecurity {

	private static final Authentication ANONYMOUS = new AnonymousAuthenticationToken("atmosphere", "anonymousUser",
			AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));

	private final SecurityContextHolderStrategy strategy;

	private final RoleHierarchy hierarchy;

	/**
	 * Create an instance.
	 * @param strategy holds the security context of each thread
	 * @param hierarchy knows which authorities include others
	 */
	public SpringClientSecurity(SecurityContextHolderStrategy strategy, RoleHierarchy hierarchy) {
		this.strategy = strategy;
		this.hierarchy = hierarchy;
	}

	@Override
	public Scope enter(@Nullable Principal principal) {
		SecurityContext before = this.strategy.getContext();
		SecurityContext context = this.strategy.createEmptyContext();
		context.setAuthentication(authentication(principal));
		this.strategy.setContext(context);
		return () -> {
			if (before.getAuthentication() == null) {
				this.strategy.clearContext();
			}
			else {
				this.strategy.setContext(before);
			}
		};
	}

	private static Authentication authentication(@Nullable Principal principal) {
		if (principal == null) {
			return ANONYMOUS;
		}
		return (principal instanceof Authentication authentication) ? authentication
				: UsernamePasswordAuthenticationToken.authenticated(principal, null, List.of());
	}

	@Override
	public @Nullable Authorization refusal(Throwable failure, @Nullable Principal principal) {
		if (failure instanceof AuthorizationServiceException || failure instanceof AuthenticationServiceException) {
			// A failure of this node and not of the client, such as a directory that is
			// not reachable.
			return null;
		}
		if (failure instanceof AccessDeniedException) {
			return (principal != null) ? Authorization.DENIED : Authorization.UNAUTHENTICATED;
		}
		return (failure instanceof AuthenticationException)
				? new Authorization(ErrorCode.UNAUTHORIZED, ErrorCode.UNAUTHORIZED.text()) : null;
	}

	@Override
	public boolean hasAuthority(Principal principal, String authority) {
		if (!(principal instanceof Authentication authentication) || !authentication.isAuthenticated()) {
			return false;
		}
		for (GrantedAuthority each : this.hierarchy.getReachableGrantedAuthorities(authentication.getAuthorities())) {
			if (authority.equals(each.getAuthority())) {
				return true;
			}
		}
		return false;
	}

}
