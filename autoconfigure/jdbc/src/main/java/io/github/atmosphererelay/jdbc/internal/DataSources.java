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

package io.github.atmosphererelay.jdbc.internal;

import java.sql.SQLException;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Compares data sources, of which one may be a proxy of the other.
 */
public final class DataSources {

	private DataSources() {
	}

	/**
	 * Follow Spring's proxies to the data source behind them.
	 * @param dataSource the data source
	 * @return the last one, which may be the given one
	 */
	public static DataSource root(DataSource dataSource) {
		DataSource current = dataSource;
		while (current instanceof DelegatingDataSource delegating && delegating.getTargetDataSource() != null) {
			current = delegating.getTargetDataSource();
		}
		return current;
	}

	/**
	 * Return whether two data sources lead to the same one: each of them may be a proxy
	 * of Spring, or wrap the other one as JDBC defines it.
	 * @param one a data source
	 * @param other another one, or the same
	 * @return whether they give connections of one pool
	 */
	public static boolean isSame(DataSource one, DataSource other) {
		DataSource first = root(one);
		DataSource second = root(other);
		return first == second || wraps(first, second) || wraps(second, first);
	}

	private static boolean wraps(DataSource outer, DataSource inner) {
		try {
			return outer.isWrapperFor(inner.getClass()) && outer.unwrap(inner.getClass()) == inner;
		}
		catch (SQLException | RuntimeException ex) {
			return false;
		}
	}

}
