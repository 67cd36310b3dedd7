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

package io.github.atmosphererelay.testkit;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compiles the application of the page on starting and the tests of the page on testing,
 * as they stand there, and runs these.
 */
@Timeout(180)
class TestingPageTests {

	private static final Path START = Path.of("..", "..", "src", "docs", "start.md");

	private static final Path PAGE = Path.of("..", "..", "src", "docs", "testing.md");

	@Test
	void theTestsOfThePageSucceed(@TempDir Path directory) throws Exception {
		List<String> tests = blocks(Files.readString(PAGE), "java");
		try (URLClassLoader application = build(directory, tests)) {
			for (String test : tests) {
				run(application, name(test), test.contains("disabledWithoutDocker"));
			}
		}
	}

	private static void run(ClassLoader application, String name, boolean needsDocker) throws ClassNotFoundException {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(application);
		try {
			LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
				.selectors(DiscoverySelectors.selectClass(application.loadClass("com.example.chat." + name)))
				.build();
			SummaryGeneratingListener listener = new SummaryGeneratingListener();
			LauncherFactory.create().execute(request, listener);
			TestExecutionSummary summary = listener.getSummary();
			summary.printFailuresTo(new PrintWriter(System.out, true));
			assertThat(summary.getTotalFailureCount()).as(name).isZero();
			if (needsDocker && summary.getContainersSkippedCount() > 0) {
				System.out.println("SKIPPED " + name + " of the page on testing: no Docker engine answers");
			}
			else {
				assertThat(summary.getTestsSucceededCount()).as(name).isOne();
			}
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	@Test
	void theTestOfTheEndpointHasAtMost25Lines() throws IOException {
		String test = blocks(Files.readString(PAGE), "java").get(0);
		assertThat(name(test)).isEqualTo("RoomsTests");
		assertThat(test.lines()).hasSizeLessThanOrEqualTo(25);
	}

	@Test
	void theDependencyIsThatOfTheBuild() throws IOException {
		String pom = Files.readString(Path.of("pom.xml"));
		Matcher artifact = Pattern.compile("</parent>\\s*(<artifactId>.+</artifactId>)").matcher(pom);
		Matcher version = Pattern.compile("<version>.+</version>").matcher(pom);
		assertThat(artifact.find() && version.find()).isTrue();
		assertThat(blocks(Files.readString(PAGE), "xml")).singleElement()
			.asString()
			.contains("<groupId>io.github.atmosphererelay</groupId>", artifact.group(1), version.group(),
					"<scope>test</scope>");
	}

	/**
	 * Build the application and its tests as a user's build would, in one directory.
	 */
	private static URLClassLoader build(Path directory, List<String> tests) throws IOException {
		String start = Files.readString(START);
		Path classes = Files.createDirectories(directory.resolve("classes"));
		Files.writeString(classes.resolve("application.yml"), blocks(start, "yaml").get(0));
		List<String> sources = new ArrayList<>(blocks(start, "java"));
		assertThat(sources).hasSize(2);
		sources.addAll(tests);
		List<String> args = new ArrayList<>(List.of("-proc:none", "-parameters", "-classpath",
				System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), "-d",
				classes.toString()));
		for (String source : sources) {
			args.add(Files.writeString(directory.resolve(name(source) + ".java"), source).toString());
		}
		JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
		assertThat(compiler.run(null, System.out, System.err, args.toArray(String[]::new)))
			.as("exit status of the compiler")
			.isZero();
		return new URLClassLoader(new URL[] { classes.toUri().toURL() }, TestingPageTests.class.getClassLoader());
	}

	private static List<String> blocks(String page, String language) {
		return Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
			.matcher(page)
			.results()
			.map((block) -> block.group(1))
			.toList();
	}

	/** The name of the outermost class of a source. */
	private static String name(String source) {
		return Pattern.compile("(?m)^(?:public )?class (\\w+)")
			.matcher(source)
			.results()
			.findFirst()
			.map((MatchResult result) -> result.group(1))
			.orElseThrow();
	}

}
