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

package io.github.atmosphererelay.benchmark.node;

import java.util.stream.Stream;

import org.eclipse.jetty.server.ServerConnector;

import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/**
 * Limits how much the kernel takes of what a client has not read.
 */
@Configuration(proxyBeanMethods = false)
@Import({ SendBuffer.OnTomcat.class, SendBuffer.OnJetty.class })
class SendBuffer {

	private static int size(Environment environment) {
		return environment.getProperty("benchmark.send-buffer", Integer.class, 0);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(TomcatServletWebServerFactory.class)
	static class OnTomcat {

		@Bean
		WebServerFactoryCustomizer<TomcatServletWebServerFactory> tomcatSendBuffer(Environment environment) {
			int size = size(environment);
			return (factory) -> factory.addConnectorCustomizers((connector) -> {
				if (size > 0) {
					connector.setProperty("socket.txBufSize", Integer.toString(size));
				}
			});
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ JettyServletWebServerFactory.class, ServerConnector.class })
	static class OnJetty {

		@Bean
		WebServerFactoryCustomizer<JettyServletWebServerFactory> jettySendBuffer(Environment environment) {
			int size = size(environment);
			return (factory) -> factory.addServerCustomizers((server) -> {
				if (size > 0) {
					Stream.of(server.getConnectors())
						.map(ServerConnector.class::cast)
						.forEach((connector) -> connector.setAcceptedSendBufferSize(size));
				}
			});
		}

	}

}
