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

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.util.StringUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * Where the gateway finds the channel by which a client is placed. Like the user, it
 * places the client and grants nothing. Safe for use by many threads; does not block.
 */
public sealed interface ChannelSource {

	/**
	 * Find the channel of a request.
	 * @param exchange the request
	 * @return the channel's name, or {@code null}
	 */
	@Nullable String find(ServerWebExchange exchange);

	/**
	 * Find the channel in the first source that has one.
	 * @param sources the sources, in order
	 * @param exchange the request
	 * @return the channel's name, or {@code null}
	 */
	static @Nullable String first(List<ChannelSource> sources, ServerWebExchange exchange) {
		for (ChannelSource source : sources) {
			String channel = source.find(exchange);
			if (StringUtils.hasLength(channel)) {
				return channel;
			}
		}
		return null;
	}

	/**
	 * Read a source from its text.
	 * @param text such as {@code query:channel}
	 * @return the source
	 * @throws IllegalArgumentException if there is no such source
	 */
	static ChannelSource parse(String text) {
		String trimmed = text.trim();
		int colon = trimmed.indexOf(':');
		String name = trimmed.substring(colon + 1).trim();
		if (colon > 0 && !name.isEmpty()) {
			if (trimmed.startsWith("query:")) {
				return new OfQuery(name);
			}
			if (trimmed.startsWith("path:")) {
				return new OfPath(name);
			}
		}
		throw new IllegalArgumentException("It must be query:NAME or path:VARIABLE");
	}

	/**
	 * A parameter of the query.
	 *
	 * @param name the parameter's name
	 */
	record OfQuery(String name) implements ChannelSource {

		@Override
		public @Nullable String find(ServerWebExchange exchange) {
			return exchange.getRequest().getQueryParams().getFirst(this.name);
		}

	}

	/**
	 * A variable of the route's path, such as <code>{*channel}</code>.
	 *
	 * @param variable the variable's name
	 */
	record OfPath(String variable) implements ChannelSource {

		@Override
		public @Nullable String find(ServerWebExchange exchange) {
			String value = ServerWebExchangeUtils.getUriTemplateVariables(exchange).get(this.variable);
			return (value != null && value.startsWith("/")) ? value.substring(1) : value;
		}

	}

}
