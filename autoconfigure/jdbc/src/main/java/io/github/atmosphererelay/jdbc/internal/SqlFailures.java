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

import java.sql.BatchUpdateException;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * Tells failures of statements without the values that were bound to them. PostgreSQL's
 * driver writes these into the message of a failed batch, and the messages of clients do
 * not belong into logs, nor into exceptions of the application.
 */
public final class SqlFailures implements SQLExceptionTranslator {

	/**
	 * The translator for every template that writes envelopes. Safe for use by many
	 * threads.
	 */
	public static final SQLExceptionTranslator TRANSLATOR = new SqlFailures();

	private final SQLExceptionTranslator delegate = new SQLExceptionSubclassTranslator();

	private SqlFailures() {
	}

	@Override
	public DataAccessException translate(String task, @Nullable String sql, SQLException failure) {
		SQLException told = failure;
		if (failure instanceof BatchUpdateException) {
			SQLException ofServer = (failure.getNextException() != null) ? failure.getNextException()
					: (failure.getCause() instanceof SQLException cause) ? cause : null;
			told = (ofServer != null) ? ofServer
					: new SQLException("A batch has failed", failure.getSQLState(), failure.getErrorCode());
		}
		DataAccessException translated = this.delegate.translate(task, sql, told);
		return (translated != null) ? translated : new UncategorizedSQLException(task, sql, told);
	}

	/**
	 * Return what the database or its driver has said, without the statement that Spring
	 * adds to it.
	 * @param failure the failure of a statement or a connection
	 * @return the exception of the driver, or the failure itself if there is none
	 */
	public static Throwable cause(Throwable failure) {
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			if (ex instanceof SQLException) {
				return ex;
			}
		}
		return failure;
	}

}
