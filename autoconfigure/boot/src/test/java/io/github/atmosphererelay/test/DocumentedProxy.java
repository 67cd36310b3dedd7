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

package io.github.atmosphererelay.test;

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

import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A real nginx or HAProxy before the nodes, with its configuration from a page of the
 * documentation: only addresses are replaced.
 */
public final class DocumentedProxy implements AutoCloseable {

	private static final Path DOCS = Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
		.map((directory) -> directory.resolve(Path.of("src", "docs")))
		.filter(Files::isDirectory)
		.findFirst()
		.orElseThrow();

	private final Process process;

	private final int port;

	private final Path log;

	private DocumentedProxy(Process process, int port, Path log) {
		this.process = process;
		this.port = port;
		this.log = log;
	}

	/**
	 * Start nginx, or skip the test where it is not installed.
	 * @param page the page, such as {@code server-sent-events.md}
	 * @param nodes the ports of the nodes
	 * @param directory an empty directory for its files
	 */
	public static DocumentedProxy nginx(String page, List<Integer> nodes, Path directory) throws Exception {
		int port = freePort();
		StringBuilder temporary = new StringBuilder();
		for (String name : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
			temporary.append("%1$s_temp_path %2$s/%1$s;%n".formatted(name, directory));
		}
		// Without processes of other users, which could not write here
		String configuration = """
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
				block(page, "nginx", nodes).replace("listen 80;", "listen 127.0.0.1:" + port + ";"));
		Path file = Files.writeString(directory.resolve("nginx.conf"), configuration);
		return start(List.of(find("nginx").toString(), "-c", file.toString(), "-e", "stderr"), port,
				directory.resolve("nginx.log"));
	}

	/**
	 * Start HAProxy, or skip the test where it is not installed.
	 */
	public static DocumentedProxy haproxy(String page, List<Integer> nodes, Path directory) throws Exception {
		int port = freePort();
		String configuration = block(page, "haproxy", nodes).replace("bind :80", "bind 127.0.0.1:" + port) + "\n";
		Path file = Files.writeString(directory.resolve("haproxy.conf"), configuration);
		return start(List.of(find("haproxy").toString(), "-db", "-f", file.toString()), port,
				directory.resolve("haproxy.log"));
	}

	private static String block(String page, String language, List<Integer> nodes) throws IOException {
		String text = Files.readString(DOCS.resolve(page));
		int begin = text.indexOf("```" + language + "\n") + language.length() + 4;
		String block = text.substring(begin, text.indexOf("```", begin));
		for (int i = 0; i < nodes.size(); i++) {
			block = block.replace("node-" + (i + 1) + ":8080", "127.0.0.1:" + nodes.get(i));
		}
		return block;
	}

	private static DocumentedProxy start(List<String> command, int port, Path log) throws IOException {
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
		DocumentedProxy proxy = new DocumentedProxy(process, port, log);
		MachineTime.await(Duration.ofSeconds(30)).until(() -> {
			assertThat(process.isAlive()).as(proxy.output()).isTrue();
			return proxy.isListening();
		});
		return proxy;
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

	private String output() throws IOException {
		return Files.readString(this.log);
	}

	public URI http(String path) {
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
