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

package io.github.atmosphererelay.route.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.routing.internal.RingDocument;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Serves the published ring by HTTP, as JSON with an entity tag, to gateways that are no
 * members of the cluster. Only those with the operator's role may read it: it names all
 * nodes.
 */
public final class RingApi {

	private final Routes routes;

	private final String operator;

	private volatile @Nullable Body last;

	private RingApi(Routes routes, String operator) {
		this.routes = routes;
		this.operator = operator;
	}

	/**
	 * Create the routes.
	 * @param path the path before {@code /api}
	 * @param routes knows the ring
	 * @param operator the role that may read the ring
	 * @return the routes
	 */
	public static RouterFunction<ServerResponse> routes(String path, Routes routes, String operator) {
		RingApi api = new RingApi(routes, operator);
		return RouterFunctions.route(RequestPredicates.GET(path + "/api/ring"), api::read);
	}

	private ServerResponse read(ServerRequest request) {
		HttpServletRequest servletRequest = request.servletRequest();
		if (!servletRequest.isUserInRole(this.operator)) {
			return ServerResponse
				.status((servletRequest.getUserPrincipal() != null) ? HttpStatus.FORBIDDEN : HttpStatus.UNAUTHORIZED)
				.cacheControl(CacheControl.noStore())
				.build();
		}
		PublishedRing ring = this.routes.ring();
		if (ring == null) {
			return ServerResponse.noContent().cacheControl(CacheControl.noStore()).build();
		}
		Body body = body(ring);
		// noCache: it may be kept, and has to be validated with each use
		if (request.headers().header("If-None-Match").contains(body.tag())) {
			return ServerResponse.status(HttpStatus.NOT_MODIFIED)
				.eTag(body.tag())
				.cacheControl(CacheControl.noCache())
				.build();
		}
		return ServerResponse.ok()
			.contentType(MediaType.APPLICATION_JSON)
			.eTag(body.tag())
			.cacheControl(CacheControl.noCache())
			.build((same, response) -> {
				response.getOutputStream().write(body.bytes());
				return null;
			});
	}

	private Body body(PublishedRing ring) {
		Body last = this.last;
		if (last == null || last.ring() != ring) {
			last = Body.of(ring);
			this.last = last;
		}
		return last;
	}

	/**
	 * A ring as it is sent.
	 *
	 * @param ring the ring
	 * @param bytes its JSON
	 * @param tag its entity tag, which also differs if only addresses do
	 */
	private record Body(PublishedRing ring, byte[] bytes, String tag) {

		static Body of(PublishedRing ring) {
			byte[] bytes = RingDocument.write(ring).getBytes(StandardCharsets.UTF_8);
			try {
				byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
				return new Body(ring, bytes, "\"" + HexFormat.of().formatHex(hash, 0, 16) + "\"");
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException("Every Java platform has SHA-256", ex);
			}
		}

	}

}
