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

import org.springframework.boot.jdbc.init.DatabaseInitializationProperties;
import org.springframework.boot.sql.init.DatabaseInitializationMode;

/**
 * Tells Spring Boot what it has to know to create this library's tables. Loaded only
 * where it can create some.
 */
final class SchemaProperties {

	private SchemaProperties() {
	}

	/**
	 * Return properties of the initialization. The location is what an anonymous class
	 * captures, because the constructor of its superclass asks for it already.
	 */
	static DatabaseInitializationProperties of(SchemaInitialization initialization, String schema) {
		DatabaseInitializationProperties properties = new DatabaseInitializationProperties() {

			@Override
			public String getDefaultSchemaLocation() {
				return schema;
			}

		};
		properties.setInitializeSchema(mode(initialization));
		return properties;
	}

	private static DatabaseInitializationMode mode(SchemaInitialization initialization) {
		return switch (initialization) {
			case ALWAYS -> DatabaseInitializationMode.ALWAYS;
			case EMBEDDED -> DatabaseInitializationMode.EMBEDDED;
			case NEVER -> DatabaseInitializationMode.NEVER;
		};
	}

}
