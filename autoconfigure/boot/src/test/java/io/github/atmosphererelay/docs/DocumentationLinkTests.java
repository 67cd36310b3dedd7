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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The links of the documentation, and how its pages are built.
 */
class DocumentationLinkTests {

	private static final List<String> ORDER = List.of("Example", "How it works", "What is promised", "Limits",
			"Errors and codes", "Properties and meters", "Read on");

	/** From channels to Kafka, as the index says. */
	private static final List<String> GUIDES = List.of("channels", "clients", "recorded-channels", "durable-sessions",
			"outbox", "presence", "endpoints", "security", "java-api", "relays", "redis", "kafka", "feeds");

	@Test
	void everyRelativeLinkLeadsToAFileAndAHeadingThatAreThere() throws IOException {
		List<DocumentationPage> pages = new ArrayList<>(DocumentationPage.all());
		for (String further : List.of("CONTRIBUTING.md", "CHANGELOG.md", "src/benchmark/README.md")) {
			pages.add(DocumentationPage.read(DocumentationPage.ROOT.resolve(further)));
		}
		List<String> broken = new ArrayList<>();
		int checked = 0;
		for (DocumentationPage page : pages) {
			for (String link : page.links()) {
				if (!link.matches("[a-z]+:.*")) {
					checked++;
					String fault = fault(page, link);
					if (fault != null) {
						broken.add("%s links to %s: %s".formatted(page, link, fault));
					}
				}
			}
		}
		assertThat(broken).isEmpty();
		assertThat(checked).isGreaterThan(100);
	}

	private static @Nullable String fault(DocumentationPage page, String link) throws IOException {
		int hash = link.indexOf('#');
		String file = (hash < 0) ? link : link.substring(0, hash);
		Path target = file.isEmpty() ? page.path() : page.path().resolveSibling(file).normalize();
		if (!target.startsWith(DocumentationPage.ROOT) || !Files.exists(target)) {
			return "there is no such file";
		}
		// Where case does not count on the machine of the author, it does elsewhere
		if (!target.toRealPath().endsWith(target.getFileName())) {
			return "the file is " + target.toRealPath().getFileName();
		}
		if (hash >= 0 && !DocumentationPage.read(target).anchors().contains(link.substring(hash + 1))) {
			return "there is no such heading";
		}
		return null;
	}

	@Test
	void everyPageIsInTheIndexAndHasOneTitle() throws IOException {
		DocumentationPage index = DocumentationPage.read(DocumentationPage.FOLDER.resolve("README.md"));
		for (DocumentationPage page : DocumentationPage.all()) {
			assertThat(page.headings(1)).as("titles of " + page).hasSize(1);
			String file = page.path().getFileName().toString();
			if (!file.equals("README.md")) {
				assertThat(index.links()).contains(file);
			}
		}
	}

	@Test
	void guidesHaveTheirSectionsInOneOrder() throws IOException {
		for (String guide : GUIDES) {
			DocumentationPage page = DocumentationPage.read(DocumentationPage.FOLDER.resolve(guide + ".md"));
			List<String> sections = page.headings(2);
			assertThat(sections).as("sections of " + page).contains("Example", "Read on").isSubsetOf(ORDER);
			assertThat(sections).as("sections of " + page)
				.isEqualTo(ORDER.stream().filter(sections::contains).toList());
		}
	}

	@Test
	void everyPictureIsUsed() throws IOException {
		Set<String> used = Set.copyOf(DocumentationPage.all()
			.stream()
			.flatMap((page) -> page.links().stream())
			.map((link) -> link.substring(link.lastIndexOf('/') + 1))
			.toList());
		try (Stream<Path> pictures = Files.list(DocumentationPage.FOLDER.resolve("images"))) {
			assertThat(pictures.map((picture) -> picture.getFileName().toString())).isSubsetOf(used);
		}
	}

	/**
	 * A check that cannot fail is none.
	 */
	@Test
	void brokenLinksAreFound() throws IOException {
		Path path = DocumentationPage.FOLDER.resolve("made-up.md");
		DocumentationPage page = new DocumentationPage(path,
				"# Title\n\n## A `heading`, twice\n\n## A heading twice\n");
		assertThat(page.anchors()).containsExactly("title", "a-heading-twice", "a-heading-twice-1");
		Map<String, String> faults = Map.of("no-such-page.md", "there is no such file", "../../../etc/passwd",
				"there is no such file", "channels.md#no-such-heading", "there is no such heading");
		for (Map.Entry<String, String> fault : faults.entrySet()) {
			assertThat(fault(page, fault.getKey())).as(fault.getKey()).isEqualTo(fault.getValue());
		}
		assertThat(fault(page, "channels.md#how-it-works")).isNull();
	}

}
