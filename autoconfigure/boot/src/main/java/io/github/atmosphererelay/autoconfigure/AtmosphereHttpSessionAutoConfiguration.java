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

import java.util.EnumSet;

import io.github.atmosphererelay.actuate.internal.HttpSessionMeters;
import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.github.atmosphererelay.door.internal.SharedHttpSessionCheck;
import io.github.atmosphererelay.door.internal.SharedHttpSessions;
import io.github.atmosphererelay.httpsession.internal.HttpSessionIdChanges;
import io.github.atmosphererelay.httpsession.internal.RedisHttpSessions;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ObjectProvider;
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
		RedisHttpSessions atmosphereSharedHttpSessions(SessionRepository<?> repository, HttpSessionExecutor executor,
				ObjectProvider<RedisIndexedSessionRepository> indexed) {
			if (AopProxyUtils.getSingletonTarget(repository) instanceof RedisIndexedSessionRepository target) {
				return new RedisHttpSessions(target, executor.touches());
			}
			RedisIndexedSessionRepository found = (repository instanceof RedisIndexedSessionRepository same) ? same
					: indexed.getIfUnique();
			if (found == null) {
				throw notIndexed(repository);
			}
			return new RedisHttpSessions(found, executor.touches());
		}

		/**
		 * Checks from after the node's start until before its stop.
		 */
		@Bean
		PhasedLifecycle atmosphereHttpSessionCheck(HttpSessionRegistry registry, SharedHttpSessions sessions,
				HttpSessionExecutor executor, MessagingNode node, AtmosphereProperties properties) {
			SharedHttpSessionCheck check = new SharedHttpSessionCheck(registry, sessions, executor.checks(),
					node.timers(), properties.security().sharedHttpSessions().checkInterval());
			return new PhasedLifecycle(MessagingLifecycle.PHASE + 1, check::start, check::stop);
		}

		@Bean
		HttpSessionIdChanges atmosphereHttpSessionIdChanges(RedisHttpSessions sessions, HttpSessionRegistry registry) {
			return new HttpSessionIdChanges(sessions, registry);
		}

		@Bean
		FilterRegistrationBean<Filter> atmosphereHttpSessionIdChangesOuter(HttpSessionIdChanges changes,
				Environment environment) {
			return registration(changes.outer(), Math.max(order(environment), Integer.MIN_VALUE + 1) - 1);
		}

		@Bean
		FilterRegistrationBean<Filter> atmosphereHttpSessionIdChangesInner(HttpSessionIdChanges changes,
				Environment environment) {
			return registration(changes.inner(), Math.min(order(environment), Integer.MAX_VALUE - 1) + 1);
		}

		private static FilterRegistrationBean<Filter> registration(Filter filter, int order) {
			FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(filter);
			registration.setOrder(order);
			registration
				.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.ERROR));
			return registration;
		}

		private static int order(Environment environment) {
			return environment.getProperty("spring.session.servlet.filter-order", Integer.class,
					SessionRepositoryFilter.DEFAULT_ORDER);
		}

	}

	/**
	 * The meters.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ MeterBinder.class, RedisIndexedSessionRepository.class })
	static class MeterConfiguration {

		@Bean
		HttpSessionMeters atmosphereHttpSessionMeters(HttpSessionRegistry registry) {
			return new HttpSessionMeters(registry);
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
