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
 * Determines a client's network address, without any lookup.
 * <p>
 * Each proxy appends the address of its peer to {@code X-Forwarded-For}, so earlier
 * entries may have been written by the client itself. Tomcat evaluates the header from
 * its end and skips proxies; its result is used as it is. Spring's
 * {@link ForwardedHeaderFilter} and Jetty use the first address, which a client can
 * choose. Their requests are therefore evaluated here as Tomcat does it: the last address
 * that is not in a private network. If a request has both {@code X-Forwarded-For} and
 * {@code
 * Forwarded}, the former is used, because hardly any proxy writes the latter.
 */
public final class ClientAddresses {

	/**
	 * The wrapper with which Spring's filter sets the address from a header. Its other
	 * wrapper only hides the headers.
	 */
	private static final String EXTRACTING = ForwardedHeaderFilter.class.getName()
			+ "$ForwardedHeaderExtractingRequest";

	/** The address of all clients whose address is not known, who share one limit. */
	private static final String UNKNOWN = "0.0.0.0";

	private static final Pattern FORWARDED_FOR = Pattern.compile("(?i)(?:^|[;,\\s])for=(\"[^\"]*\"|[^;,\\s\"]*)");

	private final boolean serverEvaluates;

	/**
	 * Create an instance.
	 * @param serverEvaluates whether the web server evaluates headers of proxies, as with
	 * {@code server.forward-headers-strategy=native}
	 */
	public ClientAddresses(boolean serverEvaluates) {
		this.serverEvaluates = serverEvaluates;
	}

	/**
	 * Return the address of a request's client.
	 * @param request the request
	 * @return the address as a literal, or {@code 0.0.0.0} if it is not known
	 */
	String of(HttpServletRequest request) {
		InetAddress address = find(request);
		return (address != null) ? address.getHostAddress() : UNKNOWN;
	}

	private @Nullable InetAddress find(HttpServletRequest request) {
		String told = request.getRemoteAddr();
		ServletRequest each = request;
		while (each instanceof ServletRequestWrapper wrapper) {
			// Only if no filter of the application has replaced the address again
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
	 * Return the last address that is not in a private network, or else the first
	 * address.
	 */
	private static @Nullable InetAddress last(HttpServletRequest request, @Nullable InetAddress peer) {
		List<String> hops = hops(request);
		InetAddress address = peer;
		for (int i = hops.size() - 1; i >= 0; i--) {
			InetAddress hop = IpLiterals.parse(hops.get(i));
			if (hop == null) {
				// The sender of the entries before this one is not known
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
