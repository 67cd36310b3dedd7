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

package io.github.atmosphererelay.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The server that runs on Node.js, which has to be on the path, with packages that npm
 * installs.
 */
final class NodeProgram {

	private static final List<String> FILES = List.of("package.json", "package-lock.json", "server.mjs");

	private static final int INSTALL_MINUTES = 3;

	private NodeProgram() {
	}

	/**
	 * Install the server. Waits for it.
	 * @param directory where
	 */
	static void install(Path directory) throws IOException {
		Path home = Files.createDirectories(home(directory));
		for (String file : FILES) {
			try (InputStream in = NodeProgram.class.getResourceAsStream("/node-ws/" + file)) {
				Files.write(home.resolve(file), Objects.requireNonNull(in).readAllBytes());
			}
		}
		Process npm = new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
			.directory(home.toFile())
			.redirectErrorStream(true)
			.redirectOutput(home.resolve("npm.log").toFile())
			.start();
		try {
			if (!npm.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES) || npm.exitValue() != 0) {
				npm.destroyForcibly();
				throw new IOException("npm has not installed the server that runs on Node.js:\n"
						+ Files.readString(home.resolve("npm.log")));
			}
		}
		catch (InterruptedException ex) {
			npm.destroyForcibly();
			Thread.currentThread().interrupt();
			throw new IOException("Interrupted while npm installs", ex);
		}
	}

	/**
	 * Return how a node is started.
	 * @param directory where the server is installed
	 * @param redisPort where Redis listens
	 * @return the command
	 */
	static List<String> command(Path directory, int redisPort) {
		return List.of("node", "--expose-gc", home(directory).resolve("server.mjs").toString(),
				Integer.toString(redisPort));
	}

	private static Path home(Path directory) {
		return directory.resolve("node-ws");
	}

}
