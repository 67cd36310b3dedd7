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

package io.github.atmosphererelay.stomp;

import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Ports;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * nginx or HAProxy with the recipe of the page on STOMP, whose addresses and path are
 * replaced.
 */
final class StompBalancer implements AutoCloseable {

	private final Process process;

	private final int port;

	private StompBalancer(Process process, int port) {
		this.process = process;
		this.port = port;
	}

	/**
	 * Start it, or skip the test where it is not installed.
	 */
	static StompBalancer start(String name, List<Integer> nodes, Path directory) throws IOException {
		Path program = find(name);
		int port = Ports.free();
		String recipe = recipe(name).replace("^/ws/", "^/sockjs/")
			.replace("listen 80;", "listen 127.0.0.1:" + port + ";")
			.replace("bind :80", "bind 127.0.0.1:" + port);
		for (int i = 0; i < nodes.size(); i++) {
			recipe = recipe.replace("node-" + (i + 1) + ":8080", "127.0.0.1:" + nodes.get(i));
		}
		Path configuration = Files.writeString(directory.resolve(name + ".conf"),
				name.equals("nginx") ? aroundNginx(recipe, directory) : recipe + "\n");
		List<String> command = name.equals("nginx")
				? List.of(program.toString(), "-c", configuration.toString(), "-e", "stderr")
				: List.of(program.toString(), "-db", "-f", configuration.toString());
		Path log = directory.resolve(name + ".log");
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.failFast("It has ended", () -> assertThat(process.isAlive()).as(Files.readString(log)).isTrue())
			.until(() -> isListening(port));
		return new StompBalancer(process, port);
	}

	private static String recipe(String name) throws IOException {
		Path page = Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
			.map((directory) -> directory.resolve(Path.of("src", "docs", "stomp.md")))
			.filter(Files::isRegularFile)
			.findFirst()
			.orElseThrow();
		String text = Files.readString(page);
		int begin = text.indexOf("```" + name + "\n") + name.length() + 4;
		return text.substring(begin, text.indexOf("```", begin));
	}

	private static String aroundNginx(String recipe, Path directory) {
		StringBuilder temporary = new StringBuilder();
		for (String name : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
			temporary.append("%1$s_temp_path %2$s/%1$s;%n".formatted(name, directory));
		}
		return """
				daemon off;
				master_process off;
				error_log stderr;
				pid %s/nginx.pid;
				events {}
				http {
				access_log off;
				%s
				%s
				}
				""".formatted(directory, temporary, recipe);
	}

	private static Path find(String program) {
		String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
		return Stream.of(path.split(File.pathSeparator))
			.map((directory) -> Path.of(directory, program))
			.filter(Files::isExecutable)
			.findFirst()
			.orElseGet(() -> Assumptions.abort(program + " is not installed"));
	}

	private static boolean isListening(int port) {
		try (Socket socket = new Socket("127.0.0.1", port)) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

	URI http(String path) {
		return URI.create("http://127.0.0.1:" + this.port + path);
	}

	@Override
	public void close() throws InterruptedException {
		this.process.destroy();
		if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
			this.process.destroyForcibly();
		}
	}

}
