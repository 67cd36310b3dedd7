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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.connector.RequestFacade;
import org.apache.catalina.util.ServerInfo;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.NativeDetector;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.web.socket.WebSocketExtension;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketHttpHeaders;
import org.springframework.web.socket.server.HandshakeFailureException;
import org.springframework.web.socket.server.RequestUpgradeStrategy;

/**
 * Upgrades to a {@link TomcatConnection} on Tomcat, without TLS and extensions. For all
 * other requests it calls another strategy. Safe for use by many threads.
 */
public final class TomcatUpgradeStrategy implements RequestUpgradeStrategy {

	/** The constant in the computation of the accept header (RFC 6455, section 1.3). */
	private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

	/** An attribute that Tomcat sets for TLS, and valves for TLS at a proxy. */
	private static final String CIPHER = "jakarta.servlet.request.cipher_suite";

	private static final Log logger = LogFactory.getLog(TomcatUpgradeStrategy.class);

	private final RequestUpgradeStrategy fallback;

	private final Runnable unsupported = () -> this.supported = false;

	private volatile boolean supported;

	/**
	 * Create a strategy.
	 * @param fallback handles requests that this strategy does not support
	 */
	public TomcatUpgradeStrategy(RequestUpgradeStrategy fallback) {
		this(fallback, fault());
	}

	/**
	 * Create a strategy.
	 * @param fallback handles requests that this strategy does not support
	 * @param fault what Tomcat lacks, or {@code null} if nothing is missing
	 */
	TomcatUpgradeStrategy(RequestUpgradeStrategy fallback, @Nullable String fault) {
		this.fallback = fallback;
		this.supported = (fault == null);
		if (fault != null) {
			logger.warn("The sockets of " + version() + " cannot be used directly, because " + fault
					+ ". Clients are served by Tomcat's own WebSocket, which takes more memory and processor time. Use"
					+ " another version of Tomcat, or set 'atmosphere.websocket.direct-io' to false to suppress this"
					+ " warning");
		}
	}

	private static @Nullable String fault() {
		// In a native image, missing classes were found when the image was built
		return NativeDetector.inNativeImage() ? null
				: TomcatInternals.findFault(TomcatUpgradeStrategy.class.getClassLoader());
	}

	/**
	 * Return the version of Tomcat, for log messages.
	 */
	static String version() {
		try {
			return ServerInfo.getServerInfo();
		}
		catch (LinkageError ex) {
			return "this Tomcat";
		}
	}

	@Override
	public String[] getSupportedVersions() {
		return this.fallback.getSupportedVersions();
	}

	@Override
	public List<WebSocketExtension> getSupportedExtensions(ServerHttpRequest request) {
		return this.fallback.getSupportedExtensions(request);
	}

	@Override
	public void upgrade(ServerHttpRequest request, ServerHttpResponse response, @Nullable String selectedProtocol,
			List<WebSocketExtension> selectedExtensions, @Nullable Principal user, WebSocketHandler wsHandler,
			Map<String, Object> attributes) throws HandshakeFailureException {
		String key = request.getHeaders().getFirst(WebSocketHttpHeaders.SEC_WEBSOCKET_KEY);
		boolean possible = this.supported && selectedExtensions.isEmpty() && wsHandler.supportsPartialMessages();
		if (key == null || !possible
				|| !upgradeDirectly(request, response, selectedProtocol, user, wsHandler, attributes, key)) {
			this.fallback.upgrade(request, response, selectedProtocol, selectedExtensions, user, wsHandler, attributes);
		}
	}

	/**
	 * Upgrade directly, if that is possible.
	 * @return whether it was possible; if not, nothing was changed
	 */
	private boolean upgradeDirectly(ServerHttpRequest request, ServerHttpResponse response,
			@Nullable String selectedProtocol, @Nullable Principal user, WebSocketHandler wsHandler,
			Map<String, Object> attributes, String key) {
		try {
			HttpServletRequest servletRequest = ((ServletServerHttpRequest) request).getServletRequest();
			if (!isPlainTomcat(servletRequest)) {
				return false;
			}
			upgrade(servletRequest,
					new Handshake(wsHandler, request.getURI(), user, address(request::getLocalAddress),
							address(request::getRemoteAddress), new ConcurrentHashMap<>(attributes), selectedProtocol,
							this.unsupported));
		}
		catch (LinkageError ex) {
			this.unsupported.run();
			logger.error("The internal classes of " + version() + " have changed, so its sockets cannot be used"
					+ " directly. Clients are served by Tomcat's own WebSocket. To use it from the start, set"
					+ " 'atmosphere.websocket.direct-io' to false", ex);
			return false;
		}
		HttpServletResponse servletResponse = ((ServletServerHttpResponse) response).getServletResponse();
		servletResponse.setHeader(HttpHeaders.UPGRADE, "websocket");
		servletResponse.setHeader(HttpHeaders.CONNECTION, "upgrade");
		servletResponse.setHeader(WebSocketHttpHeaders.SEC_WEBSOCKET_ACCEPT, accept(key.trim()));
		if (selectedProtocol != null) {
			servletResponse.setHeader(WebSocketHttpHeaders.SEC_WEBSOCKET_PROTOCOL, selectedProtocol);
		}
		return true;
	}

	private static void upgrade(HttpServletRequest servletRequest, Handshake handshake) {
		try {
			servletRequest.upgrade(TomcatConnection.class).prepare(handshake);
		}
		catch (IOException | ServletException ex) {
			for (Throwable cause = ex.getCause(); cause != null; cause = cause.getCause()) {
				if (cause instanceof LinkageError unlinked) {
					throw unlinked;
				}
			}
			throw new HandshakeFailureException("Tomcat did not upgrade the connection to " + handshake.uri(), ex);
		}
	}

	private static boolean isPlainTomcat(HttpServletRequest request) {
		ServletRequest inner = request;
		while (inner instanceof ServletRequestWrapper wrapper) {
			inner = wrapper.getRequest();
		}
		return inner instanceof RequestFacade && request.getAttribute(CIPHER) == null;
	}

	private static @Nullable InetSocketAddress address(Supplier<InetSocketAddress> address) {
		try {
			return address.get();
		}
		catch (RuntimeException ex) {
			// As Spring's standard strategy does: the container may not know the address
			return null;
		}
	}

	private static String accept(String key) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-1")
				.digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1));
			return Base64.getEncoder().encodeToString(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
