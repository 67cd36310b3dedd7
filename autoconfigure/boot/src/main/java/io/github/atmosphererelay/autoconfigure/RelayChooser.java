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

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the relay: the configured one, or else the only one whose module is on the
 * classpath, or else the local one.
 */
final class RelayChooser {

	private static final Log logger = LogFactory.getLog(RelayChooser.class);

	private static final String PROPERTY = "atmosphere.relay.type";

	private final List<RelayFactory> factories;

	RelayChooser(List<RelayFactory> factories) {
		this.factories = factories;
	}

	ClusterRelay choose(@Nullable RelayType configured, RelayNode node) {
		if (configured != null) {
			logger
				.info("The " + name(configured) + " relay carries messages between nodes, as '" + PROPERTY + "' says");
			return create(configured, node);
		}
		if (this.factories.size() > 1) {
			String names = this.factories.stream()
				.map((factory) -> name(factory.type()))
				.sorted()
				.collect(Collectors.joining(" and "));
			throw new RelayNotConfiguredException(
					"There are several relays on the classpath, for " + names
							+ ", and no property says which one carries messages between nodes.",
					"Set the property '" + PROPERTY + "' to one of: redis, kafka, local, jdbc, http.");
		}
		if (this.factories.isEmpty()) {
			return new LocalRelay();
		}
		RelayType only = this.factories.get(0).type();
		logger.info("The " + name(only) + " relay carries messages between nodes, because its module is on the"
				+ " classpath. Set '" + PROPERTY + "' to choose another relay");
		return create(only, node);
	}

	private ClusterRelay create(RelayType type, RelayNode node) {
		if (type == RelayType.LOCAL) {
			return new LocalRelay();
		}
		for (RelayFactory factory : this.factories) {
			if (factory.type() == type) {
				return factory.create(node);
			}
		}
		throw new RelayNotConfiguredException(
				"The property '" + PROPERTY + "' is '" + name(type)
						+ "', but the module for it is not on the classpath.",
				"Add the dependency org.springframework.boot:" + type.starter()
						+ " (without the starter of Atmosphere Relay also io.github.atmosphererelay:atmosphere-relay-"
						+ name(type) + "), or change the property '" + PROPERTY + "'.");
	}

	static String name(RelayType type) {
		return type.name().toLowerCase(Locale.ROOT);
	}

	/**
	 * Create the exception for a relay whose module is on the classpath, but whose
	 * connection bean is missing or ambiguous.
	 */
	static RelayNotConfiguredException missingBeans(RelayType type) {
		return new RelayNotConfiguredException(
				"The " + name(type) + " relay needs one " + type.beans()
						+ " bean, but the application has none, or several" + " of which none is primary.",
				"Define the bean, or mark the one to use with @AtmosphereRelayConnection, or set the property '"
						+ PROPERTY + "' to another relay.");
	}

}
