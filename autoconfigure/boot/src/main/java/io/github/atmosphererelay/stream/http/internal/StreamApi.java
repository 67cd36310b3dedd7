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

package io.github.atmosphererelay.stream.http.internal;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.stream.internal.QuerySnapshot;
import io.github.atmosphererelay.stream.internal.StreamControl;
import io.github.atmosphererelay.stream.internal.StreamRefusals;
import io.github.atmosphererelay.stream.internal.StreamRefusedException;
import io.github.atmosphererelay.stream.internal.StreamRequest;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Makes, begins, changes and frees streams for the user of the request, and answers what
 * matches a query. The request's thread only reads the body.
 */
public final class StreamApi {

	private static final int MAX_BODY = 1024 * 1024;

	private static final String RETRY_SECONDS = "1";

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(StreamApi.class), Duration.ofSeconds(10));

	private final JsonMapper mapper = JsonMapper.builder()
		.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
		.build();

	private final String path;

	private final Supplier<StreamControl> control;

	private final StreamRefusals refusals;

	private final Duration maxAge;

	private StreamApi(String path, Supplier<StreamControl> control, StreamRefusals refusals, Duration maxAge) {
		this.maxAge = maxAge;
		this.path = path;
		this.control = control;
		this.refusals = refusals;
	}

	/**
	 * Create the routes.
	 * @param path the path before {@code /api}
	 * @param control returns what makes streams, or throws {@link StreamRefusedException}
	 * @param refusals counts what cannot be read
	 * @param maxAge for how long clients and caches may keep a snapshot
	 * @return the routes
	 */
	public static RouterFunction<ServerResponse> routes(String path, Supplier<StreamControl> control,
			StreamRefusals refusals, Duration maxAge) {
		String streams = path + "/api/streams";
		StreamApi api = new StreamApi(streams, control, refusals, maxAge);
		return RouterFunctions.route(RequestPredicates.POST(streams), api::create)
			.andRoute(RequestPredicates.POST(streams + "/{id}/begin"), api::begin)
			.andRoute(RequestPredicates.PATCH(streams + "/{id}"), api::change)
			.andRoute(RequestPredicates.DELETE(streams + "/{id}"), api::delete)
			.andRoute(RequestPredicates.GET(path + "/api/snapshots/{query}"), api::snapshot);
	}

	private ServerResponse create(ServerRequest request) throws IOException {
		return answer(() -> {
			NewStream body = read(request, NewStream.class);
			return this.control.get()
				.create(new StreamRequest(body.reducer, body.keys, body.query, body.params, body.variant, body.since),
						user(request))
				.thenApply((id) -> json(
						ServerResponse.status(HttpStatus.CREATED).location(URI.create(this.path + "/" + id)),
						Map.of("id", id, "channel", "streams/" + id)));
		});
	}

	private ServerResponse begin(ServerRequest request) throws IOException {
		return answer(() -> this.control.get()
			.begin(request.pathVariable("id"), user(request))
			.thenApply((nothing) -> ServerResponse.noContent().build()));
	}

	private ServerResponse change(ServerRequest request) throws IOException {
		return answer(() -> {
			Change body = read(request, Change.class);
			return this.control.get()
				.change(request.pathVariable("id"), user(request), (body.add != null) ? body.add : Set.of(),
						(body.remove != null) ? body.remove : Set.of())
				.thenApply((nothing) -> ServerResponse.noContent().build());
		});
	}

	private ServerResponse delete(ServerRequest request) throws IOException {
		return answer(() -> this.control.get()
			.delete(request.pathVariable("id"), user(request))
			.thenApply((nothing) -> ServerResponse.noContent().build()));
	}

	private ServerResponse snapshot(ServerRequest request) throws IOException {
		return answer(() -> {
			StreamRequest asked = new StreamRequest(request.param("reducer").orElse(null), null,
					request.pathVariable("query"), parameter(request, "params", JsonNode.class), options(request),
					null);
			String user = user(request);
			return this.control.get().snapshot(asked, user).thenApply((snapshot) -> snapshot(request, snapshot, user));
		});
	}

	private ServerResponse snapshot(ServerRequest request, QuerySnapshot snapshot, @Nullable String user) {
		CacheControl control = CacheControl.maxAge(this.maxAge);
		// What a user sees may not be for others
		control = (user != null) ? control.cachePrivate() : control.cachePublic();
		String tag = '"' + snapshot.tag() + '"';
		List<String> known = request.headers().header(HttpHeaders.IF_NONE_MATCH);
		boolean same = known.stream()
			.flatMap((header) -> Arrays.stream(header.split(",")))
			.map(String::trim)
			.anyMatch((each) -> each.equals(tag) || each.equals("W/" + tag) || each.equals("*"));
		ServerResponse.BodyBuilder response = ServerResponse.status(same ? HttpStatus.NOT_MODIFIED : HttpStatus.OK)
			.cacheControl(control)
			.eTag(tag);
		if (same) {
			return response.build();
		}
		byte[] body = snapshot.body();
		return response.contentType(MediaType.APPLICATION_JSON).build((servletRequest, servletResponse) -> {
			servletResponse.getOutputStream().write(body);
			return null;
		});
	}

	private @Nullable Map<String, String> options(ServerRequest request) {
		JsonNode variant = parameter(request, "variant", JsonNode.class);
		if (variant == null) {
			return null;
		}
		try {
			return this.mapper.treeToValue(variant,
					this.mapper.getTypeFactory().constructMapType(Map.class, String.class, String.class));
		}
		catch (JacksonException ex) {
			throw new BadBodyException("'variant' is not a JSON object of texts");
		}
	}

	private <T> @Nullable T parameter(ServerRequest request, String name, Class<T> type) {
		String text = request.param(name).orElse(null);
		try {
			return (text != null) ? this.mapper.readValue(text, type) : null;
		}
		catch (JacksonException ex) {
			throw new BadBodyException("'" + name + "' is not JSON: " + ex.getOriginalMessage());
		}
	}

	private static @Nullable String user(ServerRequest request) {
		return request.principal().map(Principal::getName).orElse(null);
	}

	private <T> T read(ServerRequest request, Class<T> type) throws IOException {
		if (!request.headers().contentType().map(MediaType.APPLICATION_JSON::includes).orElse(false)) {
			throw new BadBodyException("the body must be application/json");
		}
		byte[] body = request.servletRequest().getInputStream().readNBytes(MAX_BODY + 1);
		if (body.length > MAX_BODY) {
			throw new BadBodyException("the body has more than " + MAX_BODY + " bytes");
		}
		try {
			T value = this.mapper.readValue(body, type);
			if (value == null) {
				throw new BadBodyException("the body must be a JSON object");
			}
			return value;
		}
		catch (JacksonException ex) {
			throw new BadBodyException("the body is not the JSON that is expected: " + ex.getOriginalMessage());
		}
	}

	private ServerResponse answer(Step step) throws IOException {
		try {
			return ServerResponse.async(step.run().exceptionally(this::refusal));
		}
		catch (BadBodyException ex) {
			this.refusals.count(StreamRefusedException.Reason.INVALID);
			return refusal(HttpStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, String.valueOf(ex.getMessage()));
		}
		catch (StreamRefusedException ex) {
			return refusal(ex);
		}
	}

	private ServerResponse refusal(Throwable failure) {
		Throwable cause = (failure.getCause() != null) ? failure.getCause() : failure;
		if (!(cause instanceof StreamRefusedException refused)) {
			this.log.error("A request for a stream has failed, and the client got status 500", cause);
			return refusal(HttpStatus.INTERNAL_SERVER_ERROR, ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		}
		String message = String.valueOf(refused.getMessage());
		return switch (refused.reason()) {
			case INVALID -> refusal(HttpStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, message);
			case UNKNOWN -> refusal(HttpStatus.NOT_FOUND, ErrorCode.UNKNOWN_CHANNEL, message);
			case LIMIT -> refusal(HttpStatus.TOO_MANY_REQUESTS, ErrorCode.LIMIT_EXCEEDED, message);
			case UNAVAILABLE -> refusal(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.INTERNAL, message);
		};
	}

	private ServerResponse refusal(HttpStatus status, ErrorCode code, String reason) {
		ServerResponse.BodyBuilder response = ServerResponse.status(status);
		if (status == HttpStatus.SERVICE_UNAVAILABLE) {
			response.header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
		}
		return json(response, Map.of("code", code.code(), "reason", reason));
	}

	private ServerResponse json(ServerResponse.BodyBuilder response, Map<String, Object> members) {
		byte[] body = this.mapper.writeValueAsString(members).getBytes(StandardCharsets.UTF_8);
		// Written here, because the application's converters may write it in another way
		return response.contentType(MediaType.APPLICATION_JSON)
			.cacheControl(CacheControl.noStore())
			.build((request, servletResponse) -> {
				servletResponse.getOutputStream().write(body);
				return null;
			});
	}

	private record NewStream(@Nullable String reducer, @Nullable Set<String> keys, @Nullable String query,
			@Nullable JsonNode params, @Nullable Map<String, String> variant, @Nullable String since) {

	}

	private record Change(@Nullable Set<String> add, @Nullable Set<String> remove) {

	}

	@FunctionalInterface
	private interface Step {

		/**
		 * Begin to do what was asked for.
		 */
		CompletableFuture<ServerResponse> run() throws IOException;

	}

	private static final class BadBodyException extends RuntimeException {

		BadBodyException(String message) {
			super(message, null, false, false);
		}

	}

}
