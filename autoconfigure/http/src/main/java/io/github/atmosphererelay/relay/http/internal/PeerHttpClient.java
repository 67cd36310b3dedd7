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

package io.github.atmosphererelay.relay.http.internal;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import io.github.atmosphererelay.guard.internal.Threads;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP client that connects to peers with the present certificates. A client keeps
 * its TLS context for good, so that a new client takes its place when the certificates
 * were replaced; requests that are under way end with the old one. HTTP/1.1 with
 * connections that are kept; no redirects, no proxy, no cookies. Safe for use by many
 * threads; does not block.
 */
final class PeerHttpClient {

	private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

	private final @Nullable Supplier<SSLContext> contexts;

	// Not limited, because the client would fail if a task were rejected. There are few
	// tasks for each request, and one request for each peer
	private final Executor executor = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS,
			new SynchronousQueue<>(), Threads.factory("http-client"));

	private @Nullable SSLContext context;

	private HttpClient client;

	/**
	 * Create a client.
	 * @param contexts supplies the TLS context, another one when certificates were
	 * replaced; {@code null} for that of the JVM
	 */
	PeerHttpClient(@Nullable Supplier<SSLContext> contexts) {
		this.contexts = contexts;
		this.context = (contexts != null) ? contexts.get() : null;
		this.client = create(this.context);
	}

	private HttpClient create(@Nullable SSLContext context) {
		HttpClient.Builder builder = HttpClient.newBuilder()
			.version(HttpClient.Version.HTTP_1_1)
			.followRedirects(HttpClient.Redirect.NEVER)
			.proxy(HttpClient.Builder.NO_PROXY)
			.connectTimeout(CONNECT_TIMEOUT)
			.executor(this.executor);
		if (context != null) {
			builder.sslContext(context);
		}
		return builder.build();
	}

	/**
	 * Return the client for the next request.
	 */
	synchronized HttpClient get() {
		SSLContext present = (this.contexts != null) ? this.contexts.get() : null;
		if (present != this.context) {
			HttpClient old = this.client;
			this.client = create(present);
			this.context = present;
			close(old);
		}
		return this.client;
	}

	/**
	 * Release the threads, when all requests have ended.
	 */
	synchronized void close() {
		close(this.client);
	}

	private static void close(HttpClient client) {
		// From Java 21 on. Before, a client ends when it is not referenced any more
		if (client instanceof AutoCloseable closeable) {
			Threads.factory("http-close").newThread(() -> {
				try {
					closeable.close();
				}
				catch (Exception ex) {
					// It is closed as far as it can be
				}
			}).start();
		}
	}

}
