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

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

/**
 * Programs that are installed on this machine.
 */
final class Programs {

	/** Where Debian keeps servers. The path of a user does not always have them. */
	private static final List<String> DIRECTORIES_OF_SERVERS = List.of("/usr/local/sbin", "/usr/sbin", "/sbin");

	private Programs() {
	}

	/**
	 * Find a program.
	 * @param name its file name
	 * @return its path
	 */
	static Optional<Path> find(String name) {
		String path = System.getenv().getOrDefault("PATH", "");
		return Stream.concat(Stream.of(path.split(File.pathSeparator)), DIRECTORIES_OF_SERVERS.stream())
			.filter((directory) -> !directory.isEmpty())
			.map((directory) -> Path.of(directory, name))
			.filter(Files::isExecutable)
			.findFirst();
	}

	/**
	 * Find a program, and skip the test if it is missing.
	 * @param name its file name
	 * @param product what the test is skipped on
	 * @return its path
	 */
	static Path require(String name, String product) {
		return find(name).orElseGet(() -> skip(product, name + " is not installed"));
	}

	/**
	 * Skip the test or the test class that runs in this thread, and say so.
	 * @param product what the test is skipped on
	 * @param reason why
	 * @return nothing: it always throws
	 */
	static <T> T skip(String product, String reason) {
		System.out.println("SKIPPED " + product + ": " + reason);
		return Assumptions.abort(product + ": " + reason);
	}

	/**
	 * Run a program to its end, without its output.
	 * @param command the program and its arguments
	 * @return whether it could be run, and succeeded
	 */
	static boolean succeeds(List<String> command) {
		try {
			return new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start()
				.waitFor() == 0;
		}
		catch (IOException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

}
