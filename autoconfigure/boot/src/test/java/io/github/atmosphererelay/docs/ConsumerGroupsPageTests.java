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

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Runs the example of the page on consumer groups, as it stands there.
 */
@Timeout(240)
@ExtendWith(OutputCaptureExtension.class)
class ConsumerGroupsPageTests {

	@Test
	void theExampleDoesWhatThePageSays(@TempDir Path directory, CapturedOutput output) throws Exception {
		DocumentationPage page = DocumentationPage.read(DocumentationPage.FOLDER.resolve("consumer-groups.md"));
		assertThat(page.blocks("java")).hasSize(1);
		JavaBlocks blocks = new JavaBlocks(directory);
		page.blocks("java").forEach(blocks::add);
		Path classes = blocks.compile();
		String billing = blocks.types().keySet().iterator().next();
		try (URLClassLoader loader = new URLClassLoader(new URL[] { classes.toUri().toURL() },
				getClass().getClassLoader());
				TestNode node = TestNode.start(List.of(loader.loadClass(billing)), properties(page)).awaitGroups()) {
			node.broadcaster().broadcast("orders/7", "{\"amount\":3}").join();
			await().until(() -> output.getOut().contains("Bill 3 for order 7"));
			node.broadcaster().broadcast("orders/8", "{\"amount\":-3}").join();
			await().until(() -> output.getOut().contains("Set aside: a message in orders/8"));
		}
	}

	private static String[] properties(DocumentationPage page) throws Exception {
		DocumentationPage.Block yaml = page.blocks("yaml").get(0);
		List<String> properties = new ArrayList<>();
		for (PropertySource<?> source : new YamlPropertySourceLoader().load(yaml.toString(),
				new ByteArrayResource(yaml.code().getBytes(StandardCharsets.UTF_8)))) {
			for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
				properties.add(name + "=" + source.getProperty(name));
			}
		}
		return properties.toArray(String[]::new);
	}

}
