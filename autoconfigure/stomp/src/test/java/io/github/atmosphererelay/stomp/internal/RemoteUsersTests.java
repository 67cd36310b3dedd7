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

import org.springframework.messaging.simp.user.SimpSubscription;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RemoteUsers} and {@link ClusterUser}.
 */
class RemoteUsersTests {

	private final RemoteUsers users = new RemoteUsers();

	@Test
	void aUserIsThereFromItsFirstToItsLastSession() {
		this.users.change(null, RemoteUsers.session("s1", "ada"));
		this.users.change(null, RemoteUsers.session("s2", "ada"));
		ClusterUser ada = new ClusterUser("ada", null, this.users);
		assertThat(ada.getSessions()).hasSize(2);
		assertThat(ada.getSession("s1")).isNotNull();
		this.users.change(RemoteUsers.session("s1", "ada"), null);
		assertThat(ada.hasSessions()).isTrue();
		this.users.change(RemoteUsers.session("s2", "ada"), null);
		assertThat(ada.hasSessions()).isFalse();
		assertThat(this.users.names()).isEmpty();
	}

	@Test
	void aSubscriptionMayComeBeforeItsSession() {
		this.users.change(null, RemoteUsers.subscription("s1", "ada", "1", "/topic/a"));
		ClusterUser ada = new ClusterUser("ada", null, this.users);
		assertThat(ada.hasSessions()).isFalse();
		assertThat(ada.remoteSubscriptions()).isEmpty();
		this.users.change(null, RemoteUsers.session("s1", "ada"));
		assertThat(ada.remoteSubscriptions()).extracting(SimpSubscription::getDestination).containsExactly("/topic/a");
		assertThat(ada.remoteSubscriptions()).allMatch((each) -> each.getSession().getUser() == ada);
	}

	@Test
	void aSubscriptionThatIsReplacedHasItsNewDestination() {
		this.users.change(null, RemoteUsers.session("s1", "ada"));
		this.users.change(null, RemoteUsers.subscription("s1", "ada", "1", "/topic/a"));
		this.users.change(RemoteUsers.subscription("s1", "ada", "1", "/topic/a"),
				RemoteUsers.subscription("s1", "ada", "1", "/topic/b"));
		assertThat(new ClusterUser("ada", null, this.users).remoteSubscriptions())
			.extracting(SimpSubscription::getDestination)
			.containsExactly("/topic/b");
	}

}
