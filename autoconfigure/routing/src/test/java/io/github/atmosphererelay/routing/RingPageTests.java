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

package io.github.atmosphererelay.routing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares {@link Ring} with {@code src/docs/ring.md}: with its test vectors, and with
 * its script, which Node.js runs.
 */
class RingPageTests {

	private static final Path PAGE = Path.of("..", "..", "src", "docs", "ring.md");

	private static final List<RingMember> MEMBERS = List.of(new RingMember("node-1", 1), new RingMember("node-2", 1),
			new RingMember("node-3", 2));

	@Test
	void theVectorsOfThePageAreThoseOfTheRing() throws IOException {
		String page = Files.readString(PAGE);
		Ring ring = Ring.of(MEMBERS);
		Matcher row = Pattern.compile("^\\| `(.+?)` \\| `(.+?)` \\| `(.+?)` \\|$", Pattern.MULTILINE).matcher(page);
		int rows = 0;
		while (row.find()) {
			String user = row.group(1);
			RingMember owner = ring.owner(user);
			assertThat(owner).as(user).isNotNull();
			assertThat(owner.name()).as(user).isEqualTo(row.group(3));
			byte[] hash = RingPoints.sha256().digest(user.getBytes(StandardCharsets.UTF_8));
			assertThat(HexFormat.of().formatHex(hash, 0, 6)).as(user).isEqualTo(row.group(2));
			rows++;
		}
		assertThat(rows).isEqualTo(9);
		assertThat(page).contains("digest `" + ring.digest() + "`")
			.containsPattern("digest\\s+`" + Ring.of(MEMBERS, List.of("bot")).digest() + "`");
	}

	@Test
	void theScriptOfThePageGivesTheSameOwners(@TempDir Path directory) throws Exception {
		boolean present = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
			.anyMatch((each) -> Files.isExecutable(Path.of(each, "node")));
		Assumptions.assumeTrue(present, "Node.js is not on the PATH");
		List<RingMember> members = List.of(new RingMember("zürich", 2), new RingMember("eu-1", 1),
				new RingMember("😀", 3), new RingMember("\uff5e", 1), new RingMember("idle", 0));
		List<String> spread = List.of("bot", "😀", "\uff5e");
		Matcher block = Pattern.compile("```js\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(PAGE));
		assertThat(block.find()).isTrue();
		Files.writeString(directory.resolve("ring.mjs"), block.group(1));
		Path program = Files
			.writeString(directory.resolve("program.mjs"),
					"""
							import { ring, digest } from "./ring.mjs";
							const members = [%s];
							const owner = ring(members);
							console.log(digest(members, [%s]));
							for (let i = 0; i < 10_000; i++) console.log(owner(`usér-${i}`));
							""".formatted(
							members.stream()
								.map((member) -> "{ name: \"%s\", weight: %d }".formatted(member.name(),
										member.weight()))
								.collect(Collectors.joining(", ")),
							spread.stream().map((user) -> '"' + user + '"').collect(Collectors.joining(", "))));
		Ring ring = Ring.of(members, spread);
		List<String> expected = new ArrayList<>();
		expected.add(ring.digest());
		for (int i = 0; i < 10_000; i++) {
			RingMember owner = ring.owner("usér-" + i);
			expected.add((owner != null) ? owner.name() : "");
		}
		assertThat(run("node", program.toString())).isEqualTo(expected);
	}

	private static List<String> run(String... command) throws Exception {
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		List<String> output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()
			.toList();
		assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
		return output;
	}

}
