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
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.h2.tools.Server;

/**
 * A database in this process, to which the nodes connect as to any other server.
 */
final class EmbeddedDatabase implements Broker {

	private static final List<String> JPA = List.of(
			"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
			"org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration");

	private final Server server;

	private EmbeddedDatabase(Server server) {
		this.server = server;
	}

	static EmbeddedDatabase start(Path directory) {
		try {
			return new EmbeddedDatabase(Server
				.createTcpServer("-tcpPort", "0", "-ifNotExists", "-baseDir", directory.toAbsolutePath().toString())
				.start());
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The database could not be started", ex);
		}
	}

	@Override
	public Map<String, String> properties() {
		Map<String, String> properties = new LinkedHashMap<>(dataSource());
		properties.put("atmosphere.relay.type", "jdbc");
		// Without JPA
		properties.put("spring.autoconfigure.exclude", String.join(",", JPA));
		return properties;
	}

	/**
	 * Return what the nodes have to be told to connect.
	 * @return names and values of properties
	 */
	Map<String, String> dataSource() {
		return Map.of("spring.datasource.url",
				"jdbc:h2:tcp://127.0.0.1:" + this.server.getPort() + "/./demo-chat;WRITE_DELAY=0",
				"spring.datasource.username", "sa", "spring.datasource.password", "sa",
				"atmosphere.jdbc.initialize-schema", "always");
	}

	@Override
	public String description() {
		return "the database H2 on port " + this.server.getPort();
	}

	@Override
	public void close() {
		this.server.stop();
	}

}
