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

package io.github.atmosphererelay.group.internal;

import java.sql.SQLException;

import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Why a group could not store something.
 */
final class StoreFailures {

	/** Of SQL states: a table or a right is missing. */
	private static final String RULE_VIOLATED = "42";

	private static final int MAX_DEPTH = 10;

	private StoreFailures() {
	}

	/**
	 * Return whether an operator has to change something. That a broker or database is
	 * away passes by itself, and the relay reports it.
	 */
	static boolean isLasting(@Nullable Throwable failure) {
		Throwable cause = failure;
		for (int depth = 0; depth < MAX_DEPTH && cause != null; depth++) {
			if (cause instanceof RelayUnavailableException unavailable && unavailable.isRefusal()) {
				return true;
			}
			if (cause instanceof SQLException sql && sql.getSQLState() != null
					&& sql.getSQLState().startsWith(RULE_VIOLATED)) {
				return true;
			}
			cause = cause.getCause();
		}
		return false;
	}

}
