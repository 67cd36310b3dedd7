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
import java.security.Principal;
import java.util.function.Consumer;

import io.github.atmosphererelay.door.internal.ErrorStatus;
import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.internal.QueryParameters;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.routing.internal.TicketOffice;
import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Answers by HTTP which node serves the caller, with a ticket for one socket there. An
 * empty object means that any node may serve the caller.
 */
public final class RouteApi {

	private final RoutingService routing;

	private final ClientMessageReceiver messages;

	private final TicketPrincipals principals;

	private final PrincipalExpiry expiry;

	private final String operator;

	private RouteApi(RoutingService routing, ClientMessageReceiver messages, TicketPrincipals principals,
			PrincipalExpiry expiry, String operator) {
		this.routing = routing;
		this.messages = messages;
		this.principals = principals;
		this.expiry = expiry;
		this.operator = operator;
	}

	/**
	 * Create the routes.
	 * @param path the path before {@code /api}
	 * @param routing answers lookups
	 * @param messages decides who may subscribe to a channel
	 * @param principals tells what goes into a ticket
	 * @param expiry returns when principals expire
	 * @param operator the role that may ask for other users
	 * @return the routes
	 */
	public static RouterFunction<ServerResponse> routes(String path, RoutingService routing,
			ClientMessageReceiver messages, TicketPrincipals principals, PrincipalExpiry expiry, String operator) {
		RouteApi api = new RouteApi(routing, messages, principals, expiry, operator);
		return RouterFunctions.route(RequestPredicates.GET(path + "/api/route"), api::find);
	}

	private ServerResponse find(ServerRequest request) {
		HttpServletRequest servletRequest = request.servletRequest();
		if (isForeign(servletRequest)) {
			return refusal(ErrorCode.PERMISSION_DENIED, "pages of other origins may not ask");
		}
		QueryParameters parameters = QueryParameters.parse(servletRequest.getQueryString());
		Principal principal = servletRequest.getUserPrincipal();
		String user = parameters.get("user");
		String channel = parameters.get("channel");
		if (user != null && (principal == null || !user.equals(principal.getName()))) {
			if (!servletRequest.isUserInRole(this.operator)) {
				return refusal(ErrorCode.PERMISSION_DENIED, "only operators may ask for other users");
			}
			return answer(this.routing.find(user), null);
		}
		if (channel != null) {
			try {
				this.messages.authorizeSubscribe(principal, null, channel).require();
			}
			catch (RequestRefusedException ex) {
				return refusal(ex.code(), ex.reason());
			}
			return answer(this.routing.findByChannel(channel), ticketFor(principal, servletRequest));
		}
		if (principal == null || principal.getName() == null) {
			return answer(null, null);
		}
		return answer(this.routing.find(principal.getName()), ticketFor(principal, servletRequest));
	}

	private ServerResponse answer(@Nullable Route route, @Nullable TicketSource tickets) {
		return json(HttpStatus.OK, (out) -> {
			if (route == null) {
				return;
			}
			out.writeStringProperty("node", route.node());
			boolean elsewhere = !route.node().equals(this.routing.self());
			if (route.address() != null) {
				out.writeStringProperty("address", route.address());
			}
			out.writeBooleanProperty("here", !elsewhere);
			out.writeObjectPropertyStart("ring");
			out.writeNumberProperty("term", route.version().term());
			out.writeNumberProperty("counter", route.version().counter());
			out.writeStringProperty("digest", route.version().digest());
			out.writeEndObject();
			String ticket = (elsewhere && route.address() != null && tickets != null) ? tickets.issue() : null;
			if (ticket != null) {
				out.writeStringProperty("ticket", ticket);
			}
		});
	}

	private @Nullable TicketSource ticketFor(@Nullable Principal principal, HttpServletRequest request) {
		if (principal == null || principal.getName() == null) {
			return null;
		}
		HttpSession session = request.getSession(false);
		String httpSession = (session != null) ? session.getId() : null;
		return () -> this.routing.tickets()
			.office()
			.issue(new TicketOffice.Holder(principal.getName(), this.principals.authorities(principal),
					this.expiry.expiresAt(principal)), httpSession);
	}

	/**
	 * Return whether a page of another origin asks, with the cookies of the user. A
	 * request with a bearer token does not come from such a page, unless the application
	 * allows it; browsers add other credentials by themselves.
	 */
	private static boolean isForeign(HttpServletRequest request) {
		String authorization = request.getHeader("Authorization");
		if (authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
			return false;
		}
		String site = request.getHeader("Sec-Fetch-Site");
		if (site != null) {
			return !site.equals("same-origin") && !site.equals("none");
		}
		String origin = request.getHeader("Origin");
		return origin != null && !origin.endsWith("://" + request.getHeader("Host"));
	}

	private static ServerResponse refusal(ErrorCode code, String reason) {
		return json(ErrorStatus.of(code), (out) -> {
			out.writeNumberProperty("code", code.code());
			out.writeStringProperty("reason", reason);
		});
	}

	private static ServerResponse json(HttpStatus status, Consumer<JsonGenerator> members) {
		byte[] body = JsonText.object(members).getBytes(StandardCharsets.UTF_8);
		return ServerResponse.status(status)
			.contentType(MediaType.APPLICATION_JSON)
			.cacheControl(CacheControl.noStore())
			.build((request, response) -> {
				response.getOutputStream().write(body);
				return null;
			});
	}

	/**
	 * Issues a ticket when one is needed.
	 */
	@FunctionalInterface
	private interface TicketSource {

		@Nullable String issue();

	}

}
