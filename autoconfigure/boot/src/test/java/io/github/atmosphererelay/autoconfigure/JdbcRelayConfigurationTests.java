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

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.actuate.internal.RelayEpochs;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.jdbc.internal.ConnectionSource;
import io.github.atmosphererelay.relay.jdbc.internal.JdbcRelay;
import io.github.atmosphererelay.relay.jdbc.internal.ListenMode;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import io.github.atmosphererelay.test.MachineTime;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link JdbcRelayConfiguration} and {@link RelayConnections}.
 */
class JdbcRelayConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withClassLoader(new FilteredClassLoader("org.springframework.data.redis", "org.springframework.kafka"))
		.withConfiguration(
				AutoConfigurations.of(AtmosphereDatabaseAutoConfiguration.class, AtmosphereAutoConfiguration.class))
		.withPropertyValues("atmosphere.channels[0].pattern=chat/**", "spring.application.name=shop");

	private final ApplicationContextRunner jdbc = this.runner.withPropertyValues("atmosphere.relay.type=jdbc",
			"atmosphere.jdbc.initialize-schema=always");

	private static String url() {
		return "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
	}

	private static HikariDataSource pool() {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(url());
		pool.setUsername("sa");
		pool.setMaximumPoolSize(1);
		return pool;
	}

	@Test
	void aDatabaseAloneDoesNotChooseIt() {
		this.runner.withBean(DataSource.class, JdbcRelayConfigurationTests::pool)
			.run((context) -> assertThat(context).getBean(ClusterRelay.class).isInstanceOf(LocalRelay.class));
	}

	@Test
	void itWorksBesideAPoolWhoseOnlyConnectionIsInUse() {
		this.jdbc.withBean(DataSource.class, JdbcRelayConfigurationTests::pool).run((context) -> {
			try (var taken = context.getBean(DataSource.class).getConnection()) {
				assertThat(taken).isNotNull();
				ClusterRelay relay = context.getBean(ClusterRelay.class);
				assertThat(relay).isInstanceOfSatisfying(JdbcRelay.class,
						(jdbcRelay) -> assertThat(jdbcRelay.settings().logName()).isEqualTo("shop"));
				awaitUp(context);
				assertThat(relay.details()).containsEntry("database", "h2").containsEntry("wakeUp", "polling");
				assertThat(context.getBean(RelayEpochs.class).renew()).isEqualTo(ShardedLog.SHARDS);
			}
		});
	}

	@Test
	void aDataSourceThatIsNoPoolTellsItsUrlToo() {
		this.jdbc.withBean(DataSource.class, () -> {
			JdbcDataSource dataSource = new JdbcDataSource();
			dataSource.setURL(url());
			dataSource.setUser("sa");
			return dataSource;
		}).run((context) -> awaitUp(context));
	}

	@Test
	void aDataSourceThatDoesNotTellItsUrlIsRefusedUnlessThePropertyDoes() {
		String url = url();
		ApplicationContextRunner odd = this.jdbc.withBean(DataSource.class, () -> new AbstractDataSource() {

			@Override
			public Connection getConnection() throws SQLException {
				return DriverManager.getConnection(url);
			}

			@Override
			public Connection getConnection(String username, String password) throws SQLException {
				return getConnection();
			}

		});
		odd.run((context) -> assertThat(context).getFailure()
			.hasStackTraceContaining("needs connections of its own")
			.hasStackTraceContaining(RelayNotConfiguredException.class.getName()));
		odd.withPropertyValues("atmosphere.relay.jdbc.url=" + url).run((context) -> awaitUp(context));
	}

	@Test
	void itsConnectionsLookAtTheSchemaThatThePoolSets() {
		this.jdbc.withBean(DataSource.class, () -> {
			HikariDataSource pool = pool();
			pool.setJdbcUrl(pool.getJdbcUrl() + ";INIT=CREATE SCHEMA IF NOT EXISTS APP");
			pool.setSchema("APP");
			return pool;
		}).run(JdbcRelayConfigurationTests::assertUpInSchema);
	}

	@Test
	void itsConnectionsBeginAsThoseOfThePoolDo() {
		this.jdbc.withBean(DataSource.class, () -> {
			HikariDataSource pool = pool();
			pool.setJdbcUrl(pool.getJdbcUrl() + ";INIT=CREATE SCHEMA IF NOT EXISTS APP");
			pool.setConnectionInitSql("SET SCHEMA APP");
			return pool;
		}).run(JdbcRelayConfigurationTests::assertUpInSchema);
	}

	private static void assertUpInSchema(AssertableApplicationContext context) {
		awaitUp(context);
		assertThat(new JdbcTemplate(context.getBean(DataSource.class))
			.queryForObject("SELECT COUNT(*) FROM APP.ATMOSPHERE_SHARD", Integer.class)).isEqualTo(ShardedLog.SHARDS);
	}

	@Test
	void aPasswordThatHasChangedIsUsedForTheNextConnection() throws Exception {
		AtmosphereProperties.JdbcRelay properties = new AtmosphereProperties.JdbcRelay(null, null, null,
				ListenChoice.AUTO, null, Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofSeconds(10));
		try (HikariDataSource pool = pool()) {
			ConnectionSource source = new RelayConnections(pool, properties, Duration.ofSeconds(1)).source();
			try (Connection connection = source.open(); Statement statement = connection.createStatement()) {
				statement.execute("ALTER USER SA SET PASSWORD 'changed'");
			}
			assertThatExceptionOfType(SQLException.class).isThrownBy(source::open);
			pool.getHikariConfigMXBean().setPassword("changed");
			try (Connection connection = source.open()) {
				assertThat(connection.isValid(1)).isTrue();
			}
		}
	}

	@Test
	void aUrlOfAnUnknownDriverIsRefused() {
		AtmosphereProperties.JdbcRelay properties = new AtmosphereProperties.JdbcRelay("jdbc:nothing:x", null, null,
				ListenChoice.AUTO, null, Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofSeconds(10));
		assertThatExceptionOfType(RelayNotConfiguredException.class)
			.isThrownBy(() -> new RelayConnections(mock(DataSource.class), properties, Duration.ofSeconds(1)).source())
			.withMessageContaining("jdbc:nothing:x");
	}

	@Test
	void propertiesAreTaken() {
		this.jdbc.withBean(DataSource.class, JdbcRelayConfigurationTests::pool)
			.withPropertyValues("atmosphere.relay.jdbc.listen=never", "atmosphere.relay.jdbc.idle-interval=2s",
					"atmosphere.relay.jdbc.retention=5m", "atmosphere.relay.jdbc.clean-interval=1m",
					"atmosphere.cluster.name=other", "atmosphere.cluster.heartbeat-interval=4s",
					"atmosphere.cluster.node-timeout=16s", "atmosphere.relay.probe-timeout=20s")
			.run((context) -> {
				JdbcRelay relay = (JdbcRelay) context.getBean(ClusterRelay.class);
				assertThat(relay.settings().listen()).isEqualTo(ListenMode.NEVER);
				assertThat(relay.settings().idleInterval()).hasSeconds(2);
				assertThat(relay.settings().ephemeralRetention()).hasMinutes(5);
				assertThat(relay.settings().cleanInterval()).hasMinutes(1);
				assertThat(relay.settings().logName()).isEqualTo("other");
			});
		this.jdbc.withBean(DataSource.class, JdbcRelayConfigurationTests::pool)
			.withPropertyValues("atmosphere.relay.jdbc.idle-interval=2s", "atmosphere.cluster.heartbeat-interval=500ms")
			.run((context) -> assertThat(((JdbcRelay) context.getBean(ClusterRelay.class)).settings().idleInterval())
				.hasMillis(250));
		this.jdbc.withBean(DataSource.class, JdbcRelayConfigurationTests::pool)
			.withPropertyValues("atmosphere.relay.jdbc.retention=10ms")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidConfigurationPropertyValueException.class));
	}

	private static void awaitUp(ApplicationContext context) {
		MachineTime.await(Duration.ofSeconds(30)).until(context.getBean(MessagingNode.class).monitor()::isUp);
	}

}
