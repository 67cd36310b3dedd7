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

package io.github.atmosphererelay.resource.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.util.DigestUtils;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.resource.ResourceHttpRequestHandler;

/**
 * Serves files that are in the same package as a class, with Spring's resource handling:
 * only the named files and nothing else of the package. Browsers revalidate their copy at
 * each request, which takes a few bytes, so that after an update of the node a page never
 * runs with old scripts. Safe for use by many threads.
 */
public final class LibraryFiles extends ResourceHttpRequestHandler {

	private final Map<String, File> files = new HashMap<>();

	private final Map<String, String> headers;

	/**
	 * Create a handler.
	 * @param place the class whose package contains the files
	 * @param types the content type of each file, by its name
	 * @param headers additional headers of each response
	 * @throws IllegalStateException if a file is missing
	 */
	public LibraryFiles(Class<?> place, Map<String, MediaType> types, Map<String, String> headers) {
		this.headers = Map.copyOf(headers);
		types.forEach((name, type) -> this.files.put(name, File.of(new ClassPathResource(name, place), type)));
		setUseLastModified(false);
		setEtagGenerator((resource) -> file(resource).etag());
		try {
			afterPropertiesSet();
		}
		catch (Exception ex) {
			throw new IllegalStateException("The files next to " + place + " cannot be served", ex);
		}
	}

	/**
	 * Return whether there is a file.
	 * @param name the file's name
	 * @return whether it is served
	 */
	public boolean has(String name) {
		return this.files.containsKey(name);
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response)
			throws ServletException, IOException {
		// For a 304 response, too
		this.headers.forEach(response::setHeader);
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
		super.handleRequest(wantsWhole(request) ? new WholeRequest(request) : request, response);
	}

	/**
	 * Return whether the client wants a part only of a file that is no longer the same:
	 * then it gets the whole one. Spring itself does not look at this condition.
	 */
	private boolean wantsWhole(HttpServletRequest request) {
		String condition = request.getHeader(HttpHeaders.IF_RANGE);
		File file = find(request);
		return condition != null && file != null && !condition.equals(file.etag());
	}

	@Override
	protected @Nullable Resource getResource(HttpServletRequest request) {
		File file = find(request);
		return (file != null) ? file.resource() : null;
	}

	private @Nullable File find(HttpServletRequest request) {
		String path = (String) request.getAttribute(HandlerMapping.PATH_WITHIN_HANDLER_MAPPING_ATTRIBUTE);
		return this.files.get(path.substring(path.lastIndexOf('/') + 1));
	}

	@Override
	protected MediaType getMediaType(HttpServletRequest request, Resource resource) {
		// The container might choose another type from the name
		return file(resource).type();
	}

	private File file(Resource resource) {
		return Objects.requireNonNull(this.files.get(String.valueOf(resource.getFilename())));
	}

	/**
	 * A request without its range.
	 */
	private static final class WholeRequest extends HttpServletRequestWrapper {

		WholeRequest(HttpServletRequest request) {
			super(request);
		}

		@Override
		public @Nullable String getHeader(String name) {
			return isRange(name) ? null : super.getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(String name) {
			return isRange(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
		}

		@Override
		public Enumeration<String> getHeaderNames() {
			return Collections.enumeration(
					Collections.list(super.getHeaderNames()).stream().filter((name) -> !isRange(name)).toList());
		}

		private static boolean isRange(String name) {
			return name.equalsIgnoreCase(HttpHeaders.RANGE);
		}

	}

	/**
	 * A file.
	 *
	 * @param resource the file's content
	 * @param type its content type
	 * @param etag the entity tag, with which a browser revalidates its copy
	 */
	private record File(Resource resource, MediaType type, String etag) {

		static File of(Resource resource, MediaType type) {
			try (InputStream in = resource.getInputStream()) {
				return new File(resource, type, "\"" + DigestUtils.md5DigestAsHex(in) + "\"");
			}
			catch (IOException ex) {
				throw new UncheckedIOException("The file " + resource + " is missing in the library's JAR file", ex);
			}
		}

	}

}
