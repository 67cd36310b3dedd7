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

import java.util.Collection;

/**
 * Thrown at startup if the application has several beans of a type of which the node uses
 * one, and none of them is primary.
 */
class AmbiguousBeanException extends RuntimeException {

	private final String action;

	AmbiguousBeanException(Class<?> type, Collection<String> names) {
		super("The node uses one bean of type " + type.getName() + ", but there are several and none is primary: "
				+ String.join(", ", names) + ".");
		this.action = "Mark one of them with @Primary, or combine them into one bean.";
	}

	String action() {
		return this.action;
	}

}
