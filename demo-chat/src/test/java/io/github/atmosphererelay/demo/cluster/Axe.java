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

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Assumptions;

import org.springframework.util.FileSystemUtils;

/**
 * Looks for what keeps people from using a page: axe-core, as npm has it.
 */
final class Axe {

	private static final Path SOURCES = Path.of("src", "test", "js");

	private static final Path DIRECTORY = Path.of("target", "axe");

	private static final Path SCRIPT = DIRECTORY.resolve(Path.of("node_modules", "axe-core", "axe.min.js"));

	private static final Path INSTALLED = DIRECTORY.resolve("installed.txt");

	private static final String RUN = """
			const done = arguments[arguments.length - 1];
			axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] })
				.then(({ violations }) => done(violations.flatMap((each) => each.nodes.map((node) =>
					`${each.id}: ${node.target.join(" ")} ${node.failureSummary.replace(/\\s+/g, " ")}`))),
					(error) => done([String(error)]));
			""";

	private static String script;

	private Axe() {
	}

	/**
	 * Have npm install it; skip the test if it cannot.
	 */
	static synchronized void assumePresent() throws IOException, InterruptedException {
		if (script != null) {
			return;
		}
		Files.createDirectories(DIRECTORY);
		// Tests run in several processes, and one must not take away what another one
		// reads
		try (FileChannel file = FileChannel.open(DIRECTORY.resolveSibling("axe.lock"), StandardOpenOption.CREATE,
				StandardOpenOption.WRITE); FileLock lock = file.lock()) {
			install();
			script = Files.readString(SCRIPT);
		}
	}

	private static void install() throws IOException, InterruptedException {
		if (!Files.exists(INSTALLED)) {
			FileSystemUtils.copyRecursively(SOURCES, DIRECTORY);
			Path output = DIRECTORY.resolve("npm.txt");
			try {
				Process npm = new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
					.directory(DIRECTORY.toFile())
					.redirectErrorStream(true)
					.redirectOutput(output.toFile())
					.start();
				if (!npm.waitFor(3, TimeUnit.MINUTES) || npm.exitValue() != 0) {
					npm.destroyForcibly();
					skip(Files.readString(output));
				}
			}
			catch (IOException ex) {
				skip(String.valueOf(ex.getMessage()));
			}
			Files.createFile(INSTALLED);
		}
	}

	private static void skip(String reason) {
		System.out.println("SKIPPED what axe says about the demo's pages: npm could not install it: " + reason);
		Assumptions.abort("npm could not install axe-core");
	}

	/**
	 * Return what is wrong on the page that a browser shows, and whether it is wider than
	 * the screen.
	 */
	@SuppressWarnings("unchecked")
	static List<String> faults(ChatBrowser browser) {
		browser.driver().executeScript(script + ";window.axe = axe;");
		List<String> faults = (List<String>) browser.driver().executeAsyncScript(RUN);
		Object wider = browser.driver().executeScript("return document.documentElement.scrollWidth - innerWidth");
		return ((Long) wider > 0) ? List.of("wider than the screen by " + wider) : faults;
	}

}
