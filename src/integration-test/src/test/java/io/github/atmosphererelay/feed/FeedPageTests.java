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

package io.github.atmosphererelay.feed;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the example of the page on feeds: a topic that is there, and ten lines of YAML.
 */
@Timeout(300)
class FeedPageTests {

	private static final Path PAGE = Path.of("..", "docs", "feeds.md");

	@Test
	void tenLinesOfYamlBringATopicToABrowser() throws Exception {
		NodeScripts.install();
		String yaml = block("yaml");
		assertThat(yaml.lines()).hasSizeLessThanOrEqualTo(10);
		try (KafkaServer server = KafkaServer.create(FeedTopic.NOT_BY_ITSELF);
				FeedTopic topic = FeedTopic.named(server, "prices", 12)) {
			topic.put("ACME", "{\"price\":16}");
			topic.put("ACME", "{\"price\":17}");
			topic.put("OTHER", "{\"price\":1}");
			try (TestNode node = TestNode.start(properties(yaml, server))) {
				MachineTime.await(Duration.ofSeconds(20)).until(() -> node.bean(Feeds.class).all().get(0).isUp());
				String script = block("js").replace("localhost:8080", "localhost:" + node.port());
				Process browser = NodeScripts.start("browser-script.mjs", "http://localhost:" + node.port(), script);
				try (BufferedReader lines = browser.inputReader()) {
					String first = lines.readLine();
					Assumptions.assumeFalse("no browser".equals(first), "Chromium is not installed");
					assertThat(first).isEqualTo("{\"price\":17}");
					topic.put("ACME", "{\"price\":18}");
					assertThat(lines.readLine()).isEqualTo("{\"price\":18}");
				}
				finally {
					browser.destroy();
				}
			}
		}
	}

	private static String[] properties(String yaml, KafkaServer server) throws Exception {
		List<String> properties = new ArrayList<>();
		for (PropertySource<?> source : new YamlPropertySourceLoader().load("example",
				new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))) {
			for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
				String value = String.valueOf(source.getProperty(name));
				properties.add(name + "=" + value.replace("localhost:9092", server.adminServers()));
			}
		}
		return properties.toArray(String[]::new);
	}

	/**
	 * Return the first block of a language.
	 */
	private static String block(String language) throws Exception {
		Matcher block = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
			.matcher(Files.readString(PAGE));
		assertThat(block.find()).isTrue();
		return block.group(1);
	}

}
