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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

import org.springframework.util.FileSystemUtils;

/**
 * Node.js, for clients that are npm packages. Tests that need it are skipped, with a
 * reason, where it or the packages cannot be had.
 */
public final class NodeJs {

	private static final Path SOURCES = Path.of("src", "test", "js");

	private static final Path CLIENT = Path.of("src", "main", "resources", "io", "github", "atmosphererelay",
			"websocket", "client.js");

	/** Where the scripts run, with their packages beside them. */
	public static final Path DIRECTORY = Path.of("target", "js");

	private static @Nullable String missing;

	private static boolean prepared;

	private NodeJs() {
	}

	/**
	 * Prepare the scripts and their packages, once for all tests, or skip the test that
	 * asks.
	 * @param purpose what is skipped if there is no Node.js
	 */
	public static synchronized void require(String purpose) throws Exception {
		if (!prepared) {
			missing = prepare();
			prepared = true;
		}
		if (missing != null) {
			System.out.println("SKIPPED " + purpose + ": " + missing);
			Assumptions.abort(missing);
		}
	}

	private static @Nullable String prepare() throws Exception {
		if (!isPresent("node") || !isPresent("npm")) {
			return "Node.js and npm are not on the PATH";
		}
		FileSystemUtils.copyRecursively(SOURCES, DIRECTORY);
		Files.write(DIRECTORY.resolve("client.js"), Files.readAllBytes(CLIENT));
		Run install = run(180, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
		return (install.exitCode() != 0) ? "npm could not install the packages: " + install.output() : null;
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
	 * Start a program among the scripts.
	 * @param command the program and its arguments
	 * @return a builder with the directory set
	 */
	public static ProcessBuilder builder(String... command) {
		return new ProcessBuilder(new ArrayList<>(List.of(command))).directory(DIRECTORY.toFile());
	}

	/**
	 * Run a program to its end.
	 * @param timeoutSeconds how long it may take
	 * @param command the program and its arguments
	 * @return what it has printed
	 */
	public static Run run(int timeoutSeconds, String... command) throws IOException, InterruptedException {
		Path output = Files.createTempFile(DIRECTORY, "output", ".txt");
		Process process = builder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		process.getOutputStream().close();
		if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
			process.destroyForcibly().waitFor();
			return new Run(-1, "took longer than " + timeoutSeconds + " s: " + Files.readString(output));
		}
		return new Run(process.exitValue(), Files.readString(output));
	}

	/**
	 * What a program has printed.
	 *
	 * @param exitCode how it ended
	 * @param output all of it
	 */
	public record Run(int exitCode, String output) {
	}

}
