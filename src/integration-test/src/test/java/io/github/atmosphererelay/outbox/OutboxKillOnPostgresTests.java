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

package io.github.atmosphererelay.outbox;

import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * Kills of nodes with their outbox in PostgreSQL.
 */
class OutboxKillOnPostgresTests extends AbstractOutboxKillTests {

	private @Nullable DatabaseServer server;

	@Override
	DatabaseServer database() {
		DatabaseServer server = DatabaseServers.newPostgres();
		this.server = server;
		return server;
	}

	@Override
	int kills() {
		return Integer.getInteger("atmosphere.test.kills", 6);
	}

	@AfterEach
	void close() {
		if (this.server != null) {
			this.server.close();
		}
	}

}
