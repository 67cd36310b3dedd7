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
import java.util.Collections;
import java.util.List;

import io.github.atmosphererelay.actuate.internal.RelayEpochs;
import io.github.atmosphererelay.outbox.internal.OutboxTarget;
import io.github.atmosphererelay.outbox.internal.RelayLogTarget;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.relay.jdbc.internal.ConnectionSource;
import io.github.atmosphererelay.relay.jdbc.internal.JdbcRelay;
import io.github.atmosphererelay.relay.jdbc.internal.JdbcRelaySettings;
import io.github.atmosphererelay.relay.jdbc.internal.ListenMode;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Makes the JDBC relay. Many applications have a database that is not for this, so it is
 * never chosen because of what is on the classpath.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ JdbcRelay.class, JdbcTemplate.class, DataSourceBuilder.class })
@ConditionalOnProperty(name = "atmosphere.relay.type", havingValue = "jdbc")
class JdbcRelayConfiguration {

	@Bean
	RelayFactory atmosphereJdbcRelayFactory(AtmosphereProperties properties,
			ObjectProvider<MessagingDataSource> dataSources) {
		return new RelayFactory() {

			@Override
			public RelayType type() {
				return RelayType.JDBC;
			}

			@Override
			public JdbcRelay create(RelayNode node) {
				MessagingDataSource dataSource = dataSources.getIfAvailable();
				if (dataSource == null) {
					throw RelayChooser.missingBeans(RelayType.JDBC);
				}
				AtmosphereProperties.Relay relay = properties.relay();
				AtmosphereProperties.JdbcRelay jdbc = relay.jdbc();
				RelayConnections connections = new RelayConnections(dataSource.dataSource(), jdbc,
						relay.publishTimeout());
				ConnectionSource source = connections.source();
				ConnectionSource listenSource = connections.listenSource(source);
				return new JdbcRelay(source, listenSource, new JdbcRelaySettings(node.clusterName(), node.codec(),
						relay.maxPending(), relay.publishTimeout(), jdbc.retention(), idleInterval(properties),
						jdbc.cleanInterval(), (jdbc.listenUrl() != null) ? ListenMode.ALWAYS : mode(jdbc.listen())));
			}

		};
	}

	/**
	 * Heartbeats and probes are written and read late by as much, and must not be so late
	 * that nodes count as gone, or the database as away.
	 */
	private static Duration idleInterval(AtmosphereProperties properties) {
		Duration wanted = properties.relay().jdbc().idleInterval();
		Duration heartbeats = properties.cluster().heartbeatInterval().dividedBy(2);
		Duration probes = properties.relay().probeTimeout().dividedBy(4);
		return Collections.min(List.of(wanted, heartbeats, probes));
	}

	private static ListenMode mode(ListenChoice choice) {
		return switch (choice) {
			case AUTO -> ListenMode.AUTO;
			case ALWAYS -> ListenMode.ALWAYS;
			case NEVER -> ListenMode.NEVER;
		};
	}

	/**
	 * With the outbox, transactions append to the log of the relay itself.
	 */
	@Bean
	@ConditionalOnBooleanProperty("atmosphere.outbox.enabled")
	OutboxTarget atmosphereJdbcRelayTarget(ObjectProvider<ClusterRelay> relay) {
		return new RelayLogTarget((jdbc) -> find(relay).shardedLog(jdbc), (shards) -> find(relay).committed());
	}

	/**
	 * Only made if a listener wants to be called in transactions, because not every
	 * application has a transaction manager.
	 */
	@Bean
	@Lazy
	GroupTransactions atmosphereGroupTransactions(ObjectProvider<ClusterRelay> relay, MessagingDataSource database,
			ObjectProvider<PlatformTransactionManager> managers, AtmosphereProperties properties) {
		return find(relay).groupTransactions(GroupTransactionManager.find(managers, database.dataSource()),
				database.dataSource(), properties.groups().inboxRetention());
	}

	private static JdbcRelay find(ObjectProvider<ClusterRelay> relay) {
		if (relay.getObject() instanceof JdbcRelay jdbcRelay) {
			return jdbcRelay;
		}
		throw new RelayNotConfiguredException(
				"The property 'atmosphere.relay.type' is 'jdbc', but a bean of the application's own is the relay.",
				"Remove the property, so that the outbox forwards to that relay.");
	}

	@Bean
	RelayEpochs atmosphereRelayEpochs(ObjectProvider<ClusterRelay> relay) {
		// A bean of the application's own replaces the configured relay
		return () -> (relay.getObject() instanceof JdbcRelay jdbcRelay) ? jdbcRelay.renewEpochs() : 0;
	}

}
