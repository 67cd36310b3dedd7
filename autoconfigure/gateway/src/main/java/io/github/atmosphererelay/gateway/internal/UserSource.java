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

import java.security.Principal;
import java.util.Base64;
import java.util.List;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.util.StringUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * Where the gateway finds the user who is placed. What a client sends places it and never
 * identifies it: who sends another name comes to another node, and nothing else. Safe for
 * use by many threads; does not block.
 */
public sealed interface UserSource {

	/** A longer token is not read for its user. */
	int MAX_TOKEN_LENGTH = 16 * 1_024;

	/**
	 * Find the user of a request.
	 * @param exchange the request
	 * @return the user's name, or nothing
	 */
	Mono<String> find(ServerWebExchange exchange);

	/**
	 * Find the user in the first source that has one.
	 * @param sources the sources, in order
	 * @param exchange the request
	 * @return the user's name, or nothing
	 */
	static Mono<String> first(List<UserSource> sources, ServerWebExchange exchange) {
		return Flux.fromIterable(sources).concatMap((source) -> source.find(exchange), 1).next();
	}

	/**
	 * Read a source from its text.
	 * @param text such as {@code header:X-User}
	 * @return the source
	 * @throws IllegalArgumentException if there is no such source
	 */
	static UserSource parse(String text) {
		String trimmed = text.trim();
		if (trimmed.equals("principal")) {
			return new OfPrincipal();
		}
		int colon = trimmed.indexOf(':');
		String name = trimmed.substring(colon + 1).trim();
		if (colon > 0 && !name.isEmpty()) {
			switch (trimmed.substring(0, colon)) {
				case "header":
					return new OfHeader(name);
				case "cookie":
					return new OfCookie(name);
				case "path":
					return new OfPath(name);
				case "claim":
					return new OfClaim(name);
				default:
					break;
			}
		}
		throw new IllegalArgumentException(
				"It must be principal, header:NAME, cookie:NAME, path:VARIABLE or claim:NAME");
	}

	/**
	 * The ring places each name, however long: servers limit what a client can send.
	 */
	private static Mono<String> usable(@Nullable String name) {
		return StringUtils.hasLength(name) ? Mono.just(name) : Mono.empty();
	}

	/**
	 * The name of the principal that the gateway's own security has found.
	 */
	record OfPrincipal() implements UserSource {

		@Override
		public Mono<String> find(ServerWebExchange exchange) {
			return exchange.getPrincipal().map(Principal::getName).flatMap(UserSource::usable);
		}

	}

	/**
	 * A header, which is removed before the request is forwarded. Its bytes are UTF-8.
	 *
	 * @param name the header's name
	 */
	record OfHeader(String name) implements UserSource {

		@Override
		public Mono<String> find(ServerWebExchange exchange) {
			return usable(HeaderText.utf8(exchange.getRequest().getHeaders().getFirst(this.name)));
		}

	}

	/**
	 * A cookie. Its value is percent-encoded UTF-8, because browsers have no other way to
	 * send all names.
	 *
	 * @param name the cookie's name
	 */
	record OfCookie(String name) implements UserSource {

		@Override
		public Mono<String> find(ServerWebExchange exchange) {
			HttpCookie cookie = exchange.getRequest().getCookies().getFirst(this.name);
			return usable((cookie != null) ? HeaderText.percentDecoded(HeaderText.utf8(cookie.getValue())) : null);
		}

	}

	/**
	 * A variable of the route's path, which Spring has percent-decoded as UTF-8.
	 *
	 * @param variable the variable's name
	 */
	record OfPath(String variable) implements UserSource {

		@Override
		public Mono<String> find(ServerWebExchange exchange) {
			return usable(ServerWebExchangeUtils.getUriTemplateVariables(exchange).get(this.variable));
		}

	}

	/**
	 * A claim of the JSON Web Token in the {@code Authorization} header. The token is not
	 * checked: the node does that.
	 *
	 * @param name the claim's name
	 */
	record OfClaim(String name) implements UserSource {

		private static final JsonMapper JSON = JsonMapper.shared();

		private static final String BEARER = "bearer ";

		@Override
		public Mono<String> find(ServerWebExchange exchange) {
			String header = exchange.getRequest().getHeaders().getFirst(HttpHeaders.AUTHORIZATION);
			if (header == null || header.length() > MAX_TOKEN_LENGTH
					|| !header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
				return Mono.empty();
			}
			String[] parts = header.substring(BEARER.length()).split("\\.");
			if (parts.length != 3) {
				return Mono.empty();
			}
			try {
				JsonNode claim = JSON.readTree(Base64.getUrlDecoder().decode(parts[1])).path(this.name);
				return usable((claim.isValueNode() && !claim.isNull()) ? claim.asString() : null);
			}
			catch (IllegalArgumentException | JacksonException ex) {
				return Mono.empty();
			}
		}

	}

}
