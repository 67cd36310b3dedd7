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

package io.github.atmosphererelay.durable.internal;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.test.SharedLog;
import io.github.atmosphererelay.test.UsersByParameter;
import org.h2.jdbcx.JdbcDataSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * An application whose nodes share logs, and whose clients choose their user names.
 */
@Configuration(proxyBeanMethods = false)
@Import(UsersByParameter.class)
class DurableApplication {

	/** Of the nodes that are started from now on. */
	static volatile SharedLog log = new SharedLog();

	static volatile boolean databaseOfAIsAway;

	@Bean
	ClusterRelay relay() {
		return log.relay();
	}

	@Bean
	@ConditionalOnProperty("test.database")
	DataSource dataSource(@Value("${test.database}") String name,
			@Value("${atmosphere.cluster.node-name}") String node) {
		JdbcDataSource database = new JdbcDataSource();
		database.setURL("jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1");
		return new DelegatingDataSource(database) {

			@Override
			public Connection getConnection() throws SQLException {
				if (databaseOfAIsAway && node.equals("a")) {
					throw new SQLException("The database is away");
				}
				return super.getConnection();
			}

		};
	}

}
