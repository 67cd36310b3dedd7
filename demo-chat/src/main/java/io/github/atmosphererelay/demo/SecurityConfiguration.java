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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.UserDisconnector;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseCookie;
import org.springframework.security.authentication.AuthenticationTrustResolver;
import org.springframework.security.authentication.AuthenticationTrustResolverImpl;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.ExceptionTranslationFilter;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.authentication.RememberMeServices;
import org.springframework.security.web.authentication.logout.LogoutHandler;
import org.springframework.security.web.authentication.rememberme.TokenBasedRememberMeServices;
import org.springframework.security.web.authentication.session.NullAuthenticatedSessionStrategy;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;
import org.springframework.security.web.savedrequest.CookieRequestCache;

/**
 * Who may do what. A log-in is a signed cookie and nothing else: no node has to keep a
 * session, and since cookies do not know ports, it holds on every node of one machine and
 * for the sockets that the page opens to all of them.
 */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

	/** Shown on the log-in page. */
	static final String PASSWORD = "relay";

	static final List<String> USERS = List.of("alice", "bob", "carol", "dave", "emil", "felix");

	static final String OPERATOR = "admin";

	/** Talks to this node only, see {@link WarmUp}: nobody else can log in so. */
	static final String WARM_UP_USER = "warm-up";

	static final String WARM_UP_PASSWORD = UUID.randomUUID().toString();

	private static final String LOGIN_COOKIE = "demo-chat-login";

	private static final Duration LOGIN_VALIDITY = Duration.ofHours(12);

	/**
	 * Not as a manager, which would put a password that was used into another form: the
	 * cookie's signature is made of that form, and has to be the same on all nodes.
	 */
	@Bean
	UserDetailsService users() {
		InMemoryUserDetailsManager users = new InMemoryUserDetailsManager();
		USERS.forEach((name) -> users.createUser(user(name).roles("USER").build()));
		users.createUser(user(OPERATOR).roles("USER", "OPERATOR").build());
		users.createUser(user(WARM_UP_USER).password("{noop}" + WARM_UP_PASSWORD).roles("USER").build());
		return users::loadUserByUsername;
	}

	private static User.UserBuilder user(String name) {
		return User.withUsername(name).password("{noop}" + PASSWORD);
	}

	@Bean
	TokenBasedRememberMeServices loginCookie(UserDetailsService users, DemoProperties properties) {
		TokenBasedRememberMeServices cookie = new LoginCookie(properties.loginKey(), users);
		cookie.setAlwaysRemember(true);
		cookie.setCookieName(LOGIN_COOKIE);
		cookie.setTokenValiditySeconds((int) LOGIN_VALIDITY.toSeconds());
		cookie.setCookieCustomizer((each) -> each.setAttribute("SameSite", "Lax"));
		return cookie;
	}

	@Bean
	SecurityFilterChain security(HttpSecurity http, TokenBasedRememberMeServices loginCookie, DemoProperties properties,
			UserDisconnector disconnector) {
		CsrfTokenRequestAttributeHandler csrfToken = new CsrfTokenRequestAttributeHandler();
		// Made at once, for the page to find it in its cookie
		csrfToken.setCsrfRequestAttributeName(null);
		CookieRequestCache wanted = new CookieRequestCache();
		wanted.setRequestMatcher(SecurityConfiguration::isPage);
		return http
			.authorizeHttpRequests((requests) -> requests.dispatcherTypeMatchers(DispatcherType.ERROR)
				.permitAll()
				.requestMatchers("/login", "/style.css", "/icon.svg", "/app/**", "/actuator/health/**")
				.permitAll()
				.requestMatchers(HttpMethod.GET, "/api/node", "/atmosphere/plain/**")
				.permitAll()
				// Pages. A channel is protected by its rule in atmosphere.channels, never
				// by
				// a path: one door serves all channels
				.requestMatchers("/actuator/**", "/atmosphere/console/**", "/operator/**", "/operator.html",
						"/api/operator/**")
				.hasRole("OPERATOR")
				.anyRequest()
				.authenticated())
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.requestCache((cache) -> cache.requestCache(wanted))
			.rememberMe((rememberMe) -> rememberMe.rememberMeServices(loginCookie).key(properties.loginKey()))
			.formLogin((form) -> form.loginPage("/login").failureHandler(SecurityConfiguration::askAgain))
			.logout((logout) -> logout.addLogoutHandler(disconnect(loginCookie, disconnector))
				.deleteCookies(LOGIN_COOKIE, LoginCookie.USER))
			.exceptionHandling(
					(errors) -> errors.authenticationEntryPoint(entryPoint()).withObjectPostProcessor(remembered()))
			.csrf((csrf) -> csrf.csrfTokenRepository(CookieCsrfTokenRepository.withHttpOnlyFalse())
				.csrfTokenRequestHandler(csrfToken)
				// The doors check the origin of each request themselves
				.ignoringRequestMatchers("/atmosphere/connection/**")
				// The cookie is a log-in with each request, and a new token each time
				// would
				// be of no use to a page
				.sessionAuthenticationStrategy(new NullAuthenticatedSessionStrategy()))
			.build();
	}

	/**
	 * Shows the form again, with the name that was written there.
	 */
	private static void askAgain(HttpServletRequest request, HttpServletResponse response, AuthenticationException ex)
			throws IOException {
		String name = LoginController.cut(request.getParameter("username"));
		response.sendRedirect(
				request.getContextPath() + "/login?error&name=" + URLEncoder.encode(name, StandardCharsets.UTF_8));
	}

	/**
	 * Ends the user's sockets on all nodes. By itself a log-out does so only where Spring
	 * Security knows the user when it logs out; a cookie is looked at later.
	 */
	private static LogoutHandler disconnect(RememberMeServices loginCookie, UserDisconnector disconnector) {
		return (request, response, authentication) -> {
			Authentication user = (authentication != null) ? authentication : loginCookie.autoLogin(request, response);
			if (user != null) {
				disconnector.disconnectUser(user.getName(), CloseReason.LOGGED_OUT);
			}
		};
	}

	/**
	 * To be remembered is what to have logged in means here: it is not asked for again.
	 */
	private static ObjectPostProcessor<ExceptionTranslationFilter> remembered() {
		AuthenticationTrustResolver resolver = new AuthenticationTrustResolverImpl() {

			@Override
			public boolean isRememberMe(@Nullable Authentication authentication) {
				return false;
			}

		};
		return new ObjectPostProcessor<>() {

			@Override
			public <T extends ExceptionTranslationFilter> T postProcess(T filter) {
				filter.setAuthenticationTrustResolver(resolver);
				return filter;
			}

		};
	}

	/**
	 * People are shown where to log in; scripts and sockets are told that they did not.
	 */
	private static AuthenticationEntryPoint entryPoint() {
		AuthenticationEntryPoint page = new LoginUrlAuthenticationEntryPoint("/login");
		AuthenticationEntryPoint status = new HttpStatusEntryPoint(HttpStatus.UNAUTHORIZED);
		return (request, response, ex) -> (isPage(request) ? page : status).commence(request, response, ex);
	}

	private static boolean isPage(HttpServletRequest request) {
		String accept = request.getHeader(HttpHeaders.ACCEPT);
		return HttpMethod.GET.matches(request.getMethod()) && accept != null
				&& accept.contains(MediaType.TEXT_HTML_VALUE);
	}

	/**
	 * Find a user, however the name is written.
	 */
	static @Nullable String find(UserDetailsService users, String name) {
		try {
			return users.loadUserByUsername(name).getUsername();
		}
		catch (UsernameNotFoundException ex) {
			return null;
		}
	}

	/**
	 * Comes with the user's name in a cookie of its own, by which a gateway sends the
	 * user to a node. Nobody is let in by it.
	 */
	private static final class LoginCookie extends TokenBasedRememberMeServices {

		static final String USER = "demo-chat-user";

		LoginCookie(String key, UserDetailsService users) {
			super(key, users);
		}

		@Override
		protected void setCookie(String[] tokens, int maxAge, HttpServletRequest request,
				HttpServletResponse response) {
			super.setCookie(tokens, maxAge, request, response);
			ResponseCookie user = ResponseCookie.from(USER, tokens[0])
				.maxAge(maxAge)
				.path("/")
				.httpOnly(true)
				.sameSite("Lax")
				.build();
			response.addHeader(HttpHeaders.SET_COOKIE, user.toString());
		}

	}

}
