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

import io.github.atmosphererelay.relay.ClusterRelay;

/**
 * Creates one type of relay. There is a factory for each relay module on the classpath.
 */
interface RelayFactory {

	RelayType type();

	/**
	 * Create the relay. Does not connect.
	 * @param node what the relay needs to know of its node
	 * @throws RelayNotConfiguredException if the relay's connection bean is missing or
	 * ambiguous
	 */
	ClusterRelay create(RelayNode node);

}
