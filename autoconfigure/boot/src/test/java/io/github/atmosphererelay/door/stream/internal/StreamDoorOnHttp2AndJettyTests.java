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

package io.github.atmosphererelay.door.stream.internal;

import java.net.URI;
import java.net.http.HttpClient;

import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.TestNode;

/**
 * Streams of HTTP/2 on Jetty: all clients share a connection.
 */
class StreamDoorOnHttp2AndJettyTests extends AbstractStreamDoorTests {

	private static final HttpClient HTTP_2 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

	@Override
	String[] serverArguments() {
		return new String[] { TestNode.onJetty(), "server.http2.enabled=true" };
	}

	@Override
	EventSource connect(URI uri, String... headers) {
		return EventSource.once(HTTP_2, uri, headers);
	}

}
