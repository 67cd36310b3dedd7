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

import java.util.Collections;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * The formats of streams. A client has to name one: a request that accepts everything is
 * no request for a stream.
 */
enum StreamFormat {

	/** Server-sent events, for browsers. */
	EVENTS(MediaType.TEXT_EVENT_STREAM),

	/** Newline-delimited JSON. */
	LINES(MediaType.parseMediaType("application/x-ndjson"));

	private final MediaType type;

	StreamFormat(MediaType type) {
		this.type = type;
	}

	/**
	 * Return the format that a request asks for.
	 * @return the format, or {@code null} if the request asks for no stream
	 */
	static @Nullable StreamFormat of(HttpServletRequest request) {
		for (MediaType accepted : accepted(request)) {
			for (StreamFormat format : values()) {
				if (format.type.equalsTypeAndSubtype(accepted)) {
					return format;
				}
			}
		}
		return null;
	}

	private static List<MediaType> accepted(HttpServletRequest request) {
		try {
			return MediaType.parseMediaTypes(Collections.list(request.getHeaders(HttpHeaders.ACCEPT)));
		}
		catch (InvalidMediaTypeException ex) {
			return List.of();
		}
	}

}
