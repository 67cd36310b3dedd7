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
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import io.github.atmosphererelay.test.EventSource;

/**
 * Streams of HTTP/2 on Tomcat: all clients share a connection.
 */
class StreamDoorOnHttp2AndTomcatTests extends AbstractStreamDoorTests {

	private static final HttpClient HTTP_2 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

	@Override
	String[] serverArguments() {
		return new String[] { "server.http2.enabled=true" };
	}

	/**
	 * Open a stream that is not the first of its connection. Java's client begins with a
	 * request over HTTP/1.1 that is upgraded, which browsers do not. Tomcat 11.0.22 ends
	 * a connection whose client resets that request before it has sent another one.
	 */
	@Override
	EventSource connect(URI uri, String... headers) {
		for (int i = 0; i < 2; i++) {
			HTTP_2
				.sendAsync(HttpRequest.newBuilder(uri.resolve("/actuator/health/ping")).build(),
						HttpResponse.BodyHandlers.discarding())
				.join();
		}
		return EventSource.once(HTTP_2, uri, headers);
	}

}
