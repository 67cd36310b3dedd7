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

package io.github.atmosphererelay.stomp;

import org.springframework.core.env.Environment;
import org.springframework.web.socket.server.HandshakeHandler;
import org.springframework.web.socket.server.jetty.JettyRequestUpgradeStrategy;
import org.springframework.web.socket.server.standard.StandardWebSocketUpgradeStrategy;
import org.springframework.web.socket.server.support.DefaultHandshakeHandler;

/**
 * Handshakes for the server that a test runs on. Tomcat and Jetty are both on the class
 * path of the tests, and Spring would take Jetty.
 */
final class Handshakes {

	private Handshakes() {
	}

	static HandshakeHandler onTomcat() {
		return new DefaultHandshakeHandler(new StandardWebSocketUpgradeStrategy());
	}

	static HandshakeHandler of(Environment environment) {
		boolean withoutTomcat = environment.getProperty("spring.autoconfigure.exclude", "").contains("Tomcat");
		return withoutTomcat ? new DefaultHandshakeHandler(new JettyRequestUpgradeStrategy()) : onTomcat();
	}

}
