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

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for gateways that do not start, because it is not clear how they follow the ring.
 */
@ExtendWith(OutputCaptureExtension.class)
class RingSourceConfigurationTests {

	private static FailureAnalysis failure(String... args) {
		Throwable failure = catchThrowable(() -> TestGateway.following(Map.of("node-0", 1), args).close());
		Throwable cause = failure;
		while (cause != null && !(cause instanceof RingNotFollowedException)) {
			cause = cause.getCause();
		}
		assertThat(cause).as("the cause of " + failure).isNotNull();
		return new RingNotFollowedFailureAnalyzer().analyze(failure);
	}

	@Test
	void aGatewayWithoutARingDoesNotStart(CapturedOutput output) {
		assertThat(failure().getAction()).contains("atmosphere.gateway.ring.source", "atmosphere.routing.weight");
		assertThat(output).contains("APPLICATION FAILED TO START", "does not know from where it gets the ring");
		assertThat(failure("atmosphere.gateway.ring.source=member").getDescription()).contains("'member'");
	}

	@Test
	void aMemberThatWouldOwnUsersDoesNotStart() {
		assertThat(failure("atmosphere.routing.enabled=true", "atmosphere.cluster.node-name=gateway").getAction())
			.contains("'atmosphere.routing.weight' to 0");
	}

	@Test
	void redisNeedsTheNameOfTheCluster() {
		assertThat(failure("atmosphere.enabled=false", "atmosphere.gateway.ring.source=redis").getAction())
			.contains("atmosphere.cluster.name");
	}

	@Test
	void onlyAMemberIssuesTickets() {
		assertThat(failure("atmosphere.gateway.ring.source=none", "atmosphere.gateway.lookup.direct=true").getAction())
			.contains("'atmosphere.gateway.lookup.direct' to false");
	}

	@Test
	void aGatewayMayDoWithoutARing() {
		try (TestGateway gateway = TestGateway.following(Map.of("node-0", 1), "atmosphere.gateway.ring.source=none")) {
			assertThat(gateway.ring()).isNull();
		}
	}

	@Test
	void thePollIntervalMustBePositive() {
		assertThatThrownBy(() -> TestGateway.following(Map.of("node-0", 1), "atmosphere.gateway.ring.source=http",
				"atmosphere.gateway.ring.poll-interval=0"))
			.rootCause()
			.hasMessageContaining("atmosphere.gateway.ring.poll-interval");
	}

}
