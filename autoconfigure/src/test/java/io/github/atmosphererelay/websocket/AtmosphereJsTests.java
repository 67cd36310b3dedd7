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

package io.github.atmosphererelay.websocket;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.test.RedisServers;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The npm client {@code atmosphere.js}, as published, against two nodes.
 */
class AtmosphereJsTests {

	private static final Path SOURCES = Path.of("src", "test", "js");

	private static final Path DIRECTORY = Path.of("target", "js");

	private static RedisServers.Standalone redis;

	private static TestNode a;

	private static TestNode b;

	@BeforeAll
	static void start() throws Exception {
		if (!isPresent("node") || !isPresent("npm")) {
			skip("Node.js and npm are not on the PATH");
		}
		FileSystemUtils.copyRecursively(SOURCES, DIRECTORY);
		Run install = run(List.of("npm", "ci", "--no-audit", "--no-fund"), 180);
		if (install.exitCode() != 0) {
			skip("npm could not install the client: " + install.output());
		}
		redis = RedisServers.standalone();
		a = startNode();
		b = startNode();
	}

	private static void skip(String reason) {
		System.out.println("SKIPPED the npm client atmosphere.js: " + reason);
		Assumptions.abort(reason);
	}

	private static TestNode startNode() {
		return TestNode.start("atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port(), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true");
	}

	@AfterAll
	static void stop() {
		if (a != null) {
			a.close();
		}
		if (b != null) {
			b.close();
		}
		if (redis != null) {
			redis.close();
		}
	}

	@Test
	void thePlainModeWorksUnmodifiedAcrossNodes() throws Exception {
		int count = 100;
		String channel = "/atmosphere/chat/js";
		Run run = run(List.of("node", "atmosphere-plain.mjs", a.http(channel).toString(), b.http(channel).toString(),
				String.valueOf(count)), 60);
		JsonNode result = JsonMapper.builder().build().readTree(run.output().lines().reduce((x, y) -> y).orElse("{}"));
		List<String> expected = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			expected.add("message " + i + " grüße");
		}
		expected.add("ff0058");
		assertThat(result.path("error").isNull()).as(run.output()).isTrue();
		assertThat(texts(result.path("a"))).isEqualTo(expected);
		assertThat(texts(result.path("b"))).isEqualTo(expected);
	}

	private static List<String> texts(JsonNode array) {
		List<String> texts = new ArrayList<>();
		array.forEach((each) -> texts.add(each.asString()));
		return texts;
	}

	private static boolean isPresent(String program) {
		for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
			if (Files.isExecutable(Path.of(directory, program))) {
				return true;
			}
		}
		return false;
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
	private record Run(int exitCode, String output) {
	}

}
