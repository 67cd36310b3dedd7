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

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the configuration reference, {@code src/docs/configuration.md}.
 */
class ConfigurationPageTests {

	private static final String WRITE = "atmosphere.docs.write";

	private static final Path PAGE = DocumentationPage.FOLDER.resolve("configuration.md");

	@Test
	void thePageIsThatOfTheConfigurationMetadata() throws IOException {
		String page = new ConfigurationPage().write();
		if (Boolean.getBoolean(WRITE)) {
			Files.writeString(PAGE, page);
		}
		assertThat(PAGE)
			.as("Write %s anew with " + "./mvnw test -Dquick -pl autoconfigure/boot -am -Dtest=%s -D%s=true",
					PAGE.getFileName(), getClass().getSimpleName(), WRITE)
			.hasContent(page);
	}

}
