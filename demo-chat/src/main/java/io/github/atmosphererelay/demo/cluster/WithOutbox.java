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

package io.github.atmosphererelay.demo.cluster;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A broker, and a database in which the chat stores its messages and publishes them in
 * the same transaction. It may be one and the same.
 */
final class WithOutbox implements Broker {

	private final Broker broker;

	private final EmbeddedDatabase database;

	private WithOutbox(Broker broker, EmbeddedDatabase database) {
		this.broker = broker;
		this.database = database;
	}

	static WithOutbox start(Broker.Kind kind, Path directory, List<Integer> ports) {
		EmbeddedDatabase database = EmbeddedDatabase.start(directory);
		if (kind == Broker.Kind.JDBC) {
			return new WithOutbox(database, database);
		}
		try {
			return new WithOutbox(kind.start(directory, ports), database);
		}
		catch (RuntimeException | Error ex) {
			database.close();
			throw ex;
		}
	}

	@Override
	public Map<String, String> properties() {
		Map<String, String> properties = new LinkedHashMap<>(this.broker.properties());
		properties.putAll(this.database.dataSource());
		properties.put("atmosphere.outbox.enabled", "true");
		// With JPA
		properties.put("spring.autoconfigure.exclude", "");
		properties.put("spring.sql.init.mode", "always");
		return properties;
	}

	@Override
	public Map<String, String> relayProperties() {
		return this.broker.relayProperties();
	}

	@Override
	public String description() {
		return (this.broker != this.database)
				? this.broker.description() + ", and the outbox in " + this.database.description()
				: this.broker.description() + ", which is the outbox too";
	}

	@Override
	public void close() {
		this.broker.close();
		this.database.close();
	}

}
