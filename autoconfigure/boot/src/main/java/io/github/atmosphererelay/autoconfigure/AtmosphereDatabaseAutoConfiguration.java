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

import javax.sql.DataSource;

import io.github.atmosphererelay.jdbc.internal.ShardedLog;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Auto-configuration of the database that the outbox and the JDBC relay share: which one
 * it is, and its tables.
 */
@AutoConfiguration(before = AtmosphereAutoConfiguration.class,
		afterName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
@ConditionalOnClass({ ShardedLog.class, JdbcTemplate.class, DataSourceScriptDatabaseInitializer.class })
@ConditionalOnBooleanProperty(name = "atmosphere.enabled", matchIfMissing = true)
@Conditional(OnMessagingTables.class)
@EnableConfigurationProperties(AtmosphereProperties.class)
public final class AtmosphereDatabaseAutoConfiguration {

	/**
	 * After all tables of the application and of this library were created.
	 */
	@Bean
	@DependsOnDatabaseInitialization
	MessagingDataSource atmosphereMessagingDataSource(BeanFactory beans, ObjectProvider<DataSource> dataSources,
			AtmosphereProperties properties) {
		return new MessagingDataSource(dataSource(beans, dataSources, properties), properties.jdbc().dataSource());
	}

	@Bean
	DataSourceScriptDatabaseInitializer atmosphereMessagingSchemaInitializer(BeanFactory beans,
			ObjectProvider<DataSource> dataSources, AtmosphereProperties properties) {
		DataSource dataSource = dataSource(beans, dataSources, properties);
		AtmosphereProperties.Database settings = properties.jdbc();
		if (settings.initializeSchema() != SchemaInitialization.NEVER) {
			try {
				return new SchemaInitializer(dataSource, settings.initializeSchema(), settings.schema());
			}
			catch (IllegalStateException ex) {
				// The platform is not known, because the database is away. So it is not
				// an
				// embedded one
				if (settings.initializeSchema() == SchemaInitialization.ALWAYS) {
					throw ex;
				}
			}
		}
		DatabaseInitializationSettings none = new DatabaseInitializationSettings();
		none.setMode(DatabaseInitializationMode.NEVER);
		return new DataSourceScriptDatabaseInitializer(dataSource, none);
	}

	private static DataSource dataSource(BeanFactory beans, ObjectProvider<DataSource> dataSources,
			AtmosphereProperties properties) {
		String name = properties.jdbc().dataSource();
		try {
			return (name != null) ? beans.getBean(name, DataSource.class) : dataSources.getObject();
		}
		catch (NoUniqueBeanDefinitionException ex) {
			throw new DatabaseNotConfiguredException("There are several DataSource beans of which none is primary: "
					+ String.join(", ", (ex.getBeanNamesFound() != null) ? ex.getBeanNamesFound() : List.of()) + ".",
					"Set 'atmosphere.jdbc.data-source' to the name of the one whose database has the tables of the"
							+ " outbox and of the JDBC relay.");
		}
		catch (NoSuchBeanDefinitionException ex) {
			throw new DatabaseNotConfiguredException(
					(name != null) ? "There is no DataSource bean with the name '" + name + "'."
							: "The outbox and the JDBC relay need a database, and there is no DataSource bean.",
					(name != null) ? "Correct 'atmosphere.jdbc.data-source'."
							: "Add spring-boot-starter-jdbc and a driver, and set 'spring.datasource.url'.");
		}
	}

}
