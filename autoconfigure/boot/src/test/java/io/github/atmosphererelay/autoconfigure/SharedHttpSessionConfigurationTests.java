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

package io.github.atmosphererelay.autoconfigure;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.door.internal.SharedHttpSessions;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.session.MapSessionRepository;
import org.springframework.session.config.annotation.web.http.EnableSpringHttpSession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for applications with and without Spring Session.
 */
class SharedHttpSessionConfigurationTests {

	@Test
	void aRepositoryWithoutEventsFailsTheStartAndTheAnalysisNamesTheProperty() {
		Throwable failure = catchThrowable(() -> TestNode.start(List.of(Sessions.class)).close());
		assertThat(failure).rootCause().isInstanceOf(HttpSessionsNotIndexedException.class);
		FailureAnalysis analysis = new HttpSessionsNotIndexedFailureAnalyzer().analyze(failure);
		assertThat(analysis).isNotNull();
		assertThat(analysis.getDescription()).contains("MapSessionRepository");
		assertThat(analysis.getAction()).contains("'spring.session.data.redis.repository-type' to indexed",
				"'atmosphere.security.shared-http-sessions.enabled' to false");
	}

	@Test
	void sharedHttpSessionsCanBeSwitchedOff() {
		try (TestNode node = TestNode.start(List.of(Sessions.class),
				"atmosphere.security.shared-http-sessions.enabled=false")) {
			assertThat(node.context().getBeanNamesForType(SharedHttpSessions.class)).isEmpty();
		}
	}

	@Test
	void withoutSpringSessionNothingChanges() {
		new WebApplicationContextRunner().withConfiguration(MissingModulesTests.all())
			.withClassLoader(new FilteredClassLoader("org.springframework.session"))
			.withPropertyValues("atmosphere.relay.type=local")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SharedHttpSessions.class));
	}

	@Test
	void anIntervalBelowASecondIsRefused() {
		new WebApplicationContextRunner().withConfiguration(MissingModulesTests.all())
			.withPropertyValues("atmosphere.relay.type=local",
					"atmosphere.security.shared-http-sessions.check-interval=100ms")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("atmosphere.security.shared-http-sessions.check-interval"));
	}

	/**
	 * HTTP sessions in memory.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableSpringHttpSession
	static class Sessions {

		@Bean
		MapSessionRepository sessionRepository() {
			return new MapSessionRepository(new ConcurrentHashMap<>());
		}

	}

}
