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
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes the configuration reference from the configuration metadata.
 */
final class ConfigurationPage {

	private static final String PREFIX = "atmosphere.";

	private final JsonNode metadata;

	ConfigurationPage() throws IOException {
		URI classes = URI.create(AtmosphereProperties.class.getProtectionDomain().getCodeSource().getLocation() + "");
		try (InputStream stream = classes.resolve("META-INF/spring-configuration-metadata.json").toURL().openStream()) {
			this.metadata = JsonMapper.builder().build().readTree(stream);
		}
	}

	/**
	 * Return the page as it has to stand in {@code src/docs/configuration.md}.
	 */
	String write() {
		Map<String, List<JsonNode>> groups = new TreeMap<>();
		for (JsonNode property : this.metadata.get("properties")) {
			String name = property.get("name").asString();
			if (name.startsWith(PREFIX)) {
				groups.computeIfAbsent(group(name), (group) -> new ArrayList<>()).add(property);
			}
		}
		StringBuilder page = new StringBuilder("""
				# Configuration reference

				All properties of the library. This page is generated from the configuration metadata, which editors
				show, too. Times are written as `5s` or `10m`, sizes as `64KB` or `1MB`. What stands under each entry of
				`atmosphere.channels` is on the page about [channels](channels.md#how-it-works), and under each entry of
				`atmosphere.feeds` on the page about [feeds](feeds.md#how-it-works).

				""");
		groups.keySet().forEach((group) -> page.append("- [%s](#%s)\n".formatted(group, anchor(group))));
		groups.forEach((group, properties) -> append(page, group, properties));
		page.append("\n## Read on\n\n[Operations](operations.md) says what to set for many clients, ")
			.append("[Redis](redis.md) and [Kafka](kafka.md) what the brokers need.\n");
		return page.toString();
	}

	private static String group(String name) {
		int end = name.indexOf('.', PREFIX.length());
		return (end < 0) ? "atmosphere" : name.substring(0, end);
	}

	private static String anchor(String group) {
		return group.replace(".", "");
	}

	private void append(StringBuilder page, String group, List<JsonNode> properties) {
		page.append("\n## ").append(group).append("\n\n| property | default | description |\n|---|---|---|\n");
		properties.stream().map(this::row).sorted().forEach(page::append);
	}

	private String row(JsonNode property) {
		String name = property.get("name").asString();
		String description = property.get("description").asString().replace("|", "\\|");
		return "| `%s` | %s | %s%s |\n".formatted(name, defaultOf(property.get("defaultValue")), description,
				values(name, property.get("type").asString()));
	}

	private static String defaultOf(@Nullable JsonNode value) {
		return (value == null || value.isArray()) ? "none" : "`" + value.asString() + "`";
	}

	/** What a property may be set to, if that is a closed list. */
	private String values(String name, String type) {
		List<String> values = new ArrayList<>();
		for (JsonNode hint : this.metadata.get("hints")) {
			if (hint.get("name").asString().equals(name)) {
				for (JsonNode value : hint.get("values")) {
					values.add("`%s`: %s".formatted(value.get("value").asString(),
							value.get("description").asString().replaceAll("\\.$", "")));
				}
			}
		}
		if (values.isEmpty()) {
			for (Object constant : constants(type)) {
				values.add("`" + ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-') + "`");
			}
		}
		return values.isEmpty() ? "" : "<br>" + String.join("<br>", values);
	}

	private static Object[] constants(String type) {
		try {
			Object[] constants = Class.forName(type, false, ConfigurationPage.class.getClassLoader())
				.getEnumConstants();
			return (constants != null) ? constants : new Object[0];
		}
		catch (ClassNotFoundException ex) {
			// A list, which the name of the type tells with its elements
			return new Object[0];
		}
	}

}
