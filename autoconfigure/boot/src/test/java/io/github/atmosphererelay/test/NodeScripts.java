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
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.DigestUtils;
import org.springframework.util.FileSystemUtils;

/**
 * Scripts of {@code autoconfigure/boot/src/test/js} that run clients of others, as npm
 * has them, in Node.js.
 */
public final class NodeScripts {

	/** The module that has the scripts, from whichever module's tests run them. */
	private static final Path MODULE = Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
		.map((directory) -> directory.resolve(Path.of("autoconfigure", "boot")))
		.filter(Files::isDirectory)
		.findFirst()
		.orElseThrow();

	private static final Path SOURCES = MODULE.resolve(Path.of("src", "test", "js"));

	/** A script of the library, whose tests import it. */
	private static final Path CLIENT = MODULE.resolve(Path.of("..", "web", "src", "main", "resources", "io", "github",
			"atmosphererelay", "door", "centrifuge", "internal", "client.js"));

	private static final Path DIRECTORY = MODULE.resolve(Path.of("target", "js"));

	private static final Path MARKER = DIRECTORY.resolve("installed.txt");

	private static boolean installed;

	private NodeScripts() {
	}

	/**
	 * Have npm install the clients; skip the tests that need them if it cannot.
	 */
	public static synchronized void install() throws IOException, InterruptedException {
		if (installed) {
			return;
		}
		if (!isPresent("node") || !isPresent("npm")) {
			skip("Node.js and npm are not on the PATH");
		}
		// Tests run in several processes, and one must not take away what another one
		// runs
		try (FileChannel file = FileChannel.open(MODULE.resolve(Path.of("target", "js.lock")),
				StandardOpenOption.CREATE, StandardOpenOption.WRITE); FileLock lock = file.lock()) {
			String sources = fingerprint();
			if (!Files.exists(MARKER) || !Files.readString(MARKER).equals(sources)) {
				FileSystemUtils.copyRecursively(SOURCES, DIRECTORY);
				Files.write(DIRECTORY.resolve(CLIENT.getFileName()), Files.readAllBytes(CLIENT));
				Run install = run(List.of("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"), 180);
				if (install.exitCode() != 0) {
					skip("npm could not install the clients: " + install.output());
				}
				Files.writeString(MARKER, sources);
			}
		}
		installed = true;
	}

	private static String fingerprint() throws IOException {
		StringBuilder fingerprint = new StringBuilder();
		try (Stream<Path> sources = Files.walk(SOURCES)) {
			for (Path each : Stream.concat(sources.filter(Files::isRegularFile).sorted(), Stream.of(CLIENT)).toList()) {
				fingerprint.append(each).append(' ').append(DigestUtils.md5DigestAsHex(Files.readAllBytes(each)));
			}
		}
		return fingerprint.toString();
	}

	private static void skip(String reason) {
		System.out.println("SKIPPED the clients of npm: " + reason);
		Assumptions.abort(reason);
	}

	private static boolean isPresent(String program) {
		for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
			if (Files.isExecutable(Path.of(directory, program))) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Run a script.
	 * @return what it has printed
	 */
	public static Run run(int timeoutSeconds, String... scriptAndArguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(List.of("node"));
		command.addAll(List.of(scriptAndArguments));
		return run(command, timeoutSeconds);
	}

	/**
	 * Start a script that is talked to over its standard input and output.
	 */
	public static Process start(String script, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of("node", script));
		command.addAll(List.of(arguments));
		return new ProcessBuilder(command).directory(DIRECTORY.toFile())
			.redirectError(DIRECTORY.resolve(script + ".errors.txt").toFile())
			.start();
	}

	private static Run run(List<String> command, int timeoutSeconds) throws IOException, InterruptedException {
		Path output = Files.createTempFile(DIRECTORY, "output", ".txt");
		Process process = new ProcessBuilder(command).directory(DIRECTORY.toFile())
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		process.getOutputStream().close();
		if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
			process.destroyForcibly().waitFor();
			return new Run(-1, "took longer than " + timeoutSeconds + " s: " + Files.readString(output));
		}
		return new Run(process.exitValue(), Files.readString(output));
	}

	/**
	 * What a program has printed.
	 */
	public record Run(int exitCode, String output) {

		/**
		 * Return the last line, which scripts print their results in.
		 */
		public JsonNode result() {
			return JsonMapper.builder().build().readTree(this.output.lines().reduce((x, y) -> y).orElse("{}"));
		}

	}

}
