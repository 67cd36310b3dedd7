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

package io.github.atmosphererelay.demo.cluster;

import io.github.atmosphererelay.demo.DemoChatApplication;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.UserDisconnector;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.ActiveProfiles;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the chat's page, in Chromium, where rooms keep nothing, as without a broker:
 * it says no more than it knows.
 */
@SpringBootTest(classes = DemoChatApplication.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = "atmosphere.cluster.node-name=node-x")
@ActiveProfiles("http")
@Timeout(120)
class RoomWithoutHistoryPageTests {

	@BeforeAll
	static void assumeBrowser() {
		ChatBrowser.assumePresent();
	}

	@Test
	void theRoomSaysThatItKeepsNothing(@LocalServerPort int port, @Autowired UserDisconnector sessions) {
		try (ChatBrowser alice = ChatBrowser.of("alice", "http://localhost:" + port)) {
			alice.join("http://localhost:" + port, "fleeting");
			assertThat(alice.shows(".empty")).isTrue();
			assertThat(alice.shows(".kept")).isFalse();
			sessions.disconnectUser("alice", CloseReason.GOING_AWAY);
			alice.until(() -> alice.texts(".note")
				.contains("Connected to node-x again. The room keeps no messages, so what was"
						+ " said meanwhile is missing"));
			assertThat(alice.complaints()).isEmpty();
		}
	}

}
