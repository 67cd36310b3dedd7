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

package io.github.atmosphererelay.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/**
 * The page where one logs in, and who has.
 */
@RestController
class LoginController {

	private static final int MAX_NAME = 64;

	private final String page;

	private final String node;

	LoginController(@Value("${atmosphere.cluster.node-name}") String node) throws IOException {
		this.page = new ClassPathResource("login.html").getContentAsString(StandardCharsets.UTF_8);
		this.node = node;
	}

	/**
	 * Show the log-in page. The token is in the form itself, which so works without a
	 * script. After a mistake the name is there still.
	 * @param request the request, whose parameter tells what came before
	 * @param csrf the token that the form has to have
	 * @return the page
	 */
	@GetMapping(path = "/login", produces = MediaType.TEXT_HTML_VALUE)
	ResponseEntity<String> login(HttpServletRequest request, CsrfToken csrf) {
		String notice = (request.getParameter("error") != null) ? "That name and password do not go together."
				: (request.getParameter("logout") != null) ? "You have logged out."
						: (request.getParameter("elsewhere") != null) ? "You have logged out, here or elsewhere." : "";
		String name = cut(request.getParameter("name"));
		String names = Stream.concat(SecurityConfiguration.USERS.stream(), Stream.of(SecurityConfiguration.OPERATOR))
			.map("<button type=\"button\" data-name=\"%1$s\">%1$s</button>"::formatted)
			.collect(Collectors.joining("\n"));
		String page = this.page.replace("{{csrf-name}}", HtmlUtils.htmlEscape(csrf.getParameterName()))
			.replace("{{csrf}}", HtmlUtils.htmlEscape(csrf.getToken()))
			.replace("{{notice}}", notice)
			.replace("{{name-focus}}", name.isEmpty() ? " autofocus" : "")
			.replace("{{password-focus}}", name.isEmpty() ? "" : " autofocus")
			.replace("{{names}}", names)
			.replace("{{password}}", SecurityConfiguration.PASSWORD)
			.replace("{{node}}", HtmlUtils.htmlEscape(this.node))
			// Last, for nothing in it to be filled in
			.replace("{{name}}", HtmlUtils.htmlEscape(name));
		return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(page);
	}

	static String cut(@Nullable String name) {
		return (name != null) ? name.strip().substring(0, Math.min(name.strip().length(), MAX_NAME)) : "";
	}

	@GetMapping("/api/me")
	ResponseEntity<Me> me(Principal user, HttpServletRequest request) {
		return ResponseEntity.ok()
			.cacheControl(CacheControl.noStore())
			.body(new Me(user.getName(), request.isUserInRole("OPERATOR")));
	}

	/**
	 * Who has logged in.
	 *
	 * @param user the user's name
	 * @param operator whether the console is open to the user
	 */
	record Me(String user, boolean operator) {

	}

}
