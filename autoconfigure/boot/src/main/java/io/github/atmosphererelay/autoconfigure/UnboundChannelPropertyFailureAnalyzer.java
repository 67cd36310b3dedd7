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

package io.github.atmosphererelay.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Channel;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.History;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Explains an unknown property in an entry of {@code atmosphere.channels} by listing the
 * properties that a channel has. Runs before Spring Boot's own analyzer, which names the
 * class that could not be bound.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class UnboundChannelPropertyFailureAnalyzer extends AbstractFailureAnalyzer<UnboundConfigurationPropertiesException> {

	private static final Pattern CHANNEL = Pattern.compile("atmosphere\\.channels\\[\\d+].*");

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, UnboundConfigurationPropertiesException cause) {
		List<ConfigurationProperty> unknown = cause.getUnboundProperties()
			.stream()
			.filter((property) -> CHANNEL.matcher(property.getName().toString()).matches())
			.toList();
		if (unknown.isEmpty()) {
			return null;
		}
		String description = unknown.stream()
			.map(UnboundChannelPropertyFailureAnalyzer::describe)
			.collect(Collectors.joining(System.lineSeparator()));
		return new FailureAnalysis(description, "A channel has these properties: " + String.join(", ", names())
				+ ". Use one of them, or remove the line.", cause);
	}

	private static String describe(ConfigurationProperty property) {
		return "A channel has no property '" + property.getName() + "'"
				+ ((property.getOrigin() != null) ? " (" + property.getOrigin() + ")." : ".");
	}

	private static List<String> names() {
		List<String> names = new ArrayList<>();
		for (RecordComponent component : Channel.class.getRecordComponents()) {
			String name = DataObjectPropertyName.toDashedForm(component.getName());
			if (component.getType() == History.class) {
				for (RecordComponent each : History.class.getRecordComponents()) {
					names.add(name + "." + DataObjectPropertyName.toDashedForm(each.getName()));
				}
			}
			else {
				names.add(name);
			}
		}
		return names;
	}

}
