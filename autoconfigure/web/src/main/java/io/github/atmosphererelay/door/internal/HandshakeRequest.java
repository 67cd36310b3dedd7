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

import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.WebSocketHttpHeaders;

/**
 * A handshake whose addresses are literals, so that no later code asks a name server;
 * whose scheme is the one that browsers see; and without extensions if none may be
 * negotiated.
 */
final class HandshakeRequest extends HttpServletRequestWrapper {

	private final String address;

	private final WebOrigin origin;

	private final boolean extensions;

	/**
	 * Wrap a handshake.
	 * @param request the handshake
	 * @param addresses determines the client's address
	 * @param extensions whether extensions may be negotiated
	 */
	HandshakeRequest(HttpServletRequest request, ClientAddresses addresses, boolean extensions) {
		super(request);
		this.address = addresses.of(request);
		this.origin = WebOrigin.of(request);
		this.extensions = extensions;
	}

	/**
	 * Return the origin of this server's own pages.
	 */
	WebOrigin origin() {
		return this.origin;
	}

	/**
	 * Return the original handshake with all of the client's offers.
	 */
	HttpServletRequest wrapped() {
		return (HttpServletRequest) getRequest();
	}

	/**
	 * Return the request that the web server has created.
	 */
	ServletRequest original() {
		ServletRequest request = getRequest();
		while (request instanceof ServletRequestWrapper wrapper) {
			request = wrapper.getRequest();
		}
		return request;
	}

	@Override
	public String getRemoteAddr() {
		return this.address;
	}

	@Override
	public String getRemoteHost() {
		return this.address;
	}

	@Override
	public String getLocalAddr() {
		return original().getLocalAddr();
	}

	@Override
	public String getLocalName() {
		return getLocalAddr();
	}

	@Override
	public int getLocalPort() {
		return original().getLocalPort();
	}

	@Override
	public String getScheme() {
		return this.origin.scheme();
	}

	@Override
	public int getServerPort() {
		return this.origin.port();
	}

	@Override
	public boolean isSecure() {
		return super.isSecure() || this.origin.scheme().equals("https");
	}

	@Override
	public @Nullable String getHeader(String name) {
		if (!isExtensions(name)) {
			return super.getHeader(name);
		}
		Enumeration<String> headers = getHeaders(name);
		return headers.hasMoreElements() ? headers.nextElement() : null;
	}

	@Override
	public Enumeration<String> getHeaders(String name) {
		if (!isExtensions(name)) {
			return super.getHeaders(name);
		}
		List<String> headers = new ArrayList<>();
		if (this.extensions) {
			for (String header : Collections.list(super.getHeaders(name))) {
				String offers = DeflateOffers.valid(header);
				if (!offers.isEmpty()) {
					headers.add(offers);
				}
			}
		}
		return Collections.enumeration(headers);
	}

	private static boolean isExtensions(String name) {
		return name.equalsIgnoreCase(WebSocketHttpHeaders.SEC_WEBSOCKET_EXTENSIONS);
	}

}
