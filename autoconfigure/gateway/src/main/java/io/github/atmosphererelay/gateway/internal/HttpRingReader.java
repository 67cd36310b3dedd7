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

package io.github.atmosphererelay.gateway.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import org.jspecify.annotations.Nullable;

/**
 * Reads the ring by HTTP from one node after another: from the same one as long as that
 * answers. Used by one thread.
 */
public final class HttpRingReader implements RingReader {

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	/** More than the largest ring has. */
	private static final int MAX_BYTES = 8 * 1024 * 1024;

	private final HttpClient http;

	private final Supplier<List<URI>> nodes;

	private final String path;

	private final @Nullable String authorization;

	private int next;

	private @Nullable String tag;

	/**
	 * Create a reader.
	 * @param nodes returns the addresses of the nodes; may block for a few seconds
	 * @param path the path of the ring at each node
	 * @param authorization the value of the {@code Authorization} header, or {@code null}
	 * @param ssl trusts the nodes' certificates, or {@code null} for the platform's
	 * default
	 */
	public HttpRingReader(Supplier<List<URI>> nodes, String path, @Nullable String authorization,
			@Nullable SSLContext ssl) {
		HttpClient.Builder builder = HttpClient.newBuilder()
			.connectTimeout(TIMEOUT)
			.followRedirects(HttpClient.Redirect.NEVER);
		this.http = ((ssl != null) ? builder.sslContext(ssl) : builder).build();
		this.nodes = nodes;
		this.path = path;
		this.authorization = authorization;
	}

	@Override
	public @Nullable String read() throws Exception {
		List<URI> nodes = this.nodes.get();
		if (nodes.isEmpty()) {
			throw new IOException("no node is known");
		}
		URI node = nodes.get(Math.floorMod(this.next, nodes.size()));
		try {
			return read(node);
		}
		catch (IOException | RuntimeException ex) {
			this.next++;
			throw ex;
		}
	}

	private @Nullable String read(URI node) throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(node.resolve(this.path)).timeout(TIMEOUT);
		if (this.authorization != null) {
			request.header("Authorization", this.authorization);
		}
		if (this.tag != null) {
			request.header("If-None-Match", this.tag);
		}
		HttpResponse<InputStream> response = this.http.send(request.build(), BodyHandlers.ofInputStream());
		try (InputStream body = response.body()) {
			return switch (response.statusCode()) {
				case 204, 304 -> null;
				case 200 -> {
					byte[] bytes = body.readNBytes(MAX_BYTES + 1);
					if (bytes.length > MAX_BYTES) {
						throw new IOException(node + " has answered with more than " + MAX_BYTES + " bytes");
					}
					this.tag = response.headers().firstValue("ETag").orElse(null);
					yield new String(bytes, StandardCharsets.UTF_8);
				}
				case 401,
						403 ->
					throw new IOException(node + " has answered " + response.statusCode()
							+ ": 'atmosphere.gateway.ring.authorization' does not have the role that the node's"
							+ " 'atmosphere.routing.lookup-others' names");
				case 404 ->
					throw new IOException(node + " has answered 404: its 'atmosphere.routing.serve-ring' is not true");
				default -> throw new IOException(node + " has answered " + response.statusCode());
			};
		}
	}

}
