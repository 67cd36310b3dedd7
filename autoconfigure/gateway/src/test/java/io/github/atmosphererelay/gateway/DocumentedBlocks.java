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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Blocks of code on the page on the gateway.
 */
final class DocumentedBlocks {

	private static final Path PAGE = Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
		.map((directory) -> directory.resolve(Path.of("src", "docs", "gateway.md")))
		.filter(Files::exists)
		.findFirst()
		.orElseThrow();

	private DocumentedBlocks() {
	}

	/**
	 * Return the one block of a language.
	 */
	static String ofGateway(String language) throws IOException {
		List<String> found = allOfGateway(language);
		assertThat(found).as("blocks of " + language + " in " + PAGE).hasSize(1);
		return found.get(0);
	}

	/**
	 * Return the blocks of a language.
	 */
	static List<String> allOfGateway(String language) throws IOException {
		Matcher blocks = Pattern.compile("^```" + language + "\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
			.matcher(Files.readString(PAGE));
		return blocks.results().map((block) -> block.group(1)).toList();
	}

}
