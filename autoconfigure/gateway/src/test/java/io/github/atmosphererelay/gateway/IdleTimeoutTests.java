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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for WebSockets on which nothing is sent.
 */
class IdleTimeoutTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	@Test
	void aConnectionWithoutFramesIsClosedAndOneWithFramesIsNot() throws Exception {
		TestBackend node = new TestBackend("n1");
		try (node;
				TestGateway gateway = TestGateway.start(List.of(node), List.of(),
						"atmosphere.gateway.idle-timeout=2s")) {
			TestSocket idle = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			TestSocket busy = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"));
			assertThat(busy.next()).isEqualTo("text:n1");
			assertThat(idle.next()).isEqualTo("text:n1");
			CompletableFuture<String> closed = CompletableFuture.supplyAsync(() -> {
				try {
					return idle.next();
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			});
			Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(200)).until(() -> {
				busy.send("silence");
				return closed.isDone();
			});
			assertThat(closed.join()).startsWith("close:1012");
			assertThat(busy.send("still here").next()).isEqualTo("text:still here");
			busy.socket().abort();
		}
	}

}
