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

package io.github.atmosphererelay.console.internal;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.util.ClassUtils;

/**
 * The CSRF token that Spring Security expects in a request that changes something. All
 * values are empty without Spring Security.
 *
 * @param name the header's name, or an empty string
 * @param parameter the name of the form parameter that is accepted instead of the header,
 * or an empty string
 * @param token the token, or an empty string
 */
record CsrfHeader(String name, String parameter, String token) {

	private static final CsrfHeader NONE = new CsrfHeader("", "", "");

	private static final boolean SPRING_SECURITY = ClassUtils
		.isPresent("org.springframework.security.web.csrf.CsrfToken", CsrfHeader.class.getClassLoader());

	static CsrfHeader of(HttpServletRequest request) {
		return SPRING_SECURITY ? Reader.read(request) : NONE;
	}

	/**
	 * Loaded only if Spring Security is on the classpath.
	 */
	private static final class Reader {

		static CsrfHeader read(HttpServletRequest request) {
			Object token = request.getAttribute(CsrfToken.class.getName());
			return (token instanceof CsrfToken csrf)
					? new CsrfHeader(csrf.getHeaderName(), csrf.getParameterName(), csrf.getToken()) : NONE;
		}

	}

}
