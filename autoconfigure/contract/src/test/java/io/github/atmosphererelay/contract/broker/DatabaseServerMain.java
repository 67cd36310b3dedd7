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

package io.github.atmosphererelay.contract.broker;

import java.util.stream.Collectors;

/**
 * A process that starts a database, pauses it, tells its directory and its processes, and
 * waits to be killed.
 */
public final class DatabaseServerMain {

	private DatabaseServerMain() {
	}

	public static void main(String[] args) throws InterruptedException {
		DatabaseServer server = start(args[0]);
		server.pause();
		System.out.println(server.process().directory());
		System.out.println(server.process().ids().stream().map(String::valueOf).collect(Collectors.joining(" ")));
		Thread.currentThread().join();
	}

	static DatabaseServer start(String kind) {
		return switch (kind) {
			case "postgres" -> DatabaseServers.newPostgres();
			case "mariadb" -> DatabaseServers.newMariaDb();
			case "h2" -> DatabaseServers.newH2();
			default -> throw new IllegalArgumentException(kind);
		};
	}

}
