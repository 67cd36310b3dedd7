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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.github.atmosphererelay.resource.internal.LibraryFiles;

import org.springframework.http.MediaType;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;

/**
 * Serves the client for pages without a build step, and its types.
 */
public final class ClientScript {

	/**
	 * Behind the mapping of WebSocket handshakes, and before everything of the
	 * application's that covers all paths.
	 */
	private static final int ORDER = -1;

	private static final Map<String, MediaType> FILES = Map.of("client.js",
			new MediaType("text", "javascript", StandardCharsets.UTF_8), "client.d.ts",
			new MediaType("text", "plain", StandardCharsets.UTF_8));

	private ClientScript() {
	}

	/**
	 * Create the mapping that leads requests for the client to it.
	 * @param doorPath the path of the WebSocket doors, under which the client is
	 * @return the mapping
	 */
	public static HandlerMapping mapping(String doorPath) {
		LibraryFiles files = new LibraryFiles(ClientScript.class, FILES, Map.of("X-Content-Type-Options", "nosniff"));
		return new SimpleUrlHandlerMapping(Map.of(doorPath + "/client.js", files, doorPath + "/client.d.ts", files),
				ORDER);
	}

}
