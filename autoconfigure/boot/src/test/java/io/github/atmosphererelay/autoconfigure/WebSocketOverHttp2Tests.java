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

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No web server offers WebSockets over HTTP/2, so that browsers open them over HTTP/1.1.
 */
@ExtendWith(OutputCaptureExtension.class)
class WebSocketOverHttp2Tests {

	/** RFC 8441, section 3. */
	private static final int ENABLE_CONNECT_PROTOCOL = 8;

	private static final int SETTINGS = 4;

	@Test
	void jettyDoesNotOfferThemAndSaysSo(CapturedOutput output) throws IOException {
		try (TestNode node = TestNode.start(TestNode.onJetty(), "server.http2.enabled=true",
				"atmosphere.channels[0].pattern=chat/**",
				"logging.level.io.github.atmosphererelay.autoconfigure.JettyHttp2=info")) {
			assertThat(settings(node).getOrDefault(ENABLE_CONNECT_PROTOCOL, 0)).isZero();
			assertThat(output).contains("Jetty does not offer WebSockets over HTTP/2");
			// As a browser does then
			node.connect("chat/a?ack=true").awaitCount(1).close();
		}
	}

	@Test
	void tomcatDoesNotOfferThem() throws IOException {
		try (TestNode node = TestNode.start("server.http2.enabled=true", "atmosphere.channels[0].pattern=chat/**")) {
			assertThat(settings(node).getOrDefault(ENABLE_CONNECT_PROTOCOL, 0)).isZero();
			node.connect("chat/a?ack=true").awaitCount(1).close();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void chromiumOpensThemOverHttp11BesideHttp2(boolean jetty, @TempDir Path directory) throws Exception {
		NodeScripts.install();
		Path keys = selfSigned(directory);
		try (TestNode node = TestNode.start(jetty ? TestNode.onJetty() : "atmosphere.relay.type=local",
				"server.http2.enabled=true", "server.ssl.key-store=" + keys.toUri(),
				"server.ssl.key-store-password=secret", "atmosphere.channels[0].pattern=chat/**")) {
			Process browser = NodeScripts.start("browser-websocket.mjs",
					"https://localhost:" + node.port() + "/atmosphere/client.js",
					"wss://localhost:" + node.port() + "/atmosphere/chat/a?ack=true");
			try (BufferedReader in = browser.inputReader()) {
				String protocol = in.readLine();
				Assumptions.assumeFalse("no browser".equals(protocol), "Chromium is not installed");
				assertThat(protocol).isEqualTo("h2");
				assertThat(in.readLine()).contains("\"type\":\"ready\"");
			}
			finally {
				browser.destroy();
			}
		}
	}

	private static Path selfSigned(Path directory) throws IOException, InterruptedException {
		Path file = directory.resolve("keys.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "node", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost",
				"-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", "secret")
			.redirectErrorStream(true)
			.redirectOutput(directory.resolve("keytool.log").toFile())
			.start();
		assertThat(keytool.waitFor()).isZero();
		return file;
	}

	/**
	 * Return the settings of the server's HTTP/2 (RFC 9113, section 6.5).
	 */
	private static Map<Integer, Integer> settings(TestNode node) throws IOException {
		try (Socket socket = new Socket("localhost", node.port())) {
			socket.setSoTimeout(20_000);
			socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
			socket.getOutputStream().write(new byte[] { 0, 0, 0, SETTINGS, 0, 0, 0, 0, 0 });
			DataInputStream in = new DataInputStream(socket.getInputStream());
			int length = (in.readUnsignedShort() << 8) | in.readUnsignedByte();
			assertThat(in.readUnsignedByte()).isEqualTo(SETTINGS);
			in.skipNBytes(5);
			Map<Integer, Integer> settings = new HashMap<>();
			for (int i = 0; i < length; i += 6) {
				settings.put(in.readUnsignedShort(), in.readInt());
			}
			assertThat(settings).isNotEmpty();
			return settings;
		}
	}

}
