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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link KafkaAdmin}, with a clock of the test's own.
 */
class KafkaAdminTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(4);

	private final List<Admin> clients = new ArrayList<>();

	private final AtomicInteger useless = new AtomicInteger();

	private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 1000);

	private final KafkaAdmin admin = new KafkaAdmin(() -> {
		Admin client = mock();
		this.clients.add(client);
		return client;
	}, this.useless::incrementAndGet, this.nanoTime::get);

	private void pass(int seconds) {
		this.nanoTime.addAndGet(Duration.ofSeconds(seconds).toNanos());
	}

	private void failSlowly(Admin client) {
		this.admin.failed(client, new TimeoutException("no answer"), TIMEOUT, TIMEOUT);
	}

	@Test
	void aClientWithoutAnAnswerForAMinuteHasAFault() {
		Admin client = this.admin.get();
		for (int i = 0; i <= 60; i += 5) {
			failSlowly(client);
			pass(5);
		}
		assertThat(this.useless).hasValue(0);
		assertThat(this.admin.fault()).isNull();
		failSlowly(client);
		assertThat(this.useless).hasValue(1);
		assertThat(this.admin.fault()).isInstanceOf(TimeoutException.class);
		failSlowly(client);
		assertThat(this.useless).as("said once").hasValue(1);
		this.admin.disconnect();
		then(client).should().close(Duration.ZERO);
		Admin next = this.admin.get();
		pass(15);
		failSlowly(next);
		assertThat(this.admin.fault()).as("of a new one, which has its own minute").isNull();
		pass(61);
		failSlowly(next);
		assertThat(this.useless).hasValue(2);
	}

	@Test
	void anAnswerRestartsTheMinute() {
		Admin client = this.admin.get();
		failSlowly(client);
		pass(50);
		this.admin.answered();
		failSlowly(client);
		pass(50);
		failSlowly(client);
		assertThat(this.useless).hasValue(0);
		pass(11);
		failSlowly(client);
		assertThat(this.useless).hasValue(1);
	}

	@Test
	void aRefusalIsAnAnswer() {
		Admin client = this.admin.get();
		for (int i = 0; i < 5; i++) {
			this.admin.failed(client, new TopicAuthorizationException("topic"), TIMEOUT, TIMEOUT);
			pass(30);
		}
		assertThat(this.useless).hasValue(0);
	}

	@Test
	void attemptsToConnectThatFailForAMinuteReplaceTheClient() {
		Admin client = this.admin.get();
		for (int i = 0; i <= 60; i += 5) {
			this.admin.connectFailed(new TimeoutException("no answer"), TIMEOUT);
			assertThat(this.admin.get()).isSameAs(client);
			pass(5);
		}
		this.admin.connectFailed(new TimeoutException("no answer"), TIMEOUT);
		then(client).should().close(Duration.ZERO);
		assertThat(this.admin.get()).isNotSameAs(client);
		assertThat(this.clients).hasSize(2);
		assertThat(this.useless).as("nobody else has to replace it").hasValue(0);
	}

	@Test
	void failuresOfAClosedClientDoNotCountForItsSuccessor() {
		Admin client = this.admin.get();
		failAtOnce(client);
		failAtOnce(client);
		assertThat(this.useless).hasValue(1);
		this.admin.disconnect();
		// Its end fails its open calls, some of them before there is a new one
		failAtOnce(client);
		Admin next = this.admin.get();
		failAtOnce(client);
		failAtOnce(client);
		pass(15);
		failAtOnce(next);
		assertThat(this.useless).hasValue(1);
		assertThat(this.admin.fault()).isNull();
		failAtOnce(next);
		assertThat(this.useless).hasValue(2);
	}

	private void failAtOnce(Admin client) {
		this.admin.failed(client, new TimeoutException("ended"), Duration.ZERO, TIMEOUT);
	}

}
