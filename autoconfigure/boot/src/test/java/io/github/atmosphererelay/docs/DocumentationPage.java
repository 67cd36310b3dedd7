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

package io.github.atmosphererelay.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * A page of the documentation.
 *
 * @param path where the page is
 * @param text what it says, as Markdown
 */
record DocumentationPage(Path path, String text) {

	static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();

	static final Path FOLDER = ROOT.resolve(Path.of("src", "docs"));

	/**
	 * A block of code, after an invisible comment that says what it takes for granted.
	 */
	private static final Pattern BLOCK = Pattern.compile("(?ms)(?:^<!-- given: (.*?) -->\\n)?^```(\\w*)\\n(.*?)^```$");

	private static final Pattern HEADING = Pattern.compile("(?m)^(#{1,6}) (.+)$");

	private static final Pattern LINK = Pattern.compile("\\]\\(([^()\\s]+)\\)");

	/**
	 * Read a page.
	 * @param path where it is
	 */
	static DocumentationPage read(Path path) throws IOException {
		return new DocumentationPage(path, Files.readString(path));
	}

	/**
	 * Read the README and all pages of {@code src/docs}.
	 */
	static List<DocumentationPage> all() throws IOException {
		List<DocumentationPage> pages = new ArrayList<>(List.of(read(ROOT.resolve("README.md"))));
		try (Stream<Path> files = Files.list(FOLDER)) {
			for (Path file : files.filter((each) -> each.toString().endsWith(".md")).sorted().toList()) {
				pages.add(read(file));
			}
		}
		return pages;
	}

	/**
	 * Return the page's name within the project, with slashes.
	 */
	String name() {
		return ROOT.relativize(this.path).toString().replace('\\', '/');
	}

	/**
	 * Return the blocks of code in a language.
	 * @param language the language, as it stands behind the fence
	 */
	List<Block> blocks(String language) {
		return blocks().stream().filter((block) -> block.language().equals(language)).toList();
	}

	List<Block> blocks() {
		Matcher matcher = BLOCK.matcher(this.text);
		List<Block> blocks = new ArrayList<>();
		while (matcher.find()) {
			int line = (int) this.text.substring(0, matcher.start(2)).lines().count();
			blocks.add(new Block(this, line, matcher.group(2), matcher.group(3), matcher.group(1)));
		}
		return blocks;
	}

	/**
	 * Return the page without its blocks of code.
	 */
	String prose() {
		return BLOCK.matcher(this.text).replaceAll("");
	}

	/**
	 * Return the headings of a level.
	 * @param level 1 for the title
	 */
	List<String> headings(int level) {
		return HEADING.matcher(prose())
			.results()
			.filter((heading) -> heading.group(1).length() == level)
			.map((heading) -> heading.group(2))
			.toList();
	}

	/**
	 * Return the anchors of the headings, as GitHub makes them.
	 */
	List<String> anchors() {
		Map<String, Integer> seen = new HashMap<>();
		return HEADING.matcher(prose()).results().map((heading) -> {
			String anchor = heading.group(2)
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^\\p{L}\\p{N} _-]", "")
				.replace(' ', '-');
			int number = seen.merge(anchor, 1, Integer::sum);
			return (number == 1) ? anchor : anchor + "-" + (number - 1);
		}).toList();
	}

	/**
	 * Return the addresses of all links and pictures.
	 */
	List<String> links() {
		return LINK.matcher(prose()).results().map((link) -> link.group(1)).toList();
	}

	/**
	 * Return the lines from a heading to the next one of its level or above.
	 * @param heading the heading with its number signs
	 */
	List<String> section(String heading) {
		List<String> lines = this.text.lines().toList();
		int begin = lines.indexOf(heading);
		if (begin < 0) {
			throw new IllegalArgumentException(name() + " has no '" + heading + "'");
		}
		String end = "#{1," + heading.indexOf(' ') + "} .*";
		return lines.subList(begin + 1, lines.size()).stream().takeWhile((line) -> !line.matches(end)).toList();
	}

	@Override
	public String toString() {
		return name();
	}

	/**
	 * A block of code.
	 *
	 * @param page the page that it stands on
	 * @param line the line that it begins in
	 * @param language the language, as it stands behind the fence
	 * @param code the code itself
	 * @param given declarations that the code takes for granted, or {@code null}
	 */
	record Block(DocumentationPage page, int line, String language, String code, @Nullable String given) {

		@Override
		public String toString() {
			return this.page + ":" + this.line;
		}

	}

}
