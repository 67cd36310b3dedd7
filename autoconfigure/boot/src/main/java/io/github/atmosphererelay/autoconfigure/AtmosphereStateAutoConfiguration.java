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

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

import javax.sql.DataSource;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.internal.MemoryStateStore;
import io.github.atmosphererelay.state.jdbc.internal.JdbcStateStore;
import io.github.atmosphererelay.state.redis.internal.RedisStateStore;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Auto-configuration of the store for the present state of keys, which feeds use.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class,
		afterName = { "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
				"org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration" })
@ConditionalOnBean(MessagingNode.class)
public final class AtmosphereStateAutoConfiguration {

	private static final Duration CLEANING = Duration.ofMinutes(1);

	/**
	 * Removes what was not written for too long, and closes the store after the feeds,
	 * which stop before.
	 */
	@Bean
	@ConditionalOnBean(StateStore.class)
	PhasedLifecycle atmosphereStateLifecycle(ObjectProvider<StateStore> stores, MessagingNode node) {
		StateStore store = OptionalBeans.single(stores, StateStore.class);
		Cleaning cleaning = new Cleaning(store, node.monitor().guards().of(Part.FEEDS));
		return new PhasedLifecycle(MessagingLifecycle.PHASE, cleaning::start, cleaning::stop);
	}

	private static InvalidConfigurationPropertyValueException missing(StateStoreType type, String reason) {
		String module = (type == StateStoreType.REDIS) ? "spring-boot-starter-data-redis"
				: "spring-boot-starter-jdbc and a driver";
		return new InvalidConfigurationPropertyValueException(OnStateStore.PROPERTY,
				type.name().toLowerCase(Locale.ROOT), "States cannot be kept there: " + reason + ". Add " + module
						+ ", define a bean of type StateStore, or set the property to another store");
	}

	private static <T> T find(@Nullable T bean, StateStoreType type, String name) {
		if (bean == null) {
			throw missing(type, "the application has no " + name + ", or several of which none is primary");
		}
		return bean;
	}

	/**
	 * Removes old entries from time to time, on a thread of its own.
	 */
	private static final class Cleaning {

		private final @Nullable StateStore store;

		private final Guard guard;

		private @Nullable ScheduledExecutorService thread;

		Cleaning(@Nullable StateStore store, Guard guard) {
			this.store = store;
			this.guard = guard;
		}

		synchronized void start() {
			StateStore store = this.store;
			if (store != null && this.thread == null) {
				ScheduledExecutorService thread = Executors
					.newSingleThreadScheduledExecutor(Threads.factory("state-cleaner"));
				this.thread = thread;
				this.guard.repeat(thread, () -> store.removeExpired(Instant.now()), CLEANING, CLEANING);
			}
		}

		synchronized void stop() {
			if (this.thread != null) {
				this.thread.shutdownNow();
				this.thread = null;
			}
			if (this.store != null) {
				this.store.close();
			}
		}

	}

	/**
	 * Keeps states in the node's memory.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnStateStore(StateStoreType.MEMORY)
	static class MemoryStoreConfiguration {

		@Bean
		@ConditionalOnMissingBean(StateStore.class)
		MemoryStateStore atmosphereStateStore(AtmosphereProperties properties) {
			AtmosphereProperties.State state = properties.state();
			return new MemoryStateStore(state.maxBytes().toBytes(), (int) state.maxValueSize().toBytes(), state.ttl());
		}

	}

	/**
	 * Keeps states in Redis.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ RedisStateStore.class, RedisConnectionFactory.class })
	@ConditionalOnStateStore(StateStoreType.REDIS)
	static class RedisStoreConfiguration {

		@Bean(destroyMethod = "")
		@ConditionalOnMissingBean(StateStore.class)
		RedisStateStore atmosphereStateStore(@AtmosphereRelayConnection ObjectProvider<RedisConnectionFactory> marked,
				ObjectProvider<RedisConnectionFactory> all, AtmosphereProperties properties,
				@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String name) {
			RedisConnectionFactory found = marked.getIfUnique();
			AtmosphereProperties.State state = properties.state();
			return new RedisStateStore(
					find((found != null) ? found : all.getIfUnique(), StateStoreType.REDIS, "RedisConnectionFactory"),
					properties.relay().redis().keyPrefix() + PropertyChecks.clusterName(properties, name) + ":",
					properties.relay().publishTimeout(), (int) state.maxValueSize().toBytes(), state.ttl());
		}

	}

	/**
	 * Keeps states in the application's database.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ JdbcStateStore.class, JdbcTemplate.class, DataSourceScriptDatabaseInitializer.class })
	@ConditionalOnStateStore(StateStoreType.JDBC)
	static class JdbcStoreConfiguration {

		private static final int QUERY_SECONDS = 5;

		@Bean(destroyMethod = "")
		@ConditionalOnMissingBean(StateStore.class)
		JdbcStateStore atmosphereStateStore(ObjectProvider<DataSource> dataSources, AtmosphereProperties properties) {
			JdbcTemplate jdbc = new JdbcTemplate(find(dataSources.getIfUnique(), StateStoreType.JDBC, "DataSource"));
			jdbc.setQueryTimeout(QUERY_SECONDS);
			AtmosphereProperties.State state = properties.state();
			return new JdbcStateStore(jdbc, (int) state.maxValueSize().toBytes(), state.ttl());
		}

		@Bean
		@ConditionalOnBean(JdbcStateStore.class)
		DataSourceScriptDatabaseInitializer atmosphereStateSchemaInitializer(ObjectProvider<DataSource> dataSources,
				AtmosphereProperties properties) {
			AtmosphereProperties.StateJdbc settings = properties.state().jdbc();
			return new SchemaInitializer(find(dataSources.getIfUnique(), StateStoreType.JDBC, "DataSource"),
					settings.initializeSchema(), settings.schema());
		}

	}

}
