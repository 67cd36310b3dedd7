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

package io.github.atmosphererelay.gateway;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A load balancer that is no Java program, with its configuration from the page on the
 * gateway: only addresses and times are replaced.
 */
final class ForeignBalancer implements AutoCloseable {

	private final Process process;

	private final int port;

	private final Path log;

	private ForeignBalancer(Process process, int port, Path log) {
		this.process = process;
		this.port = port;
		this.log = log;
	}

	/**
	 * Start it, or skip the test where it is not installed.
	 * @param nodes the ports of the nodes
	 * @param quiet the time without a frame after which it closes a connection
	 */
	static ForeignBalancer start(Kind kind, List<Integer> nodes, Duration quiet, Path directory) throws Exception {
		Path program = find(kind.program);
		int port = freePort();
		String block = DocumentedBlocks.ofGateway(kind.program).replace("75s", quiet.toSeconds() + "s");
		for (int i = 0; i < nodes.size(); i++) {
			block = block.replace("node-" + (i + 1) + ":8080", "127.0.0.1:" + nodes.get(i));
		}
		Path configuration = Files.writeString(directory.resolve(kind.program + ".conf"),
				kind.configuration(block, port, directory));
		Path log = directory.resolve(kind.program + ".log");
		List<String> command = Stream.concat(Stream.of(program.toString()), kind.arguments(configuration).stream())
			.toList();
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
		ForeignBalancer balancer = new ForeignBalancer(process, port, log);
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.failFast("It has ended", () -> assertThat(process.isAlive()).as(balancer.output()).isTrue())
			.until(balancer::isListening);
		return balancer;
	}

	private static Path find(String program) {
		String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
		return Stream.of(path.split(File.pathSeparator))
			.map((directory) -> Path.of(directory, program))
			.filter(Files::isExecutable)
			.findFirst()
			.orElseGet(() -> Assumptions.abort(program + " is not installed"));
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
	}

	private boolean isListening() {
		try (Socket socket = new Socket("127.0.0.1", this.port)) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

	private String output() {
		try {
			return Files.readString(this.log);
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

	URI http(String path) {
		return URI.create("http://127.0.0.1:" + this.port + path);
	}

	URI webSocket(String path) {
		return URI.create("ws://127.0.0.1:" + this.port + path);
	}

	@Override
	public void close() throws InterruptedException {
		this.process.destroy();
		if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
			this.process.destroyForcibly();
		}
	}

	/**
	 * Those that the page has a recipe for.
	 */
	enum Kind {

		/** Without processes of other users, which could not write here. */
		NGINX("nginx") {

			@Override
			String configuration(String block, int port, Path directory) {
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
						""".formatted(directory, temporary,
						block.replace("listen 80;", "listen 127.0.0.1:" + port + ";"));
			}

			@Override
			List<String> arguments(Path configuration) {
				return List.of("-c", configuration.toString(), "-e", "stderr");
			}

		},

		HAPROXY("haproxy") {

			@Override
			String configuration(String block, int port, Path directory) {
				return block.replace("bind :80", "bind 127.0.0.1:" + port) + "\n";
			}

			@Override
			List<String> arguments(Path configuration) {
				return List.of("-db", "-f", configuration.toString());
			}

		};

		private final String program;

		Kind(String program) {
			this.program = program;
		}

		abstract String configuration(String block, int port, Path directory);

		abstract List<String> arguments(Path configuration);

	}

}
