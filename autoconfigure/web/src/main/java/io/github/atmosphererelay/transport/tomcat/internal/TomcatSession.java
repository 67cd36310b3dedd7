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

import java.net.InetSocketAddress;
import java.net.URI;
import java.security.Principal;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.transport.internal.DirectSession;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.WebSocketExtension;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketMessage;

/**
 * A connection as handlers see it. Keeps only the necessary parts of the handshake's
 * request, and has no limits of its own, because handlers receive messages in parts.
 */
final class TomcatSession implements DirectSession {

	private final TomcatConnection connection;

	private final TomcatTransport transport;

	private final Handshake handshake;

	TomcatSession(TomcatConnection connection, TomcatTransport transport, Handshake handshake) {
		this.connection = connection;
		this.transport = transport;
		this.handshake = handshake;
	}

	WebSocketHandler handler() {
		return this.handshake.handler();
	}

	@Override
	public SessionTransport transport() {
		return this.transport;
	}

	@Override
	public String getId() {
		return Integer.toHexString(System.identityHashCode(this));
	}

	@Override
	public URI getUri() {
		return this.handshake.uri();
	}

	/**
	 * Return no headers, because they would be kept as long as the client is connected.
	 */
	@Override
	public HttpHeaders getHandshakeHeaders() {
		return HttpHeaders.EMPTY;
	}

	@Override
	public Map<String, Object> getAttributes() {
		return this.handshake.attributes();
	}

	@Override
	public @Nullable Principal getPrincipal() {
		return this.handshake.principal();
	}

	@Override
	public @Nullable InetSocketAddress getLocalAddress() {
		return this.handshake.localAddress();
	}

	@Override
	public @Nullable InetSocketAddress getRemoteAddress() {
		return this.handshake.remoteAddress();
	}

	@Override
	public @Nullable String getAcceptedProtocol() {
		return this.handshake.protocol();
	}

	@Override
	public void setTextMessageSizeLimit(int messageSizeLimit) {
	}

	@Override
	public int getTextMessageSizeLimit() {
		return -1;
	}

	@Override
	public void setBinaryMessageSizeLimit(int messageSizeLimit) {
	}

	@Override
	public int getBinaryMessageSizeLimit() {
		return -1;
	}

	@Override
	public List<WebSocketExtension> getExtensions() {
		return List.of();
	}

	/**
	 * Not supported: messages are sent through the session's one {@link #transport()},
	 * which belongs to its writer.
	 */
	@Override
	public void sendMessage(WebSocketMessage<?> message) {
		throw new UnsupportedOperationException("Send messages through the session's transport()");
	}

	@Override
	public boolean isOpen() {
		return this.connection.isOpen();
	}

	@Override
	public void close() {
		close(CloseStatus.NORMAL);
	}

	@Override
	public void close(CloseStatus status) {
		this.connection.close(status.getCode(), (status.getReason() != null) ? status.getReason() : "");
	}

	@Override
	public String toString() {
		return getId();
	}

}
