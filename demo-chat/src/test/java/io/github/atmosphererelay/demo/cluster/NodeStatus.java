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

package io.github.atmosphererelay.demo.cluster;

import java.util.List;
import java.util.Map;

import org.springframework.web.client.RestClient;

/**
 * What a node tells about itself.
 */
final class NodeStatus {

	private NodeStatus() {
	}

	static String relayStateOf(String url) {
		Map<?, ?> body = RestClient.create(url).get().uri("/api/node").retrieve().body(Map.class);
		return String.valueOf((body != null) ? body.get("relayState") : null);
	}

	/**
	 * Return the names of the nodes that a node tells its page.
	 */
	static List<String> nodesOf(String url) {
		Map<?, ?> body = RestClient.create(url).get().uri("/api/node").retrieve().body(Map.class);
		List<?> nodes = (List<?>) body.get("nodes");
		return nodes.stream().map((node) -> String.valueOf(((Map<?, ?>) node).get("name"))).toList();
	}

}
