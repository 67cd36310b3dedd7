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

package io.github.atmosphererelay.autoconfigure;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpUpgradeHandler;
import org.apache.catalina.connector.Connector;
import org.apache.coyote.AbstractProtocol;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which way a client is served, and what Tomcat keeps for it.
 */
class DirectIoTests {

	@ParameterizedTest
	@CsvSource({ "true, true", "false, false" })
	void clientsAreServedOnTomcatsSocketsUnlessThatIsSwitchedOff(boolean directIo, boolean direct) {
		try (TestNode node = start("atmosphere.websocket.direct-io=" + directIo);
				TestClient client = node.connect("chat/a?ack=true")) {
			client.awaitCount(1);
			assertThat(isDirect(node)).isEqualTo(direct);
		}
	}

	@Test
	void compressionIsLeftToTheContainer() {
		try (TestNode node = start("atmosphere.websocket.compression=true");
				TestClient client = node.connect("chat/a?ack=true")) {
			client.awaitCount(1);
			assertThat(isDirect(node)).as("the client asked for none").isTrue();
		}
	}

	@Test
	void clientsAreServedByTheContainerIfItsClassesAreOthersThanExpected() {
		try (TestNode node = TestNode.start(List.of(OtherTomcat.class), "atmosphere.channels[0].pattern=chat/**")) {
			for (int i = 0; i < 2; i++) {
				try (TestClient client = node.connect("chat/a?ack=true")) {
					client.awaitCount(1);
					assertThat(isDirect(node)).isFalse();
				}
				MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
			}
			assertThat(node.bean(OtherTomcat.class).failures).as("it is tried once").hasValue(1);
		}
	}

	@ParameterizedTest
	@CsvSource({ "2KB, 2048, 2048", "16KB, 16384, 8192", "0, 8192, 8192" })
	void connectionsHaveBuffersOfTheConfiguredSize(String configured, String expected, int trailers) {
		try (TestNode node = start("atmosphere.websocket.connection-buffer=" + configured)) {
			AbstractProtocol<?> protocol = (AbstractProtocol<?>) connector(node).getProtocolHandler();
			assertThat(protocol.getProperty("socket.appReadBufSize")).isEqualTo(expected);
			assertThat(protocol.getProperty("socket.appWriteBufSize")).isEqualTo(expected);
			assertThat(((AbstractHttp11Protocol<?>) protocol).getMaxTrailerSize()).isEqualTo(trailers);
		}
	}

	private static TestNode start(String argument) {
		return TestNode.start("atmosphere.channels[0].pattern=chat/**", argument);
	}

	private static boolean isDirect(TestNode node) {
		LocalSession session = node.messaging().registry().sessions().iterator().next();
		return ReflectionTestUtils.getField(session, "transport").getClass().getSimpleName().equals("TomcatTransport");
	}

	private static Connector connector(TestNode node) {
		TomcatWebServer server = (TomcatWebServer) ((WebServerApplicationContext) node.context()).getWebServer();
		return server.getTomcat().getConnector();
	}

	/**
	 * A Tomcat that lacks a class that direct connections need.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OtherTomcat {

		private final AtomicInteger failures = new AtomicInteger();

		@Bean
		Filter otherTomcat() {
			return (request, response, chain) -> chain
				.doFilter(new HttpServletRequestWrapper((HttpServletRequest) request) {

					@Override
					public <T extends HttpUpgradeHandler> T upgrade(Class<T> type)
							throws IOException, ServletException {
						if (type.getName().startsWith("io.github.atmosphererelay.")) {
							OtherTomcat.this.failures.incrementAndGet();
							throw new NoClassDefFoundError("org/apache/tomcat/util/net/NioChannel");
						}
						return super.upgrade(type);
					}

				}, response);
		}

	}

}
