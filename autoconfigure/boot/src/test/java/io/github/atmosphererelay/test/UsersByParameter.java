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

package io.github.atmosphererelay.test;

import java.security.Principal;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What lets clients of an application choose their user name: whoever names a user in the
 * query is that user.
 */
@Configuration(proxyBeanMethods = false)
public class UsersByParameter {

	@Bean
	Filter userFilter() {
		return (request, response, chain) -> {
			String user = request.getParameter("user");
			chain.doFilter((user != null) ? new WithUser((HttpServletRequest) request, user) : request, response);
		};
	}

	/**
	 * A request with a principal.
	 */
	private static final class WithUser extends HttpServletRequestWrapper {

		private final String user;

		WithUser(HttpServletRequest request, String user) {
			super(request);
			this.user = user;
		}

		@Override
		public Principal getUserPrincipal() {
			return new User(this.user);
		}

	}

	/**
	 * A user, equal to another one of the same name.
	 */
	private record User(String name) implements Principal {

		@Override
		public String getName() {
			return this.name;
		}

	}

}
