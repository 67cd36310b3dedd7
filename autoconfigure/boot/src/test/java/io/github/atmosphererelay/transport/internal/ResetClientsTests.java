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

package io.github.atmosphererelay.transport.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that vanish while they are written to, which happens all the time and is no
 * reason to log anything.
 */
@ExtendWith(OutputCaptureExtension.class)
class ResetClientsTests {

	private static final int CLIENTS = 300;

	@ParameterizedTest
	@ValueSource(strings = { "direct-io=true", "direct-io=false" })
	void clientsThatResetDuringABroadcastLeaveNoTraceInTheLog(String argument, CapturedOutput output) {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**",
				"atmosphere.websocket." + argument)) {
			List<RawSocket> clients = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				clients.add(RawSocket.connect(node.uri("chat/all")));
			}
			MachineTime.await(Duration.ofSeconds(20))
				.until(() -> node.messaging().registry().countInChannel("chat/all") == CLIENTS);
			String message = "m".repeat(4096);
			for (int i = 0; i < CLIENTS; i++) {
				node.broadcaster().broadcast("chat/all", message);
				clients.get(i).reset();
			}
			MachineTime.await(Duration.ofSeconds(20)).until(() -> node.messaging().registry().sessionCount() == 0);
		}
		assertThat(output.getAll()).doesNotContain("\tat ").doesNotContain("Exception");
	}

}
