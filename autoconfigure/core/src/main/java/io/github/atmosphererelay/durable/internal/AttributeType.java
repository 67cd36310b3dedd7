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

package io.github.atmosphererelay.durable.internal;

import org.jspecify.annotations.Nullable;

/**
 * The types of session attributes that can be stored. The ordinals are part of the stored
 * format.
 */
enum AttributeType {

	STRING(String.class), BOOLEAN(Boolean.class), INTEGER(Integer.class), LONG(Long.class), DOUBLE(Double.class);

	private final Class<?> type;

	AttributeType(Class<?> type) {
		this.type = type;
	}

	static @Nullable AttributeType of(Object value) {
		for (AttributeType each : values()) {
			if (each.type == value.getClass()) {
				return each;
			}
		}
		return null;
	}

	Object parse(String text) {
		return switch (this) {
			case STRING -> text;
			case BOOLEAN -> Boolean.valueOf(text);
			case INTEGER -> Integer.valueOf(text);
			case LONG -> Long.valueOf(text);
			case DOUBLE -> Double.valueOf(text);
		};
	}

}
