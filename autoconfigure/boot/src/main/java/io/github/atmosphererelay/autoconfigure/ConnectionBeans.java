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

import org.springframework.beans.factory.ObjectProvider;

/**
 * Finds the connection bean that a relay uses.
 */
final class ConnectionBeans {

	private ConnectionBeans() {
	}

	/**
	 * Return the bean that is marked with {@link AtmosphereRelayConnection}, or else the
	 * only or primary bean of the type.
	 */
	static <T> T find(ObjectProvider<T> marked, ObjectProvider<T> all, RelayType type) {
		T bean = marked.getIfUnique();
		if (bean == null) {
			bean = all.getIfUnique();
		}
		if (bean == null) {
			throw RelayChooser.missingBeans(type);
		}
		return bean;
	}

}
