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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.internal.RingDocument;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ring by HTTP. Each reading asks the next node, because a node that has lost
 * the broker goes on serving its old ring. If that has none or fails, the reading asks
 * others. Used by one thread.
 */
public final class HttpRingReader implements RingReader {

	private static final Log logger = LogFactory.getLog(HttpRingReader.class);

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	/** More than the largest ring has. */
	private static final int MAX_BYTES = 8 * 1024 * 1024;

	/** How many nodes a reading asks at most. */
	private static final int MAX_ASKED = 3;

	private final HttpClient http;

	private final Supplier<List<URI>> nodes;

	private final String path;

	private final @Nullable String authorization;

	private final boolean warnsOfClearText;

	private boolean warned;

	private int next;

	/** The entity tags of the rings that were read, by node. */
	private final Map<URI, String> tags = new HashMap<>();

	/**
	 * Create a reader.
	 * @param nodes returns the addresses of the nodes; may block for a few seconds
	 * @param path the path of the ring at each node
	 * @param authorization the value of the {@code Authorization} header, or {@code null}
	 * @param ssl trusts the nodes' certificates, or {@code null} for the platform's
	 * default
	 * @param listed whether an operator has listed the nodes, who knows where the
	 * authorization goes
	 */
	public HttpRingReader(Supplier<List<URI>> nodes, String path, @Nullable String authorization,
			@Nullable SSLContext ssl, boolean listed) {
		HttpClient.Builder builder = HttpClient.newBuilder()
			.connectTimeout(TIMEOUT)
			.followRedirects(HttpClient.Redirect.NEVER);
		this.http = ((ssl != null) ? builder.sslContext(ssl) : builder).build();
		this.nodes = nodes;
		this.path = path;
		this.authorization = authorization;
		this.warnsOfClearText = authorization != null && !listed;
	}

	@Override
	public @Nullable PublishedRing read() throws Exception {
		List<URI> nodes = this.nodes.get();
		if (nodes.isEmpty()) {
			throw new IOException("no node is known");
		}
		this.tags.keySet().retainAll(nodes);
		Exception failure = null;
		boolean answered = false;
		for (int i = 0; i < Math.min(nodes.size(), MAX_ASKED); i++) {
			URI node = nodes.get(Math.floorMod(this.next++, nodes.size()));
			try {
				HttpResponse<byte[]> response = ask(node);
				switch (response.statusCode()) {
					case 200 -> {
						return read(node, response);
					}
					case 304 -> {
						return null;
					}
					case 204 -> {
						answered = true;
					}
					default -> throw refused(node, response.statusCode());
				}
			}
			catch (IOException | RuntimeException ex) {
				failure = ex;
			}
		}
		if (failure != null && !answered) {
			throw failure;
		}
		return null;
	}

	private HttpResponse<byte[]> ask(URI node) throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(node.resolve(this.path)).timeout(TIMEOUT);
		if (this.warnsOfClearText && !this.warned && "http".equalsIgnoreCase(node.getScheme())) {
			this.warned = true;
			logger.warn("'atmosphere.gateway.ring.authorization' is sent in clear text to the instances that discovery"
					+ " lists, such as " + node + ". Give them https addresses, or list the nodes in"
					+ " 'atmosphere.gateway.ring.urls'");
		}
		if (this.authorization != null) {
			request.header("Authorization", this.authorization);
		}
		String tag = this.tags.get(node);
		if (tag != null) {
			request.header("If-None-Match", tag);
		}
		// The request's own timeout ends with the headers, this one with the body
		CompletableFuture<HttpResponse<byte[]>> answer = this.http.sendAsync(request.build(),
				(info) -> new LimitedBody(MAX_BYTES));
		try {
			return answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw new IOException(node + " does not answer: " + ex.getCause(), ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new IOException(node + " has not answered within " + TIMEOUT.toSeconds() + " s");
		}
		finally {
			answer.cancel(true);
		}
	}

	private PublishedRing read(URI node, HttpResponse<byte[]> response) throws IOException {
		PublishedRing ring;
		try {
			ring = RingDocument.read(new String(response.body(), StandardCharsets.UTF_8));
		}
		catch (RuntimeException ex) {
			throw new IOException(node + " has answered with something that is no ring: " + ex.getMessage(), ex);
		}
		// Only now: a node is to send again what could not be read
		response.headers().firstValue("ETag").ifPresent((tag) -> this.tags.put(node, tag));
		return ring;
	}

	private static IOException refused(URI node, int status) {
		return new IOException(node + " has answered " + status + switch (status) {
			case 401, 403 -> ": 'atmosphere.gateway.ring.authorization' does not have the role that the node's"
					+ " 'atmosphere.routing.ring-role' names";
			case 404 -> ": its 'atmosphere.routing.serve-ring' is not true";
			default -> "";
		});
	}

}
