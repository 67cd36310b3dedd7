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

package io.github.atmosphererelay.security.spring.internal;

import java.security.Principal;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A new token may allow less than the former one: the session of a user whose rights have
 * been taken would otherwise live for as long as tokens are renewed.
 */
class RenewedTokenTests {

	@Test
	void aSessionWhoseNewTokenAllowsItsChannelNoMoreIsClosed() {
		try (TestNode node = TestNode.start(List.of(TestSecurity.class, Rights.class),
				"atmosphere.channels[0].pattern=chat/**")) {
			String frame = "{\"type\":\"auth\",\"token\":\"" + TestSecurity.token("alice", Duration.ofHours(1)) + "\"}";
			TestClient client = TestClient.connect(node.uri("chat/a?auth=message")).send(frame).awaitCount(1);
			client.send(frame).awaitCount(2);
			assertThat(client.texts()).allMatch((text) -> text.contains("\"authenticated\""));
			node.bean(Rights.class).taken = true;
			client.send(frame);
			assertThat(client.awaitClosed(Duration.ofSeconds(10))).isEqualTo(new Close(3507, "permission denied"));
		}
	}

	/**
	 * Lets users in for as long as nobody has taken their rights.
	 */
	static class Rights implements ChannelAuthorizer {

		private volatile boolean taken;

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			return this.taken ? new Authorization(ErrorCode.PERMISSION_DENIED, "taken") : Authorization.GRANTED;
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

	}

}
