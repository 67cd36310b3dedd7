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

import io.github.atmosphererelay.jdbc.internal.DataSources;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.BeanWrapper;
import org.springframework.beans.PropertyAccessorFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;

/**
 * Finds the application's transaction manager for the database that has the tables of
 * this library.
 */
final class GroupTransactionManager {

	private GroupTransactionManager() {
	}

	/**
	 * Find the transaction manager.
	 * @param managers the transaction managers of the application
	 * @param dataSource the database
	 * @return the only one of this database, or else the primary one
	 * @throws DatabaseNotConfiguredException if there is none, or it is not clear which
	 */
	static PlatformTransactionManager find(ObjectProvider<PlatformTransactionManager> managers, DataSource dataSource) {
		List<PlatformTransactionManager> usable = managers.orderedStream()
			.filter((manager) -> isFor(manager, dataSource))
			.toList();
		if (usable.size() == 1) {
			return usable.get(0);
		}
		PlatformTransactionManager primary = usable.isEmpty() ? null : managers.getIfUnique();
		if (primary != null && usable.contains(primary)) {
			return primary;
		}
		throw new DatabaseNotConfiguredException(
				"A @ChannelListener has 'exactlyOnce', and "
						+ (usable.isEmpty() ? "no transaction manager of the application" : "more than one of them")
						+ " uses the DataSource that has the tables of the jdbc relay.",
				usable.isEmpty()
						? "Define a JdbcTransactionManager or a JpaTransactionManager for it, as Spring Boot does for a"
								+ " single DataSource. Or leave 'exactlyOnce' out."
						: "Mark one of these transaction managers as @Primary.");
	}

	private static boolean isFor(PlatformTransactionManager manager, DataSource dataSource) {
		if (manager instanceof ResourceTransactionManager resource
				&& resource.getResourceFactory() instanceof DataSource own) {
			return DataSources.isSame(own, dataSource);
		}
		// As JpaTransactionManager has
		if (BeanUtils.getPropertyDescriptor(manager.getClass(), "dataSource") == null) {
			return false;
		}
		BeanWrapper properties = PropertyAccessorFactory.forBeanPropertyAccess(manager);
		return properties.isReadableProperty("dataSource")
				&& properties.getPropertyValue("dataSource") instanceof DataSource own
				&& DataSources.isSame(own, dataSource);
	}

}
