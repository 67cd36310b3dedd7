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

package io.github.atmosphererelay.endpoint.internal;

import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.exc.PropertyBindingException;

/**
 * Describes exceptions of Jackson. Loaded only after Jackson has thrown one, because
 * Jackson's databind is optional.
 */
final class JacksonFailures {

	private JacksonFailures() {
	}

	/**
	 * Return whether Jackson cannot read the application's class at all, whatever the
	 * client sends.
	 */
	static boolean isApplicationFault(Throwable failure) {
		return failure instanceof InvalidDefinitionException;
	}

	/**
	 * Return the path of the field that could not be read.
	 * @return the names of fields of the application's classes, or {@code null} if there
	 * are none
	 */
	static @Nullable String path(Throwable failure) {
		if (!(failure instanceof JacksonException jackson) || failure instanceof PropertyBindingException) {
			// The name of a property that does not exist was chosen by the client.
			return null;
		}
		StringBuilder path = new StringBuilder();
		for (JacksonException.Reference reference : jackson.getPath()) {
			String name = reference.getPropertyName();
			if (name == null || reference.from() instanceof Map || isMap(reference.from())) {
				path.append("[]");
			}
			else {
				path.append(path.isEmpty() ? "" : ".").append(name);
			}
		}
		return path.isEmpty() ? null : path.toString();
	}

	private static boolean isMap(@Nullable Object from) {
		return from instanceof Class<?> type && Map.class.isAssignableFrom(type);
	}

}
