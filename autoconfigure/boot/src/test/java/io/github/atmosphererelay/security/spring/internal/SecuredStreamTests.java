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

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * HTTP streams and messages by POST in an application with Spring Security.
 */
class SecuredStreamTests {

	private static int post(TestNode node, String channel, String... headers) {
		HttpRequest.Builder request = HttpRequest.newBuilder(node.http("/atmosphere/" + channel))
			.header("Content-Type", "text/plain")
			.POST(HttpRequest.BodyPublishers.ofString("hello"));
		for (int i = 0; i < headers.length; i += 2) {
			request.header(headers[i], headers[i + 1]);
		}
		return HttpClient.newHttpClient()
			.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding())
			.join()
			.statusCode();
	}

	private static String[] user(String scope) {
		return new String[] { "Authorization", "Bearer " + TestSecurity.token("user-of-" + scope, scope) };
	}

	@Test
	void theRulesOfChannelsHoldForStreamsAndPosts() {
		try (TestNode node = TestNode.start(List.of(TestSecurity.class), "atmosphere.channels[0].pattern=ops/**",
				"atmosphere.channels[0].subscribe=SCOPE_ops", "atmosphere.channels[0].client-publish=SCOPE_chief");
				EventSource operator = EventSource.once(node.http("/atmosphere/ops/a"), user("ops"))) {
			operator.awaitSubscribed(1);
			try (EventSource nobody = EventSource.once(node.http("/atmosphere/ops/a"));
					EventSource other = EventSource.once(node.http("/atmosphere/ops/a"), user("news"))) {
				assertThat(nobody.awaitClosed().statuses()).containsExactly(401);
				assertThat(other.awaitClosed().statuses()).containsExactly(403);
			}
			assertThat(post(node, "ops/a")).isEqualTo(401);
			assertThat(post(node, "ops/a", user("news"))).isEqualTo(403);
			assertThat(post(node, "ops/a", user("ops"))).isEqualTo(403);
			assertThat(post(node, "ops/a", user("chief"))).isEqualTo(403);
			assertThat(post(node, "ops/a", user("ops chief"))).isEqualTo(204);
			operator.awaitEvents("message", 1);
			assertThat(operator.messages()).containsExactly("hello");
		}
	}

	@Test
	void aPostNeedsTheCsrfTokenOfTheApplication() {
		try (TestNode node = TestNode.start(List.of(WithCsrf.class), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true");
				EventSource client = EventSource.once(node.http("/atmosphere/chat/a"))) {
			client.awaitSubscribed(1);
			assertThat(post(node, "chat/a")).isEqualTo(403);
			assertThat(post(node, "chat/a", "Cookie", "XSRF-TOKEN=1234", "X-XSRF-TOKEN", "4321")).isEqualTo(403);
			assertThat(post(node, "chat/a", "Cookie", "XSRF-TOKEN=1234", "X-XSRF-TOKEN", "1234")).isEqualTo(204);
			client.awaitEvents("message", 1);
			assertThat(client.messages()).containsExactly("hello");
		}
	}

	/**
	 * An application whose pages read the token from a cookie.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableWebSecurity
	@ImportAutoConfiguration({ SecurityAutoConfiguration.class, ServletWebSecurityAutoConfiguration.class,
			SecurityFilterAutoConfiguration.class })
	static class WithCsrf {

		@Bean
		SecurityFilterChain securityFilterChain(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.csrf((csrf) -> csrf.csrfTokenRepository(CookieCsrfTokenRepository.withHttpOnlyFalse())
					.csrfTokenRequestHandler(new CsrfTokenRequestAttributeHandler()))
				.build();
		}

	}

}
