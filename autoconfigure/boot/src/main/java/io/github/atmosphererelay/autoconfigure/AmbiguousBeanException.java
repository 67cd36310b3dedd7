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
 * There may be one bean of a type, and the application has several of which none is
 * primary.
 */
class AmbiguousBeanException extends RuntimeException {

	private final String action;

	AmbiguousBeanException(Class<?> type, Collection<String> names) {
		super("There may be one bean of type " + type.getName() + ", and there are several of which none is primary: "
				+ String.join(", ", names) + ".");
		this.action = "Mark one of them with @Primary, or make them one bean.";
	}

	String action() {
		return this.action;
	}

}
