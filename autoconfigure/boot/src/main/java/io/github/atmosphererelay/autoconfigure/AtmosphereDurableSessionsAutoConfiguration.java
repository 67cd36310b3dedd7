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
import java.util.Locale;

import javax.sql.DataSource;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.durable.internal.DurableSettings;
import io.github.atmosphererelay.durable.internal.MemorySessionStore;
import io.github.atmosphererelay.durable.jdbc.internal.JdbcSessionStore;
import io.github.atmosphererelay.durable.redis.internal.RedisSessionStore;
import io.github.atmosphererelay.node.internal.MessagingNode;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Auto-configuration of durable sessions, which outlive their connections.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class, before = AtmosphereWebSocketAutoConfiguration.class,
		afterName = { "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
				"org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration" })
@ConditionalOnBooleanProperty(name = "atmosphere.durable-sessions.enabled")
@ConditionalOnBean(MessagingNode.class)
public final class AtmosphereDurableSessionsAutoConfiguration {

	private static final String STORE = "atmosphere.durable-sessions.store";

	@Bean
	@ConditionalOnMissingBean
	DurableSessions atmosphereDurableSessions(MessagingNode node, Cluster cluster, ObjectProvider<SessionStore> store,
			AtmosphereProperties properties) {
		AtmosphereProperties.DurableSessions durable = properties.durableSessions();
		SessionStore single = OptionalBeans.single(store, SessionStore.class);
		if (single == null) {
			throw missing(durable.store(), "its module is not on the classpath");
		}
		return new DurableSessions(node.identity(), node.registry(), node.timers(), cluster, single,
				new DurableSettings(durable.ttl(), durable.saveInterval(), durable.timeout(), durable.cookieName(),
						durable.maxSessions()));
	}

	/**
	 * Starts durable sessions before the web server accepts clients. Stops them after the
	 * web server has closed its clients and before the store's connections close.
	 */
	@Bean
	PhasedLifecycle atmosphereDurableSessionsLifecycle(DurableSessions sessions) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE + 1, sessions::start, sessions::stop);
	}

	private static InvalidConfigurationPropertyValueException missing(SessionStoreType type, String reason) {
		String module = (type == SessionStoreType.REDIS) ? "spring-boot-starter-data-redis"
				: "spring-boot-starter-jdbc and a driver";
		return new InvalidConfigurationPropertyValueException(STORE, type.name().toLowerCase(Locale.ROOT),
				"Durable sessions cannot use this store: " + reason + ". Add " + module
						+ ", define a bean of type SessionStore, or set the property to another store");
	}

	private static <T> T find(ObjectProvider<T> beans, SessionStoreType type, String name) {
		T bean = beans.getIfUnique();
		if (bean == null) {
			throw missing(type, "the application has no " + name + ", or several of which none is primary");
		}
		return bean;
	}

	/**
	 * Keeps sessions in the node's memory.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = STORE, havingValue = "memory", matchIfMissing = true)
	static class MemoryStoreConfiguration {

		@Bean
		@ConditionalOnMissingBean(SessionStore.class)
		MemorySessionStore atmosphereSessionStore() {
			return new MemorySessionStore();
		}

	}

	/**
	 * Keeps sessions in the application's Redis.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ RedisSessionStore.class, RedisConnectionFactory.class })
	@ConditionalOnProperty(name = STORE, havingValue = "redis")
	static class RedisStoreConfiguration {

		@Bean
		@ConditionalOnMissingBean(SessionStore.class)
		RedisSessionStore atmosphereSessionStore(ObjectProvider<RedisConnectionFactory> connectionFactories,
				AtmosphereProperties properties,
				@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String name) {
			return new RedisSessionStore(find(connectionFactories, SessionStoreType.REDIS, "RedisConnectionFactory"),
					properties.relay().redis().keyPrefix() + PropertyChecks.clusterName(properties, name)
							+ ":durable:");
		}

	}

	/**
	 * Keeps sessions in the application's database.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ JdbcSessionStore.class, JdbcTemplate.class, DataSourceScriptDatabaseInitializer.class })
	@ConditionalOnProperty(name = STORE, havingValue = "jdbc")
	static class JdbcStoreConfiguration {

		private static final Duration MAX_LEASE = Duration.ofMinutes(1);

		@Bean
		@ConditionalOnMissingBean(SessionStore.class)
		JdbcSessionStore atmosphereSessionStore(ObjectProvider<DataSource> dataSources,
				AtmosphereProperties properties) {
			JdbcTemplate jdbc = new JdbcTemplate(find(dataSources, SessionStoreType.JDBC, "DataSource"));
			jdbc.setQueryTimeout((int) Math.max(1, properties.durableSessions().timeout().toSeconds()));
			Duration share = properties.durableSessions().ttl().dividedBy(10);
			return new JdbcSessionStore(jdbc, (share.compareTo(MAX_LEASE) < 0) ? share : MAX_LEASE);
		}

		@Bean
		@ConditionalOnBean(JdbcSessionStore.class)
		DataSourceScriptDatabaseInitializer atmosphereSessionSchemaInitializer(ObjectProvider<DataSource> dataSources,
				AtmosphereProperties properties) {
			AtmosphereProperties.Jdbc settings = properties.durableSessions().jdbc();
			return new SchemaInitializer(find(dataSources, SessionStoreType.JDBC, "DataSource"),
					settings.initializeSchema(), settings.schema());
		}

	}

}
