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

import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.github.atmosphererelay.door.internal.SharedHttpSessionCheck;
import io.github.atmosphererelay.door.internal.SharedHttpSessions;
import io.github.atmosphererelay.httpsession.internal.HttpSessionIdChanges;
import io.github.atmosphererelay.httpsession.internal.RedisHttpSessions;
import io.github.atmosphererelay.node.internal.MessagingNode;
import jakarta.servlet.Filter;

import org.springframework.aop.support.AopUtils;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.session.SessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.web.http.SessionRepositoryFilter;

/**
 * Auto-configuration of clients that are identified by HTTP sessions of Spring Session,
 * which all nodes share.
 */
@AutoConfiguration(after = AtmosphereWebSocketAutoConfiguration.class,
		afterName = { "org.springframework.boot.session.autoconfigure.SessionAutoConfiguration",
				"org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration",
				"org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionAutoConfiguration" })
@ConditionalOnClass({ SessionRepository.class, SessionRepositoryFilter.class, HttpSessionRegistry.class, Filter.class })
@ConditionalOnBean({ SessionRepository.class, HttpSessionRegistry.class })
@ConditionalOnBooleanProperty(name = "atmosphere.security.shared-http-sessions.enabled", matchIfMissing = true)
public final class AtmosphereHttpSessionAutoConfiguration {

	private static HttpSessionsNotIndexedException notIndexed(SessionRepository<?> repository) {
		return new HttpSessionsNotIndexedException(AopUtils.getTargetClass(repository).getSimpleName());
	}

	/**
	 * Follows HTTP sessions in Redis.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RedisIndexedSessionRepository.class)
	static class RedisConfiguration {

		@Bean
		HttpSessionExecutor atmosphereHttpSessionExecutor() {
			return new HttpSessionExecutor();
		}

		@Bean
		RedisHttpSessions atmosphereSharedHttpSessions(SessionRepository<?> repository, HttpSessionExecutor executor) {
			if (repository instanceof RedisIndexedSessionRepository indexed) {
				return new RedisHttpSessions(indexed, executor.executor());
			}
			throw notIndexed(repository);
		}

		/**
		 * Checks from after the node's start until before its stop.
		 */
		@Bean
		PhasedLifecycle atmosphereHttpSessionCheck(HttpSessionRegistry registry, SharedHttpSessions sessions,
				MessagingNode node, AtmosphereProperties properties) {
			SharedHttpSessionCheck check = new SharedHttpSessionCheck(registry, sessions, node.timers(),
					properties.security().sharedHttpSessions().checkInterval());
			return new PhasedLifecycle(MessagingLifecycle.PHASE + 1, check::start, check::stop);
		}

		@Bean
		HttpSessionIdChanges atmosphereHttpSessionIdChanges(RedisHttpSessions sessions, HttpSessionRegistry registry) {
			return new HttpSessionIdChanges(sessions, registry);
		}

		@Bean
		FilterRegistrationBean<Filter> atmosphereHttpSessionIdChangesOuter(HttpSessionIdChanges changes,
				Environment environment) {
			return registration(changes.outer(), order(environment) - 1);
		}

		@Bean
		FilterRegistrationBean<Filter> atmosphereHttpSessionIdChangesInner(HttpSessionIdChanges changes,
				Environment environment) {
			return registration(changes.inner(), order(environment) + 1);
		}

		private static FilterRegistrationBean<Filter> registration(Filter filter, int order) {
			FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(filter);
			registration.setOrder(order);
			return registration;
		}

		private static int order(Environment environment) {
			return environment.getProperty("spring.session.servlet.filter-order", Integer.class,
					SessionRepositoryFilter.DEFAULT_ORDER);
		}

	}

	/**
	 * Fails the start, because without Redis there are no events.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingClass("org.springframework.session.data.redis.RedisIndexedSessionRepository")
	static class OtherConfiguration {

		@Bean
		SharedHttpSessions atmosphereSharedHttpSessions(SessionRepository<?> repository) {
			throw notIndexed(repository);
		}

	}

}
