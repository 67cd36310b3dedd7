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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The handshake and the timeout of a client.
 *
 * @param headers the names and values of the handshake's headers
 * @param parameters the names and values of the query parameters
 * @param subprotocols the subprotocols to request
 * @param acceptsDegraded whether the client accepts a subscription that the broker has
 * not confirmed
 * @param timeout how long the client waits for what it expects
 */
record ClientSettings(List<Map.Entry<String, String>> headers, Map<String, String> parameters,
		List<String> subprotocols, boolean acceptsDegraded, Duration timeout) {

	static final String POSITIONS = "positions";

	ClientSettings {
		headers = List.copyOf(headers);
		parameters = Map.copyOf(parameters);
		subprotocols = List.copyOf(subprotocols);
	}

	boolean hasPositions() {
		return "true".equals(this.parameters.get(POSITIONS));
	}

}
