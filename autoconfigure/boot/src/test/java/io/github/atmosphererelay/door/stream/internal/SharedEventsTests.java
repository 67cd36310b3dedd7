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

package io.github.atmosphererelay.door.stream.internal;

import java.io.BufferedReader;
import java.time.Duration;
import java.util.Collections;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tabs of Chromium that share an event stream with {@code client.js}.
 */
class SharedEventsTests {

	@Test
	void sevenTabsHaveOneStreamWhichOutlivesTheTabThatHoldsIt() throws Exception {
		NodeScripts.install();
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=1000", "atmosphere.websocket.ping-interval=1s")) {
			Process browser = NodeScripts.start("browser-shared-events.mjs",
					node.http("/atmosphere/log/shared").toString(), "100", "200");
			try (BufferedReader in = browser.inputReader()) {
				String opened = in.readLine();
				Assumptions.assumeFalse("no browser".equals(opened), "Chromium is not installed");
				assertThat(opened).isEqualTo("open 1");
				assertThat(node.messaging().registry().sessionCount()).isEqualTo(1);
				publish(node, 0, 100);
				assertThat(in.readLine()).isEqualTo("moved");
				publish(node, 100, 200);
				assertThat(in.readLine()).isEqualTo(String.join(" ", Collections.nCopies(6, "200")));
				assertThat(in.readLine()).isEqualTo("leads 1");
				MachineTime.await(Duration.ofSeconds(20)).until(() -> node.messaging().registry().sessionCount() <= 1);
			}
			finally {
				browser.destroy();
			}
		}
	}

	private static void publish(TestNode node, int from, int to) {
		for (int i = from; i < to; i++) {
			node.broadcaster().broadcast("log/shared", String.valueOf(i)).join();
		}
	}

}
