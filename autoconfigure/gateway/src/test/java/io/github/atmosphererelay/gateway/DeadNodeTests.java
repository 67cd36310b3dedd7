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

package io.github.atmosphererelay.gateway;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for nodes that have died and still stand in the ring.
 */
class DeadNodeTests {

	private final HttpClient http = HttpClient.newHttpClient();

	@Test
	void aNodeThatRefusesConnectionsIsPassedOver() throws Exception {
		List<TestBackend> own = List.of(new TestBackend("n1"), new TestBackend("n2"));
		try (TestGateway gateway = TestGateway.start(own, List.of())) {
			String user = "alice";
			String owner = gateway.ring().ring().owner(user).name();
			TestBackend dead = own.get(owner.equals("n1") ? 0 : 1);
			TestBackend alive = own.get(owner.equals("n1") ? 1 : 0);
			dead.close();
			HttpResponse<String> response = get(gateway.http("/atmosphere/chat/a"), "X-User", user);
			assertThat(response.body()).isEqualTo(alive.name());
			TestSocket socket = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"), "X-User", user);
			assertThat(socket.next()).isEqualTo("text:" + alive.name());
			socket.socket().abort();
			alive.close();
			assertThat(get(gateway.http("/atmosphere/chat/a"), "X-User", user).statusCode()).isEqualTo(503);
		}
	}

	/**
	 * A request may have been carried out, so it is sent once.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "executed-and-reset", "executed-and-closed" })
	@ExtendWith(OutputCaptureExtension.class)
	void aNodeThatIsLostWhileItAnswersGives502WithoutAStackTraceAndIsAskedOnce(String end, CapturedOutput output)
			throws Exception {
		List<TestBackend> own = List.of(new TestBackend("n1"), new TestBackend("n2"));
		try (TestGateway gateway = TestGateway.start(own, List.of())) {
			for (int i = 0; i < 3; i++) {
				// On a connection that was used before, as most are
				assertThat(get(gateway.http("/atmosphere/chat/a"), "X-User", "alice").statusCode()).isEqualTo(200);
				HttpRequest request = HttpRequest.newBuilder(gateway.http("/atmosphere/" + end))
					.header("X-User", "alice")
					.POST(BodyPublishers.ofString("{}"))
					.build();
				assertThat(this.http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(502);
			}
			assertThat(own.stream().mapToInt(TestBackend::executed).sum()).isEqualTo(3);
		}
		finally {
			own.forEach(TestBackend::close);
		}
		assertThat(output).doesNotContain("Server Error").doesNotContain("\n\tat ");
	}

	private HttpResponse<String> get(URI uri, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri);
		if (headers.length > 0) {
			request.headers(headers);
		}
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

}
