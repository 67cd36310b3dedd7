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

package io.github.atmosphererelay.door.internal;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.web.filter.ForwardedHeaderFilter;

/**
 * Finds out from which address a client has connected, without looking anything up.
 * <p>
 * Each proxy appends the address that it sees to {@code X-Forwarded-For}; what stands
 * before that may be written by the client itself. Tomcat's own evaluation begins at the
 * end, passes over proxies, and is taken as it is. Spring's {@link ForwardedHeaderFilter}
 * and Jetty take the first address, which a client can choose; here their requests are
 * evaluated as Tomcat does it: from the end, the first address that is not of a private
 * network. Of {@code X-Forwarded-For} and {@code Forwarded} the former is looked at if
 * both are there, because hardly any proxy writes the latter.
 */
public final class ClientAddresses {

	/**
	 * What Spring's filter wraps a request in whose address it has taken from a header.
	 * Its other wrapper only hides the headers.
	 */
	private static final String EXTRACTING = ForwardedHeaderFilter.class.getName()
			+ "$ForwardedHeaderExtractingRequest";

	/** Stands for clients whose address is not known: all of them together. */
	private static final String UNKNOWN = "0.0.0.0";

	private static final Pattern FORWARDED_FOR = Pattern.compile("(?i)(?:^|[;,\\s])for=(\"[^\"]*\"|[^;,\\s\"]*)");

	private final boolean serverEvaluates;

	/**
	 * Create an evaluation.
	 * @param serverEvaluates whether the web server evaluates headers of proxies, as with
	 * {@code server.forward-headers-strategy=native}
	 */
	public ClientAddresses(boolean serverEvaluates) {
		this.serverEvaluates = serverEvaluates;
	}

	/**
	 * Return the address of a request's client.
	 * @param request the request
	 * @return the address as a literal, {@code 0.0.0.0} if it is not known
	 */
	String of(HttpServletRequest request) {
		InetAddress address = find(request);
		return (address != null) ? address.getHostAddress() : UNKNOWN;
	}

	private @Nullable InetAddress find(HttpServletRequest request) {
		String told = request.getRemoteAddr();
		ServletRequest each = request;
		while (each instanceof ServletRequestWrapper wrapper) {
			// Unless a filter of the application has the last word
			if (wrapper.getClass().getName().equals(EXTRACTING) && wrapper instanceof HttpServletRequestWrapper http
					&& Objects.equals(told, http.getRemoteAddr())) {
				HttpServletRequest original = (HttpServletRequest) http.getRequest();
				return last(original, IpLiterals.parse(original.getRemoteAddr()));
			}
			each = wrapper.getRequest();
		}
		InetAddress address = IpLiterals.parse(told);
		boolean jetty = each.getClass().getName().startsWith("org.eclipse.jetty.");
		return (this.serverEvaluates && jetty) ? last((HttpServletRequest) each, address) : address;
	}

	/**
	 * Return the last address that is not of a private network, or the first one of all.
	 */
	private static @Nullable InetAddress last(HttpServletRequest request, @Nullable InetAddress peer) {
		List<String> hops = hops(request);
		InetAddress address = peer;
		for (int i = hops.size() - 1; i >= 0; i--) {
			InetAddress hop = IpLiterals.parse(hops.get(i));
			if (hop == null) {
				// Nothing before it says where it comes from
				break;
			}
			address = hop;
			if (!IpLiterals.isInternal(hop)) {
				break;
			}
		}
		return address;
	}

	private static List<String> hops(HttpServletRequest request) {
		List<String> hops = new ArrayList<>();
		for (String header : Collections.list(request.getHeaders("X-Forwarded-For"))) {
			hops.addAll(List.of(header.split(",")));
		}
		if (hops.isEmpty()) {
			for (String header : Collections.list(request.getHeaders("Forwarded"))) {
				Matcher matcher = FORWARDED_FOR.matcher(header);
				while (matcher.find()) {
					hops.add(matcher.group(1));
				}
			}
		}
		return hops;
	}

}
