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

package io.github.atmosphererelay.relay.redis.internal;

import io.github.atmosphererelay.relay.MessageRefusedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisAnswers}, with texts of Redis 6 and 7.
 */
class RedisAnswersTests {

	@ParameterizedTest
	@ValueSource(strings = { "WRONGTYPE Operation against a key holding the wrong kind of value",
			"WRONGTYPE Operation against a key holding the wrong kind of value script: 8f2, on @user_script:9.",
			"ERR Error running script (call to f_8f2): @user_script:9: WRONGTYPE Operation against a key holding the"
					+ " wrong kind of value",
			"NOPERM this user has no permissions to access one of the channels used as arguments",
			"NOPERM No permissions to access a key" })
	void anErrorOfOneKeyOrChannelIsTheMessagesOwn(String text) {
		assertThat(RedisAnswers.refusal(new IllegalStateException(text))).isInstanceOf(MessageRefusedException.class)
			.hasMessageContaining(text);
	}

	@ParameterizedTest
	@ValueSource(strings = { "OOM command not allowed when used memory > 'maxmemory'.",
			"LOADING Redis is loading the dataset in memory", "READONLY You can't write against a read only replica.",
			"CLUSTERDOWN The cluster is down", "MISCONF Redis is configured to save RDB snapshots" })
	void anErrorOfEveryCommandIsTheRelays(String text) {
		assertThat(RedisAnswers.refusal(new IllegalStateException(text)))
			.isExactlyInstanceOf(RelayUnavailableException.class)
			.hasMessageContaining(text);
	}

	@ParameterizedTest
	@ValueSource(strings = { "LOADING Redis is loading the dataset in memory",
			"READONLY You can't write against a read only replica.", "CLUSTERDOWN The cluster is down",
			"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
			"ERR Error running script (call to f_8f2): @user_script:9: READONLY You can't write against a read only"
					+ " replica." })
	void anErrorOfAServerThatStartsOrHasBecomeAReplicaPasses(String text) {
		assertThat(RedisAnswers.isLasting(RedisAnswers.refusal(new IllegalStateException(text)))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "OOM command not allowed when used memory > 'maxmemory'.",
			"NOPERM No permissions to access a key", "MISCONF Redis is configured to save RDB snapshots",
			"ERR This Redis command is not allowed from script",
			"ERR Error running script (call to f_8f2): @user_script:9: NOPERM No permissions to access a key" })
	void anErrorThatAnOperatorHasToRemoveLasts(String text) {
		assertThat(RedisAnswers.isLasting(RedisAnswers.refusal(new IllegalStateException(text)))).isTrue();
	}

	@Test
	void thatRedisIsAwayIsNoAnswer() {
		assertThat(RedisAnswers.isLasting(new RelayUnavailableException("redis", new IllegalStateException("closed"))))
			.isFalse();
	}

}
