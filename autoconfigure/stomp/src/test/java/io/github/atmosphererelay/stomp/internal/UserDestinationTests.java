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

package io.github.atmosphererelay.stomp.internal;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link UserDestination}.
 */
class UserDestinationTests {

	@Test
	void theUserIsReadAsSpringReadsIt() {
		assertThat(UserDestination.parse("/user/ada/queue/x", "/user/")).isEqualTo(new UserDestination("ada"));
		assertThat(UserDestination.parse("/user/a%2Fb/queue/x", "/user/")).isEqualTo(new UserDestination("a/b"));
		assertThat(UserDestination.parse("/to/ada/queue.x", "/to/")).isEqualTo(new UserDestination("ada"));
	}

	@Test
	void otherDestinationsHaveNoUser() {
		assertThat(UserDestination.parse("/topic/x", "/user/")).isNull();
		assertThat(UserDestination.parse("/user/ada", "/user/")).isNull();
	}

}
