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

import java.util.UUID;

import io.github.atmosphererelay.session.internal.NodeIdentity;
import org.jspecify.annotations.Nullable;

/**
 * Gives a node the name that operators see.
 */
final class NodeNames {

	private NodeNames() {
	}

	static NodeIdentity identity(UUID id, @Nullable String configured) {
		if (configured != null && !configured.isBlank()) {
			return new NodeIdentity(id, configured);
		}
		// The name is not looked up in DNS, which can take long. Most platforms set the
		// variable.
		String host = System.getenv("HOSTNAME");
		String prefix = (host != null && !host.isBlank()) ? host : "node";
		return new NodeIdentity(id, prefix + "-" + id.toString().substring(0, 4));
	}

}
